// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/base/crc32c.h"

#include <nmmintrin.h>

namespace base {

std::uint32_t crc32c(Bytes bytes, std::uint32_t seed) noexcept {
  std::uint64_t crc = ~seed;
  std::size_t offset = 0;
  for (; offset + 8 <= bytes.size(); offset += 8) {
    crc = _mm_crc32_u64(crc, load_little_endian<std::uint64_t>(bytes, offset));
  }
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; offset < bytes.size(); ++offset) {
    narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(bytes[offset]));
  }
  return ~narrow;
}

}  // namespace base
