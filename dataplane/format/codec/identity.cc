// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/identity.h"

#include <algorithm>
#include <cstdint>

namespace format::codec {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";
constexpr std::string_view kPersonalKeyPrefix = "phx_";
constexpr std::string_view kUrnPrefix = "urn:uuid:";
constexpr std::string_view kNulReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::size_t kUuidDigits = 32;

constexpr bool is_hyphen_place(std::size_t index) noexcept {
  return index == 8 || index == 13 || index == 18 || index == 23;
}

bool is_lower_digit(char character) noexcept {
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
}

char to_lower(char character) noexcept {
  return character >= 'A' && character <= 'F' ? static_cast<char>(character + ('a' - 'A'))
                                              : character;
}

bool is_continuation(char character) noexcept {
  return (static_cast<unsigned char>(character) & 0xc0U) == 0x80U;
}

/// Bytes of the white-space character that `text` starts with, or 0.
std::size_t white_space_bytes(std::string_view text) noexcept {
  if (kWhiteSpace.find(text.front()) != std::string_view::npos) {
    return 1;
  }
  // U+0085, U+00A0; then U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F, U+3000.
  if (text.starts_with("\xc2\x85") || text.starts_with("\xc2\xa0")) {
    return 2;
  }
  if (text.starts_with("\xe1\x9a\x80") || text.starts_with("\xe2\x81\x9f") ||
      text.starts_with("\xe3\x80\x80")) {
    return 3;
  }
  if (text.size() >= 3 && text.starts_with("\xe2\x80")) {
    const auto last = static_cast<unsigned char>(text[2]);
    return (last >= 0x80 && last <= 0x8a) || last == 0xa8 || last == 0xa9 || last == 0xaf ? 3 : 0;
  }
  return 0;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  const auto start = text.find_first_not_of(kWhiteSpace);
  if (start == std::string_view::npos) {
    return {};
  }
  return text.substr(start, text.find_last_not_of(kWhiteSpace) + 1 - start);
}

std::optional<BatchError> check_token(std::string_view token) noexcept {
  if (token.empty()) {
    return BatchError::token_empty;
  }
  if (token.size() > kTokenBytesMax) {
    return BatchError::token_too_long;
  }
  if (std::any_of(token.begin(), token.end(),
                  [](char character) { return static_cast<unsigned char>(character) >= 0x80; })) {
    return BatchError::token_not_ascii;
  }
  if (token.starts_with(kPersonalKeyPrefix)) {
    return BatchError::token_personal_key;
  }
  if (token.find('\0') != std::string_view::npos) {
    return BatchError::token_null_byte;
  }
  return std::nullopt;
}

bool is_blank(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto bytes = white_space_bytes(text);
    if (bytes == 0) {
      return false;
    }
    text.remove_prefix(bytes);
  }
  return true;
}

bool is_clean_distinct_id(std::string_view text) noexcept {
  return text.size() <= kDistinctIdPointsMax && text.find('\0') == std::string_view::npos;
}

std::string clean_distinct_id(std::string_view text) {
  std::string cleaned;
  std::size_t points = 0;
  for (const auto character : text) {
    if (!is_continuation(character) && points++ == kDistinctIdPointsMax) {
      break;
    }
    if (character == '\0') {
      cleaned += kNulReplacement;
    } else {
      cleaned += character;
    }
  }
  return cleaned;
}

bool is_stored_uuid(std::string_view text) noexcept {
  if (text.size() != kUuidTextBytes) {
    return false;
  }
  for (std::size_t index = 0; index < kUuidTextBytes; ++index) {
    if (is_hyphen_place(index) ? text[index] != '-' : !is_lower_digit(text[index])) {
      return false;
    }
  }
  return true;
}

std::optional<UuidText> read_uuid(std::string_view text) noexcept {
  if (text.starts_with(kUrnPrefix)) {
    text.remove_prefix(kUrnPrefix.size());
  } else if (text.starts_with('{') && text.ends_with('}')) {
    text = text.substr(1, text.size() - 2);
  }
  const auto is_bare = text.size() == kUuidDigits;
  if (!is_bare && text.size() != kUuidTextBytes) {
    return std::nullopt;
  }
  UuidText uuid{};
  std::size_t next = 0;
  for (std::size_t index = 0; index < kUuidTextBytes; ++index) {
    uuid.at(index) = is_bare && is_hyphen_place(index) ? '-' : to_lower(text[next++]);
  }
  return is_stored_uuid({uuid.data(), uuid.size()}) ? std::optional(uuid) : std::nullopt;
}

}  // namespace format::codec
