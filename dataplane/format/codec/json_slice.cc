// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/json_slice.h"

#include <array>

namespace format::codec {
namespace {

/// What a structural character does to the depth.
constexpr std::array<std::int8_t, 256> make_depth_steps() {
  std::array<std::int8_t, 256> steps{};
  steps['{'] = steps['['] = 1;
  steps['}'] = steps[']'] = -1;
  return steps;
}
constexpr auto kDepthSteps = make_depth_steps();

constexpr std::array<bool, 256> make_spaces() {
  std::array<bool, 256> spaces{};
  spaces[' '] = spaces['\n'] = spaces['\r'] = spaces['\t'] = true;
  return spaces;
}
constexpr auto kSpaces = make_spaces();

int depth_step(char character) noexcept {
  return kDepthSteps[static_cast<unsigned char>(character)];
}

}  // namespace

void JsonCursor::skip_value() noexcept {
  if (depth_step(text_[positions_[next_]]) > 0) {
    static_cast<void>(take_container());
  } else {
    ++next_;
  }
}

JsonSlice JsonCursor::take_container() noexcept {
  const auto* text = text_.data();
  const auto* position = positions_.data() + next_;
  const std::size_t start = *position;
  bool has_space = false;
  int depth = 1;
  do {
    ++position;
    // White space outside of strings always stands right before some structural character.
    has_space |= kSpaces[static_cast<unsigned char>(text[*position - 1])];
    depth += depth_step(text[*position]);
  } while (depth != 0);
  next_ = static_cast<std::size_t>(position - positions_.data()) + 1;
  return {text_.substr(start, *position + 1 - start), !has_space};
}

}  // namespace format::codec
