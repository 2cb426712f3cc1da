// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/json_slice.h"

namespace format::codec {
namespace {

bool opens(char character) noexcept { return character == '{' || character == '['; }
bool closes(char character) noexcept { return character == '}' || character == ']'; }
bool is_space(char character) noexcept {
  return character == ' ' || character == '\n' || character == '\r' || character == '\t';
}

}  // namespace

void JsonCursor::skip_value() noexcept {
  if (opens(character(next_))) {
    static_cast<void>(take_container());
  } else {
    ++next_;
  }
}

JsonSlice JsonCursor::take_container() noexcept {
  const auto start = positions_[next_];
  auto has_space = false;
  std::size_t depth = 0;
  while (true) {
    const auto position = positions_[next_++];
    // White space outside of strings always stands right before some structural character.
    has_space |= position != start && is_space(text_[position - 1]);
    if (opens(text_[position])) {
      ++depth;
    } else if (closes(text_[position]) && --depth == 0) {
      return {text_.substr(start, position + 1 - start), !has_space};
    }
  }
}

}  // namespace format::codec
