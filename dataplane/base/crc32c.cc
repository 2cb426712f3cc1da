// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/base/crc32c.h"

#include <nmmintrin.h>

namespace base {
namespace {

constexpr std::size_t kWordBytes = 8;
constexpr std::size_t kBlockWords = 8;

}  // namespace

std::uint32_t crc32c(Bytes bytes, std::uint32_t seed) noexcept {
  std::uint64_t crc = ~seed;
  std::size_t offset = 0;
  // Eight words a turn: the loop's own instructions were half of the cost of a log record.
  for (; offset + kBlockWords * kWordBytes <= bytes.size(); offset += kBlockWords * kWordBytes) {
    const Bytes block = bytes.subspan(offset, kBlockWords * kWordBytes);
#pragma GCC unroll 8
    for (std::size_t word = 0; word < kBlockWords; ++word) {
      crc = _mm_crc32_u64(crc, load_little_endian<std::uint64_t>(block, word * kWordBytes));
    }
  }
  for (; offset + kWordBytes <= bytes.size(); offset += kWordBytes) {
    crc = _mm_crc32_u64(crc, load_little_endian<std::uint64_t>(bytes, offset));
  }
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; offset < bytes.size(); ++offset) {
    narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(bytes[offset]));
  }
  return ~narrow;
}

}  // namespace base
