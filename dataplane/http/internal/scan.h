// SPDX-License-Identifier: LicenseRef-Project
// Finds the bytes that end a line or a name of a head, 32 at a time where the machine can. Each
// search has a portable twin: what tests compare with, and other machines run. A search in
// [position, end) may read from `begin` on.
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

#ifdef __AVX2__
/// `mask_of` has a bit for every byte of a vector that is looked for. The last vector ends with the
/// text and begins before `position`; only a text shorter than a vector is left to `portable`.
template <typename MaskOf, typename Portable>
const char* find_with_vectors(const char* begin, const char* position, const char* end,
                              MaskOf mask_of, Portable portable) noexcept {
  constexpr std::ptrdiff_t kVectorBytes = 32;
  __m256i bytes;
  for (; end - position >= kVectorBytes; position += kVectorBytes) {
    std::memcpy(&bytes, position, sizeof(bytes));
    if (const std::uint32_t mask = mask_of(bytes); mask != 0) {
      return position + __builtin_ctz(mask);
    }
  }
  if (position == end || end - begin < kVectorBytes) {
    return portable(position, end);
  }
  const auto* const last = end - kVectorBytes;
  std::memcpy(&bytes, last, sizeof(bytes));
  const std::uint32_t mask = mask_of(bytes) >> (position - last);
  return mask != 0 ? position + __builtin_ctz(mask) : end;
}

inline std::uint32_t mask_of_bytes(__m256i matches) noexcept {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(matches));
}
#endif

/// Control characters but tab.
inline bool is_control(char character) noexcept {
  const auto byte = static_cast<unsigned char>(character);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

inline const char* find_control_portable(const char* position, const char* end) noexcept {
  return std::find_if(position, end, is_control);
}

/// First control character but tab in [position, end), or `end`: where a line ends, or is broken.
inline const char* find_control([[maybe_unused]] const char* begin, const char* position,
                                const char* end) noexcept {
#ifdef __AVX2__
  const auto mask_of = [](__m256i bytes) {
    const auto is_low = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
    const auto is_tab = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\t'));
    const auto is_del = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f));
    return mask_of_bytes(_mm256_or_si256(_mm256_andnot_si256(is_tab, is_low), is_del));
  };
  return find_with_vectors(begin, position, end, mask_of, find_control_portable);
#else
  return find_control_portable(position, end);
#endif
}

inline const char* find_line_feed_portable(const char* position, const char* end) noexcept {
  return std::find(position, end, '\n');
}

/// First line feed in [position, end), or `end`; lines are short, so a call into the C library
/// costs more.
inline const char* find_line_feed([[maybe_unused]] const char* begin, const char* position,
                                  const char* end) noexcept {
#ifdef __AVX2__
  const auto mask_of = [](__m256i bytes) {
    return mask_of_bytes(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n')));
  };
  return find_with_vectors(begin, position, end, mask_of, find_line_feed_portable);
#else
  return find_line_feed_portable(position, end);
#endif
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
inline const char* find_token_end([[maybe_unused]] const char* begin, const char* position,
                                  const char* end) noexcept {
#ifdef __AVX2__
  const auto mask_of = [](__m256i bytes) {
    __m128i halves;
    std::memcpy(&halves, kTokenHalves.data(), sizeof(halves));
    // A byte beyond ASCII finds nothing in the first table.
    const auto low = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(halves), bytes);
    const auto high =
        _mm256_shuffle_epi8(_mm256_set1_epi64x(static_cast<long long>(0x8040201008040201U)),
                            _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f)));
    return mask_of_bytes(_mm256_cmpeq_epi8(_mm256_and_si256(low, high), _mm256_setzero_si256()));
  };
  return find_with_vectors(begin, position, end, mask_of, find_token_end_portable);
#else
  return find_token_end_portable(position, end);
#endif
}

}  // namespace dp::http::internal
