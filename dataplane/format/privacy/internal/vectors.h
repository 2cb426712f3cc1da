// SPDX-License-Identifier: LicenseRef-Project
// What the searches with vectors share; included where the processor has them.
#pragma once

#include <immintrin.h>

#include <cstring>

namespace format::privacy::internal {

inline __m256i load_vector(const char* text) noexcept {
  __m256i bytes;
  std::memcpy(&bytes, text, sizeof(bytes));
  return bytes;
}

/// The bytes among the `count` characters that end with `last`, all ASCII.
inline __m256i find_among(__m256i bytes, char last, char count) noexcept {
  // They become the greatest numbers there are.
  const auto moved = _mm256_add_epi8(bytes, _mm256_set1_epi8(static_cast<char>(0x7f - last)));
  return _mm256_cmpgt_epi8(moved, _mm256_set1_epi8(static_cast<char>(0x7f - count)));
}

}  // namespace format::privacy::internal
