// SPDX-License-Identifier: LicenseRef-Project
// Walks the members of a JSON object as text, so that an event's properties are copied, not parsed
// and printed again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cp::event::internal {

/// One member of an object; all views point into the object's text.
struct Member {
  std::string_view key;    ///< Between the quotes, escapes as written.
  std::string_view value;  ///< As written.
  std::string_view whole;  ///< `"key":value`.
};

/// Delivers the members of one object in order. The text comes from the codec's renderer: valid and
/// compact. On anything else it stops early and never reads outside the text.
class MemberScanner {
 public:
  explicit MemberScanner(std::string_view object) noexcept;

  bool next(Member& member) noexcept;

 private:
  std::string_view text_;
  std::size_t position_ = 0;
};

/// The text of a JSON string value (quotes included) without its escapes; a lone surrogate becomes
/// U+FFFD. Nothing is appended when `value` is not a string.
void append_unescaped(std::string& out, std::string_view value);

/// `text` as a JSON string with quotes.
void append_quoted(std::string& out, std::string_view text);

}  // namespace cp::event::internal
