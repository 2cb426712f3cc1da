// SPDX-License-Identifier: LicenseRef-Project
// Goal: the checksum by the processor's instruction is the one of the definition (RFC 3720,
// appendix B.4), wherever the bytes lie and however they are cut in two. Input: one byte (where the
// bytes start, where they are cut), then the bytes.
#include "dataplane/base/check.h"
#include "dataplane/base/crc32c.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

/// A bit at a time.
std::uint32_t crc32c_portable(base::Bytes bytes, std::uint32_t seed) {
  constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected
  std::uint32_t crc = ~seed;
  for (const auto byte : bytes) {
    crc ^= static_cast<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
    }
  }
  return ~crc;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::size_t skipped = data[0] % 8U;
  std::vector<std::byte> moved(skipped);
  const auto* first = reinterpret_cast<const std::byte*>(data) + 1;
  moved.insert(moved.end(), first, first + size - 1);
  const auto bytes = base::Bytes(moved).subspan(skipped);
  const auto expected = crc32c_portable(bytes, 0);
  CHECK(base::crc32c(bytes) == expected);
  const auto cut = bytes.size() * (data[0] / 8U) / 32U;
  CHECK(base::crc32c(bytes.subspan(cut), base::crc32c(bytes.first(cut))) == expected);
  return 0;
}
