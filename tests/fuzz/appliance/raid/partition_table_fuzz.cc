// SPDX-License-Identifier: LicenseRef-Project
// Goal: no bytes of a disk make the parser read outside them; what it accepts lies on the disk and
// survives being written and read again. Input: the disk's header sector and entries; their
// checksums are made right, so that the fields behind them are reached.
#include "appliance/raid/partition_table.h"
#include "dataplane/base/check.h"
#include "tests/support/memory_disk.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace {

constexpr std::size_t kDiskBytes = std::size_t{1} << 20U;
constexpr std::size_t kHeaderBytes = 92;
constexpr std::size_t kEntriesBytes = 128 * 128;

std::uint32_t crc32(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
  }
  return ~crc;
}

void store(std::span<std::byte> sector, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t index = 0; index < bytes; ++index) {
    sector[at + index] = static_cast<std::byte>((value >> (8 * index)) & 0xffU);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  using ap::raid::kSectorBytes;
  std::vector<std::byte> disk(kDiskBytes);
  const std::span<std::byte> header = std::span(disk).subspan(kSectorBytes, kSectorBytes);
  const std::span<std::byte> entries = std::span(disk).subspan(2 * kSectorBytes, kEntriesBytes);
  const std::size_t head = std::min<std::size_t>(bytes, kHeaderBytes);
  std::memcpy(header.data(), data, head);
  std::memcpy(entries.data(), data + head, std::min(bytes - head, entries.size()));
  store(header, 72, 2, 8);
  store(header, 88, crc32(entries), 4);
  store(header, 16, 0, 4);
  store(header, 16, crc32(header.first(kHeaderBytes)), 4);

  const support::MemoryDisk memory(disk);
  ap::raid::BlockFile file(memory.path(), ap::raid::BlockFile::Access::write);
  auto table = ap::raid::read_partition_table(file);
  if (!table) {
    return 0;
  }
  for (const auto& partition : table->partitions) {
    CHECK(partition.sectors > 0 && partition.end_sector() <= kDiskBytes / kSectorBytes);
  }
  ap::raid::write_partition_table(file, *table);
  const auto again = ap::raid::read_partition_table(file);
  CHECK(again && again->partitions.size() == table->partitions.size());
  for (std::size_t index = 0; index < again->partitions.size(); ++index) {
    CHECK(again->partitions[index].label == table->partitions[index].label);
    CHECK(again->partitions[index].offset() == table->partitions[index].offset());
  }
  return 0;
}
