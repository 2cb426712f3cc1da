// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/flags/lenient_json.h"

#include <charconv>
#include <cstddef>

namespace dp::flags {
namespace {

constexpr unsigned kDepthMax = 128;

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || c == '+' || c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_hex_number(std::string_view digits) noexcept {
  return digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') &&
         digits.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
}

/// A JSON or JSON5 number: optional sign, decimal with optional fraction and exponent, hexadecimal,
/// or not finite.
bool is_number(std::string_view word) noexcept {
  if (!word.empty() && (word[0] == '+' || word[0] == '-')) {
    word.remove_prefix(1);
  }
  if (word == "NaN" || word == "Infinity" || is_hex_number(word)) {
    return true;
  }
  if (word.empty() || word[0] == '+' || word[0] == '-') {
    return false;
  }
  if (word.back() == '.') {
    word.remove_suffix(1);
  }
  if (word.empty() || (word[0] != '.' && (word[0] < '0' || word[0] > '9'))) {
    return false;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error != std::errc::invalid_argument && end == word.data() + word.size();
}

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
    return;
  }
  if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
  } else {
    if (point < 0x10000) {
      out += static_cast<char>(0xE0 | (point >> 12));
    } else {
      out += static_cast<char>(0xF0 | (point >> 18));
      out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
    }
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (point & 0x3F));
}

/// The four digits after `\u` at `at`, or nothing.
std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at) noexcept {
  std::uint32_t value = 0;
  if (at + 4 > text.size()) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
  return error == std::errc{} && end == text.data() + at + 4 ? std::optional(value) : std::nullopt;
}

/// Decodes `\uXXXX` (with its low surrogate) whose digits start at `at`; moves `at` behind it.
std::uint32_t unicode_escape(std::string_view text, std::size_t& at) noexcept {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const auto high = hex4(text, at);
  if (!high) {
    return kReplacement;
  }
  at += 4;
  if (*high < 0xD800 || *high > 0xDFFF) {
    return *high;
  }
  if (*high < 0xDC00 && text.substr(at, 2) == "\\u") {
    const auto low = hex4(text, at + 2);
    if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
      at += 6;
      return 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
    }
  }
  return kReplacement;
}

}  // namespace

JsonFields::JsonFields(std::string_view text) noexcept : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) {
    at_ = 3;
  }
  if (skip_space() && at_ < text_.size() && text_[at_] == '{') {
    ++at_;
    is_open_ = true;
  }
}

std::optional<JsonField> JsonFields::next() noexcept {
  if (!is_open_ || !skip_space()) {
    return fail();
  }
  if (at_ < text_.size() && text_[at_] == '}') {
    ++at_;
    is_open_ = false;
    is_complete_ = skip_space() && at_ == text_.size();
    return std::nullopt;
  }
  JsonField field;
  bool is_last = false;
  if (!read_name(field.name) || !read_value(field.value, field.kind, 1) ||
      !end_of_member('}', is_last)) {
    return fail();
  }
  return field;
}

std::optional<JsonField> JsonFields::fail() noexcept {
  is_open_ = false;
  return std::nullopt;
}

bool JsonFields::skip_space() noexcept {
  while (at_ < text_.size()) {
    if (is_space(text_[at_])) {
      ++at_;
    } else if (text_[at_] != '/') {
      return true;
    } else if (!skip_comment()) {
      return false;
    }
  }
  return true;
}

bool JsonFields::skip_comment() noexcept {
  if (text_.substr(at_, 2) == "//") {
    const auto end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
    return true;
  }
  if (text_.substr(at_, 2) != "/*") {
    return false;
  }
  const auto end = text_.find("*/", at_ + 2);
  if (end == std::string_view::npos) {
    return false;
  }
  at_ = end + 2;
  return true;
}

bool JsonFields::read_name(std::string_view& name) noexcept {
  if (!skip_space() || at_ >= text_.size()) {
    return false;
  }
  if (text_[at_] == '"' || text_[at_] == '\'') {
    if (!read_string(name)) {
      return false;
    }
  } else {
    const auto from = at_;
    while (at_ < text_.size() && is_word(text_[at_])) {
      ++at_;
    }
    name = text_.substr(from, at_ - from);
    if (name.empty()) {
      return false;
    }
  }
  if (!skip_space() || at_ >= text_.size() || text_[at_] != ':') {
    return false;
  }
  ++at_;
  return true;
}

bool JsonFields::read_value(std::string_view& value, JsonKind& kind, unsigned depth) noexcept {
  if (depth > kDepthMax || !skip_space() || at_ >= text_.size()) {
    return false;
  }
  const char first = text_[at_];
  if (first == '"' || first == '\'') {
    kind = JsonKind::string;
    return read_string(value);
  }
  if (first != '{' && first != '[') {
    return read_word(value, kind);
  }
  const auto from = at_++;
  kind = first == '{' ? JsonKind::object : JsonKind::array;
  if (!skip_members(first == '{' ? '}' : ']', depth)) {
    return false;
  }
  value = text_.substr(from, at_ - from);
  return true;
}

bool JsonFields::read_string(std::string_view& value) noexcept {
  const char quote = text_[at_++];
  const auto from = at_;
  while (at_ < text_.size()) {
    if (text_[at_] == quote) {
      value = text_.substr(from, at_ - from);
      ++at_;
      return true;
    }
    at_ += text_[at_] == '\\' ? 2U : 1U;
  }
  return false;
}

bool JsonFields::read_word(std::string_view& value, JsonKind& kind) noexcept {
  const auto from = at_;
  while (at_ < text_.size() && is_word(text_[at_])) {
    ++at_;
  }
  value = text_.substr(from, at_ - from);
  if (value == "true" || value == "false") {
    kind = JsonKind::boolean;
  } else if (value == "null") {
    kind = JsonKind::null;
  } else {
    kind = JsonKind::number;
    return is_number(value);
  }
  return true;
}

bool JsonFields::skip_members(char close, unsigned depth) noexcept {
  std::string_view ignored;
  JsonKind kind = JsonKind::null;
  bool is_last = false;
  while (!is_last) {
    if (!skip_space() || at_ >= text_.size()) {
      return false;
    }
    if (text_[at_] == close) {
      break;
    }
    if ((close == '}' && !read_name(ignored)) || !read_value(ignored, kind, depth + 1) ||
        !end_of_member(close, is_last)) {
      return false;
    }
  }
  ++at_;
  return true;
}

bool JsonFields::end_of_member(char close, bool& is_last) noexcept {
  if (!skip_space() || at_ >= text_.size()) {
    return false;
  }
  is_last = text_[at_] == close;
  if (!is_last) {
    if (text_[at_] != ',') {
      return false;
    }
    ++at_;
  }
  return true;
}

void unescape_json(std::string_view value, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < value.size();) {
    const char c = value[at++];
    if (c != '\\' || at >= value.size()) {
      out += c;
      continue;
    }
    const char escaped = value[at++];
    switch (escaped) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u':
        append_utf8(out, unicode_escape(value, at));
        break;
      case '\n':
        break;
      default:
        out += escaped;
    }
  }
}

}  // namespace dp::flags
