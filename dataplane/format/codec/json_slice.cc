// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/json_slice.h"

#include <array>

namespace format::codec {
namespace {

constexpr std::uint8_t kOpens = 1;
constexpr std::uint8_t kCloses = 2;
constexpr std::uint8_t kSpace = 4;

constexpr std::array<std::uint8_t, 256> make_kinds() {
  std::array<std::uint8_t, 256> kinds{};
  kinds['{'] = kinds['['] = kOpens;
  kinds['}'] = kinds[']'] = kCloses;
  kinds[' '] = kinds['\n'] = kinds['\r'] = kinds['\t'] = kSpace;
  return kinds;
}
constexpr auto kKinds = make_kinds();

unsigned kind_of(char character) noexcept { return kKinds[static_cast<unsigned char>(character)]; }

}  // namespace

void JsonCursor::skip_value() noexcept {
  if (kind_of(text_[positions_[next_]]) == kOpens) {
    static_cast<void>(take_container());
  } else {
    ++next_;
  }
}

JsonSlice JsonCursor::take_container() noexcept {
  const auto* text = text_.data();
  const auto* position = positions_.data() + next_;
  const std::size_t start = *position;
  unsigned kinds_before = 0;
  std::size_t depth = 1;
  do {
    ++position;
    // White space outside of strings always stands right before some structural character.
    kinds_before |= kind_of(text[*position - 1]);
    const auto kind = kind_of(text[*position]);
    depth += kind & kOpens;
    depth -= (kind & kCloses) >> 1U;
  } while (depth != 0);
  next_ = static_cast<std::size_t>(position - positions_.data()) + 1;
  return {text_.substr(start, *position + 1 - start), (kinds_before & kSpace) == 0};
}

}  // namespace format::codec
