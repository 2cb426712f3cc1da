// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/internal/tokens.h"

#include <charconv>

namespace format::privacy::internal {
namespace {

constexpr std::size_t kUnitDigits = 4;

std::uint32_t unit_of(std::string_view digits) noexcept {
  std::uint32_t unit = 0;
  const auto hexadecimal = digits.substr(0, kUnitDigits);
  std::from_chars(hexadecimal.data(), hexadecimal.data() + hexadecimal.size(), unit, 16);
  return unit;
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto tail = [point](unsigned shift) {
    return static_cast<char>(0x80U | (point >> shift & 0x3fU));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += {static_cast<char>(0xc0U | point >> 6U), tail(0)};
  } else if (point < 0x10000) {
    out += {static_cast<char>(0xe0U | point >> 12U), tail(6), tail(0)};
  } else {
    out += {static_cast<char>(0xf0U | point >> 18U), tail(12), tail(6), tail(0)};
  }
}

/// Appends what the escape at the front of `text` stands for; returns its bytes.
std::size_t append_escape(std::string_view text, std::string& out) {
  constexpr std::string_view kNames = "bfnrt";
  constexpr std::string_view kCharacters = "\b\f\n\r\t";
  const auto name = text[1];
  if (name != 'u') {
    const auto index = kNames.find(name);
    out += index == std::string_view::npos ? name : kCharacters[index];
    return 2;
  }
  const auto first = unit_of(text.substr(2));
  if (first >= 0xd800 && first < 0xdc00 && text.size() >= 12 && text[6] == '\\') {
    const auto second = unit_of(text.substr(8));
    append_utf8(0x10000 + ((first - 0xd800) << 10U) + (second - 0xdc00), out);
    return 12;
  }
  append_utf8(first, out);
  return 6;
}

}  // namespace

std::string_view TokenCursor::scalar() const noexcept {
  const auto start = positions_[next_];
  const auto end = next_ + 1 < positions_.size() ? positions_[next_ + 1] : text_.size();
  const auto slice = text_.substr(start, end - start);
  return slice.substr(0, slice.find_last_not_of(" \t\n\r") + 1);
}

void TokenCursor::skip_value() noexcept {
  std::size_t depth = 0;
  do {
    const auto token = kind();
    if (token == '{' || token == '[') {
      ++depth;
    } else if (token == '}' || token == ']') {
      --depth;
    }
    ++next_;
  } while (depth != 0);
}

std::string_view unescape(std::string_view quoted, std::string& scratch) {
  auto text = quoted.substr(1, quoted.size() - 2);
  if (text.find('\\') == std::string_view::npos) {
    return text;
  }
  scratch.clear();
  while (!text.empty()) {
    const auto escape = text.find('\\');
    scratch.append(text.substr(0, escape));
    if (escape == std::string_view::npos) {
      break;
    }
    text.remove_prefix(escape);
    text.remove_prefix(append_escape(text, scratch));
  }
  return scratch;
}

void append_quoted(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const auto character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      out += {'\\', character};
    } else if (byte < 0x20) {
      out += "\\u00";
      out += {kDigits[byte >> 4U], kDigits[byte & 0xfU]};
    } else {
      out += character;
    }
  }
  out += '"';
}

}  // namespace format::privacy::internal
