// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/internal/json_text.h"

#include <immintrin.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>

namespace cp::event::internal {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Offset of the next quote or backslash at or after `position`, or the size of the text.
inline std::size_t find_string_stop(std::string_view text, std::size_t position) noexcept {
  const __m256i quote = _mm256_set1_epi8('"');
  const __m256i backslash = _mm256_set1_epi8('\\');
  while (position + 32 <= text.size()) {
    const __m256i chunk =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + position));
    const __m256i hits =
        _mm256_or_si256(_mm256_cmpeq_epi8(chunk, quote), _mm256_cmpeq_epi8(chunk, backslash));
    const auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(hits));
    if (mask != 0) {
      return position + static_cast<std::size_t>(std::countr_zero(mask));
    }
    position += 32;
  }
  while (position < text.size() && text[position] != '"' && text[position] != '\\') {
    ++position;
  }
  return position;
}

/// The offset after the closing quote of the string that opens at `position`, or the size of the
/// text.
std::size_t skip_string(std::string_view text, std::size_t position) noexcept {
  ++position;
  while (true) {
    position = find_string_stop(text, position);
    if (position >= text.size()) {
      return text.size();
    }
    if (text[position] == '"') {
      return position + 1;
    }
    position += 2;
    if (position >= text.size()) {
      return text.size();
    }
  }
}

/// The offset after the value that starts at `position`.
std::size_t skip_value(std::string_view text, std::size_t position) noexcept {
  std::size_t depth = 0;
  while (position < text.size()) {
    switch (text[position]) {
      case '"':
        position = skip_string(text, position);
        break;
      case '{':
      case '[':
        ++depth;
        ++position;
        break;
      case '}':
      case ']':
        if (depth == 0) {
          return position;
        }
        --depth;
        ++position;
        break;
      case ',':
        if (depth == 0) {
          return position;
        }
        ++position;
        break;
      default:
        ++position;
        continue;
    }
    if (depth == 0 && (position >= text.size() || text[position] == ',' || text[position] == '}')) {
      return position;
    }
  }
  return position;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    out += static_cast<char>(0x80U | ((code >> 12U) & 0x3FU));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

/// The four hexadecimal digits at `position`, or a value above 0xFFFF.
std::uint32_t hex4(std::string_view text, std::size_t position) noexcept {
  std::uint32_t code = 0;
  if (position + 4 > text.size()) {
    return 0x10000;
  }
  const char* first = text.data() + position;
  const auto [end, error] = std::from_chars(first, first + 4, code, 16);
  return error == std::errc{} && end == first + 4 ? code : 0x10000;
}

bool is_high_surrogate(std::uint32_t code) noexcept { return code >= 0xD800 && code < 0xDC00; }
bool is_low_surrogate(std::uint32_t code) noexcept { return code >= 0xDC00 && code < 0xE000; }

/// Appends the character of the `\uXXXX` whose digits start at `position`; returns the offset after
/// it.
std::size_t append_unicode_escape(std::string& out, std::string_view text, std::size_t position) {
  const std::uint32_t code = hex4(text, position);
  position += 4;
  if (is_high_surrogate(code) && text.substr(position, 2) == "\\u") {
    const std::uint32_t low = hex4(text, position + 2);
    if (is_low_surrogate(low)) {
      append_utf8(out, 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00));
      return position + 6;
    }
  }
  if (code > 0xFFFF || is_high_surrogate(code) || is_low_surrogate(code)) {
    out += kReplacement;
  } else {
    append_utf8(out, code);
  }
  return position;
}

char plain_escape(char letter) noexcept {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

}  // namespace

MemberScanner::MemberScanner(std::string_view object) noexcept : text_(object) {
  position_ = text_.starts_with('{') ? 1 : text_.size();
}

bool MemberScanner::next(Member& member) noexcept {
  if (position_ < text_.size() && text_[position_] == ',') {
    ++position_;
  }
  if (position_ >= text_.size() || text_[position_] != '"') {
    return false;
  }
  const std::size_t start = position_;
  const std::size_t key_end = skip_string(text_, start);
  if (key_end >= text_.size() || text_[key_end] != ':') {
    return false;
  }
  const std::size_t value_end = skip_value(text_, key_end + 1);
  if (value_end >= text_.size()) {
    return false;
  }
  member.key = text_.substr(start + 1, key_end - start - 2);
  member.value = text_.substr(key_end + 1, value_end - key_end - 1);
  member.whole = text_.substr(start, value_end - start);
  position_ = value_end;
  return true;
}

void append_unescaped(std::string& out, std::string_view value) {
  if (value.size() < 2 || value.front() != '"') {
    return;
  }
  const std::string_view text = value.substr(1, value.size() - 2);
  std::size_t position = 0;
  while (position < text.size()) {
    const std::size_t stop = find_string_stop(text, position);
    out.append(text.substr(position, stop - position));
    if (stop + 1 >= text.size()) {
      return;
    }
    const char letter = text[stop + 1];
    if (letter == 'u') {
      position = append_unicode_escape(out, text, stop + 2);
    } else {
      out += plain_escape(letter);
      position = stop + 2;
    }
  }
}

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (code < 0x20) {
      out += "\\u00";
      out += kDigits[code >> 4U];
      out += kDigits[code & 0x0FU];
    } else {
      out += letter;
    }
  }
  out += '"';
}

}  // namespace cp::event::internal
