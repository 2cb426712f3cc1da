// SPDX-License-Identifier: LicenseRef-Project
// Finds the bytes that end a line or a name of a head, 32 at a time where the machine can. Each
// search has a portable twin: what tests compare with, and other machines run.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace dp::http::internal {

/// Control characters but tab.
inline bool is_control(char character) noexcept {
  const auto byte = static_cast<unsigned char>(character);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

inline const char* find_control_portable(const char* position, const char* end) noexcept {
  return std::find_if(position, end, is_control);
}

/// First control character but tab in [position, end), or `end`: where a line ends, or is broken.
inline const char* find_control(const char* position, const char* end) noexcept {
#ifdef __AVX2__
  constexpr std::ptrdiff_t kVectorBytes = 32;
  const auto last_plain_control = _mm256_set1_epi8(0x1f);
  const auto tab = _mm256_set1_epi8('\t');
  const auto del = _mm256_set1_epi8(0x7f);
  for (; end - position >= kVectorBytes; position += kVectorBytes) {
    __m256i bytes;
    std::memcpy(&bytes, position, sizeof(bytes));
    const auto is_low = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, last_plain_control), bytes);
    const auto found = _mm256_or_si256(_mm256_andnot_si256(_mm256_cmpeq_epi8(bytes, tab), is_low),
                                       _mm256_cmpeq_epi8(bytes, del));
    const auto mask = static_cast<unsigned>(_mm256_movemask_epi8(found));
    if (mask != 0) {
      return position + __builtin_ctz(mask);
    }
  }
#endif
  return find_control_portable(position, end);
}

inline const char* find_line_feed_portable(const char* position, const char* end) noexcept {
  return std::find(position, end, '\n');
}

/// First line feed in [position, end), or `end`; lines are short, so a call into the C library
/// costs more.
inline const char* find_line_feed(const char* position, const char* end) noexcept {
#ifdef __AVX2__
  constexpr std::ptrdiff_t kVectorBytes = 32;
  const auto line_feed = _mm256_set1_epi8('\n');
  for (; end - position >= kVectorBytes; position += kVectorBytes) {
    __m256i bytes;
    std::memcpy(&bytes, position, sizeof(bytes));
    const auto mask =
        static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, line_feed)));
    if (mask != 0) {
      return position + __builtin_ctz(mask);
    }
  }
#endif
  return find_line_feed_portable(position, end);
}

/// What names and methods consist of (RFC 9110 section 5.6.2).
constexpr bool is_token(char character) noexcept {
  const auto byte = static_cast<unsigned char>(character);
  const auto lower = byte | 0x20U;
  return (byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(character) != std::string_view::npos;
}

inline constexpr auto kIsToken = [] {
  std::array<bool, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    table[byte] = is_token(static_cast<char>(byte));
  }
  return table;
}();

/// For every low half of a byte, a bit for each high half up to 7 with which it is a token's.
inline constexpr auto kTokenHalves = [] {
  std::array<std::uint8_t, 16> table{};
  for (unsigned byte = 0; byte < 0x80; ++byte) {
    table[byte % 16] = static_cast<std::uint8_t>(table[byte % 16] | kIsToken[byte] << byte / 16);
  }
  return table;
}();

inline const char* find_token_end_portable(const char* position, const char* end) noexcept {
  return std::find_if_not(position, end, [](char character) {
    return kIsToken[static_cast<unsigned char>(character)];
  });
}

/// First byte in [position, end) that belongs to no token, or `end`.
inline const char* find_token_end(const char* position, const char* end) noexcept {
#ifdef __AVX2__
  constexpr std::ptrdiff_t kVectorBytes = 32;
  __m128i halves;
  std::memcpy(&halves, kTokenHalves.data(), sizeof(halves));
  const auto low_table = _mm256_broadcastsi128_si256(halves);
  const auto high_table = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201U));
  for (; end - position >= kVectorBytes; position += kVectorBytes) {
    __m256i bytes;
    std::memcpy(&bytes, position, sizeof(bytes));
    // A byte beyond ASCII finds nothing in the first table.
    const auto high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
    const auto bits = _mm256_and_si256(_mm256_shuffle_epi8(low_table, bytes),
                                       _mm256_shuffle_epi8(high_table, high));
    const auto is_other = _mm256_cmpeq_epi8(bits, _mm256_setzero_si256());
    const auto mask = static_cast<unsigned>(_mm256_movemask_epi8(is_other));
    if (mask != 0) {
      return position + __builtin_ctz(mask);
    }
  }
#endif
  return find_token_end_portable(position, end);
}

}  // namespace dp::http::internal
