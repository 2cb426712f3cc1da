// SPDX-License-Identifier: LicenseRef-Project
// Finds the bytes that end a line of a head, 32 at a time where the machine can. Each search has a
// portable twin: what tests compare with, and other machines run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

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

}  // namespace dp::http::internal
