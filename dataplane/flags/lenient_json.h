// SPDX-License-Identifier: LicenseRef-Project
// Walks the fields of one JSON object as leniently as `/flags` bodies are read upstream
// (flags-protocol 2.3): JSON5 comments, trailing commas, single quotes, unquoted names, NaN and
// Infinity are accepted. Nothing is copied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dp::flags {

/// What a value is; `number` includes NaN and Infinity, which read as null.
enum class JsonKind : std::uint8_t { object, array, string, number, boolean, null };

/// One field of an object. The views point into the text that was given to the scanner.
struct JsonField {
  std::string_view name;   ///< Without quotes, escapes as written.
  std::string_view value;  ///< As written; strings without their quotes.
  JsonKind kind = JsonKind::null;
};

/// Reads the fields of the object that is the whole of `text`, one after another. Thread: one.
/// Bounds: values nest at most 128 deep, like upstream's parser. Fails on the first byte that is
/// not lenient JSON, for good.
class JsonFields {
 public:
  explicit JsonFields(std::string_view text) noexcept;

  /// The next field; nothing after the last one and after a failure.
  std::optional<JsonField> next() noexcept;

  /// True when the text was an object, complete, and nothing but space followed it. Known once
  /// `next` ended.
  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }

 private:
  bool skip_space() noexcept;
  bool skip_comment() noexcept;
  bool read_name(std::string_view& name) noexcept;
  bool read_value(std::string_view& value, JsonKind& kind, unsigned depth) noexcept;
  bool read_string(std::string_view& value) noexcept;
  bool read_word(std::string_view& value, JsonKind& kind) noexcept;
  bool skip_members(char close, unsigned depth) noexcept;
  bool end_of_member(char close, bool& is_last) noexcept;
  std::optional<JsonField> fail() noexcept;

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_open_ = false;
  bool is_complete_ = false;
};

/// Replaces `out` by the text that a string value's escapes stand for. Broken escapes and lone
/// surrogates become U+FFFD; they are not an error.
void unescape_json(std::string_view value, std::string& out);

}  // namespace dp::flags
