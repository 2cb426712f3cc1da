// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/identity.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace format::codec {
namespace {

constexpr std::string_view kPersonalKeyPrefix = "phx_";
constexpr std::string_view kUrnPrefix = "urn:uuid:";
constexpr std::string_view kNulReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::size_t kUuidDigits = 32;

constexpr bool is_hyphen_place(std::size_t index) noexcept {
  return index == 8 || index == 13 || index == 18 || index == 23;
}

enum class UuidKind : std::uint8_t { other, digit, hyphen };

constexpr std::array<UuidKind, 256> make_uuid_kinds() {
  std::array<UuidKind, 256> kinds{};
  for (const auto character : std::string_view("0123456789abcdef")) {
    kinds[static_cast<unsigned char>(character)] = UuidKind::digit;
  }
  kinds['-'] = UuidKind::hyphen;
  return kinds;
}
constexpr auto kUuidKinds = make_uuid_kinds();

constexpr std::array<UuidKind, kUuidTextBytes> make_uuid_shape() {
  std::array<UuidKind, kUuidTextBytes> shape{};
  for (std::size_t index = 0; index < shape.size(); ++index) {
    shape[index] = is_hyphen_place(index) ? UuidKind::hyphen : UuidKind::digit;
  }
  return shape;
}
constexpr auto kUuidShape = make_uuid_shape();

#ifdef __AVX2__
/// 32 bytes are lower-case hexadecimal digits, but hyphens where `hyphens` has a bit.
bool has_uuid_shape(const char* text, unsigned hyphens) noexcept {
  __m256i bytes;
  std::memcpy(&bytes, text, sizeof(bytes));
  const auto up_to = [](__m256i values, char limit) {
    return _mm256_cmpeq_epi8(_mm256_min_epu8(values, _mm256_set1_epi8(limit)), values);
  };
  const auto is_number = up_to(_mm256_sub_epi8(bytes, _mm256_set1_epi8('0')), 9);
  const auto is_letter = up_to(_mm256_sub_epi8(bytes, _mm256_set1_epi8('a')), 5);
  const auto is_hyphen = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('-'));
  const auto digits =
      static_cast<unsigned>(_mm256_movemask_epi8(_mm256_or_si256(is_number, is_letter)));
  return digits == ~hyphens && static_cast<unsigned>(_mm256_movemask_epi8(is_hyphen)) == hyphens;
}
#endif

char to_lower(char character) noexcept {
  return character >= 'A' && character <= 'F' ? static_cast<char>(character + ('a' - 'A'))
                                              : character;
}

bool is_continuation(char character) noexcept {
  return (static_cast<unsigned char>(character) & 0xc0U) == 0x80U;
}

bool is_ascii_space(char character) noexcept {
  return character == ' ' || (character >= '\t' && character <= '\r');
}

/// Bytes of the white-space character that `text` starts with, or 0.
std::size_t white_space_bytes(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text.front());
  if (first > ' ' && first < 0xc2) {  // nearly every text
    return 0;
  }
  if (is_ascii_space(text.front())) {
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

bool is_beyond_ascii(char character) noexcept {
  return static_cast<unsigned char>(character) >= 0x80;
}

std::uint64_t load_word(const char* text) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof(word));
  return word;
}

/// Eight bytes at a time, the last ones perhaps twice: every request asks this of its token.
bool is_ascii(std::string_view text) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  constexpr std::size_t kWordBytes = sizeof(kHighBits);
  if (text.size() < kWordBytes) {
    return std::none_of(text.begin(), text.end(), is_beyond_ascii);
  }
  const auto* const last = text.data() + text.size() - kWordBytes;
  std::uint64_t bits = load_word(last);
  for (const auto* next = text.data(); next < last; next += kWordBytes) {
    bits |= load_word(next);
  }
  return (bits & kHighBits) == 0;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_ascii_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_ascii_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::optional<BatchError> check_token(std::string_view token) noexcept {
  if (token.empty()) {
    return BatchError::token_empty;
  }
  if (token.size() > kTokenBytesMax) {
    return BatchError::token_too_long;
  }
  if (!is_ascii(token)) {
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

std::string_view trim_unicode(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto bytes = white_space_bytes(text);
    if (bytes == 0) {
      break;
    }
    text.remove_prefix(bytes);
  }
  while (!text.empty()) {
    auto last = text.size() - 1;
    while (last > 0 && is_continuation(text[last])) {
      --last;
    }
    if (white_space_bytes(text.substr(last)) == 0) {
      break;
    }
    text = text.substr(0, last);
  }
  return text;
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

bool is_stored_uuid_portable(std::string_view text) noexcept {
  if (text.size() != kUuidTextBytes) {
    return false;
  }
  auto is_good = true;
  for (std::size_t index = 0; index < kUuidTextBytes; ++index) {
    is_good &= kUuidKinds[static_cast<unsigned char>(text[index])] == kUuidShape[index];
  }
  return is_good;
}

bool is_stored_uuid(std::string_view text) noexcept {
#ifdef __AVX2__
  // Hyphens at 8, 13, 18 and 23; the second vector starts four bytes later.
  constexpr unsigned kHyphens = 1U << 8U | 1U << 13U | 1U << 18U | 1U << 23U;
  constexpr std::size_t kSecondOffset = kUuidTextBytes - sizeof(__m256i);
  return text.size() == kUuidTextBytes && has_uuid_shape(text.data(), kHyphens) &&
         has_uuid_shape(text.data() + kSecondOffset, kHyphens >> kSecondOffset);
#else
  return is_stored_uuid_portable(text);
#endif
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
