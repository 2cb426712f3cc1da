// SPDX-License-Identifier: LicenseRef-Project
// Walks the structural positions that the JSON parser's first stage found, to cut values out of the
// source text without rendering them again: numbers keep their digits, strings their escapes, and
// it costs a few instructions per token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace format::codec {

/// A value as it stands in the source.
struct JsonSlice {
  std::string_view text;
  bool is_compact = true;  ///< No white space outside of strings.
};

/// A cursor over the structural characters of a text that parsed: brackets, colons, commas, and the
/// first character of every string, number and literal. Owner: one `BatchReader::parse`; the
/// positions belong to the parser.
class JsonCursor {
 public:
  JsonCursor(std::string_view text, std::span<const std::uint32_t> positions) noexcept
      : text_(text), positions_(positions) {}

  /// Steps over one token: a bracket, colon, comma, or a scalar.
  void step() noexcept { ++next_; }

  /// Steps over the key and colon in front of a member's value.
  void step_to_value() noexcept { next_ += 2; }

  /// Steps over the value the cursor stands on.
  void skip_value() noexcept;

  /// Steps over the array or object the cursor stands on and returns its text.
  JsonSlice take_container() noexcept;

 private:
  std::string_view text_;
  std::span<const std::uint32_t> positions_;
  std::size_t next_ = 0;
};

}  // namespace format::codec
