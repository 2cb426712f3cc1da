// SPDX-License-Identifier: LicenseRef-Project
// SHA-1 (FIPS 180-4) for version 5 UUIDs only, where RFC 9562 prescribes it; never for anything
// that must be secret.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cp::event::internal {

/// One digest: update any number of times, finish once. No allocation; a person id costs one
/// 64-byte block.
class Sha1 {
 public:
  void update(std::string_view text) noexcept;
  std::array<std::uint8_t, 20> finish() noexcept;

 private:
  void compress() noexcept;

  std::array<std::uint32_t, 5> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::array<std::uint8_t, 64> block_{};
  std::size_t block_bytes_ = 0;
  std::uint64_t total_bytes_ = 0;
};

}  // namespace cp::event::internal
