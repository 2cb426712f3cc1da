// SPDX-License-Identifier: LicenseRef-Project
// Goal: no bytes of a disk make the parser read outside them, and what it accepts of our own shape
// survives being written and parsed again. Input: a superblock; its checksum is made right, so that
// the fields behind it are reached.
#include "appliance/raid/superblock.h"
#include "dataplane/base/check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  std::vector<std::byte> head(ap::raid::kParseBytes);
  const std::span<std::byte> area = std::span(head).subspan(ap::raid::kSuperblockOffset);
  std::memcpy(area.data(), data, std::min(bytes, area.size()));
  const std::uint32_t checksum = ap::raid::superblock_checksum(area);
  for (std::size_t index = 0; index < 4; ++index) {
    area[216 + index] = static_cast<std::byte>((checksum >> (8 * index)) & 0xffU);
  }
  const auto superblock = ap::raid::parse_superblock(head);
  if (!superblock) {
    return 0;
  }
  static_cast<void>(superblock->role());
  const auto again = ap::raid::parse_superblock(ap::raid::encode_member_head(*superblock));
  CHECK(again && again->name == superblock->name && again->events == superblock->events);
  return 0;
}
