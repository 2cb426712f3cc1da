// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/partition_table.h"

#include "appliance/exec/failure.h"
#include "dataplane/base/bytes.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ap::raid {
namespace {

constexpr std::uint64_t kSignature = 0x5452415020494645;  // "EFI PART"
constexpr std::uint32_t kRevision = 0x00010000;
constexpr std::uint32_t kHeaderBytes = 92;
constexpr std::uint32_t kEntryBytes = 128;
constexpr std::uint32_t kEntries = 128;
constexpr std::size_t kEntriesBytes = std::size_t{kEntries} * kEntryBytes;
constexpr std::uint64_t kEntriesSectors = kEntriesBytes / kSectorBytes;
// Two places for the entries before the first partition, used in turn.
constexpr std::uint64_t kEntriesPlaceOne = 2;
constexpr std::uint64_t kEntriesPlaceTwo = kEntriesPlaceOne + kEntriesSectors;
constexpr std::uint64_t kFirstUsableSector = kEntriesPlaceTwo + kEntriesSectors;
constexpr std::size_t kLabelUnits = 36;

/// CRC-32 of IEEE 802.3, as GPT wants it.
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

/// A random GUID in the byte order of the table: its first three groups are little-endian.
Uuid random_guid() {
  Uuid bytes = random_uuid();
  std::reverse(bytes.begin(), bytes.begin() + 4);
  std::reverse(bytes.begin() + 4, bytes.begin() + 6);
  std::reverse(bytes.begin() + 6, bytes.begin() + 8);
  return bytes;
}

template <typename Number>
Number load(std::span<const std::byte> bytes, std::size_t at) {
  return base::load_little_endian<Number>(bytes, at);
}

Uuid load_guid(std::span<const std::byte> bytes, std::size_t at) {
  Uuid value{};
  std::memcpy(value.data(), bytes.data() + at, value.size());
  return value;
}

struct Header {
  std::uint64_t own_sector = 0;
  std::uint64_t other_sector = 0;
  std::uint64_t entries_sector = 0;
  Uuid disk_guid{};
  std::uint32_t entries_crc = 0;
};

std::optional<Header> parse_header(std::span<const std::byte> sector, std::uint64_t at_sector) {
  if (load<std::uint64_t>(sector, 0) != kSignature ||
      load<std::uint32_t>(sector, 12) != kHeaderBytes ||
      load<std::uint64_t>(sector, 24) != at_sector || load<std::uint32_t>(sector, 80) != kEntries ||
      load<std::uint32_t>(sector, 84) != kEntryBytes) {
    return std::nullopt;
  }
  std::vector<std::byte> copy(sector.begin(), sector.begin() + kHeaderBytes);
  base::store_little_endian(base::MutableBytes(copy), 16, std::uint32_t{0});
  if (crc32(copy) != load<std::uint32_t>(sector, 16)) {
    return std::nullopt;
  }
  return Header{at_sector, load<std::uint64_t>(sector, 32), load<std::uint64_t>(sector, 72),
                load_guid(sector, 56), load<std::uint32_t>(sector, 88)};
}

/// Like the kernel, without partitions that do not lie on the disk.
std::vector<Partition> parse_entries(std::span<const std::byte> entries,
                                     std::uint64_t disk_sectors) {
  std::vector<Partition> partitions;
  for (std::uint32_t index = 0; index < kEntries; ++index) {
    const auto entry = entries.subspan(std::size_t{index} * kEntryBytes, kEntryBytes);
    Partition partition;
    partition.number = index + 1;
    partition.type = load_guid(entry, 0);
    if (partition.type == Uuid{}) {
      continue;
    }
    partition.guid = load_guid(entry, 16);
    partition.first_sector = load<std::uint64_t>(entry, 32);
    const auto last = load<std::uint64_t>(entry, 40);
    if (last < partition.first_sector || last >= disk_sectors) {
      continue;
    }
    partition.sectors = last - partition.first_sector + 1;
    partition.attributes = load<std::uint64_t>(entry, 48);
    for (std::size_t unit = 0; unit < kLabelUnits; ++unit) {
      const auto letter = load<std::uint16_t>(entry, 56 + 2 * unit);
      if (letter == 0) {
        break;
      }
      partition.label += letter < 0x80 ? static_cast<char>(letter) : '?';
    }
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

/// The copy whose header is at `sector`; nothing when any part of it is invalid.
std::optional<PartitionTable> read_copy(const BlockFile& disk, std::uint64_t sector) {
  const std::uint64_t sectors = disk.bytes() / kSectorBytes;
  const auto header = parse_header(disk.read(sector * kSectorBytes, kSectorBytes), sector);
  if (!header || header->entries_sector > sectors - kEntriesSectors) {
    return std::nullopt;
  }
  const auto entries = disk.read(header->entries_sector * kSectorBytes, kEntriesBytes);
  if (crc32(entries) != header->entries_crc) {
    return std::nullopt;
  }
  PartitionTable table;
  table.disk_guid = header->disk_guid;
  table.disk_sectors = sectors;
  table.entries_sector = sector == 1 ? header->entries_sector : 0;
  table.is_backup_at_end = sector == 1 && header->other_sector == sectors - 1;
  table.partitions = parse_entries(entries, sectors);
  return table;
}

std::vector<std::byte> encode_entries(const PartitionTable& table) {
  std::vector<std::byte> entries(kEntriesBytes);
  for (const Partition& partition : table.partitions) {
    const base::MutableBytes entry = base::MutableBytes(entries).subspan(
        std::size_t{partition.number - 1} * kEntryBytes, kEntryBytes);
    std::memcpy(entry.data(), partition.type.data(), partition.type.size());
    std::memcpy(entry.data() + 16, partition.guid.data(), partition.guid.size());
    base::store_little_endian(entry, 32, partition.first_sector);
    base::store_little_endian(entry, 40, partition.end_sector() - 1);
    base::store_little_endian(entry, 48, partition.attributes);
    for (std::size_t unit = 0; unit < std::min(partition.label.size(), kLabelUnits); ++unit) {
      const auto letter = static_cast<unsigned char>(partition.label[unit]);
      base::store_little_endian(entry, 56 + 2 * unit, std::uint16_t{letter});
    }
  }
  return entries;
}

std::vector<std::byte> encode_header(const PartitionTable& table, const Header& header) {
  std::vector<std::byte> sector(kSectorBytes);
  const base::MutableBytes bytes(sector);
  base::store_little_endian(bytes, 0, kSignature);
  base::store_little_endian(bytes, 8, kRevision);
  base::store_little_endian(bytes, 12, kHeaderBytes);
  base::store_little_endian(bytes, 24, header.own_sector);
  base::store_little_endian(bytes, 32, header.other_sector);
  base::store_little_endian(bytes, 40, kFirstUsableSector);
  base::store_little_endian(bytes, 48, usable_end_sector(table.disk_sectors) - 1);
  std::memcpy(bytes.data() + 56, header.disk_guid.data(), header.disk_guid.size());
  base::store_little_endian(bytes, 72, header.entries_sector);
  base::store_little_endian(bytes, 80, kEntries);
  base::store_little_endian(bytes, 84, kEntryBytes);
  base::store_little_endian(bytes, 88, header.entries_crc);
  base::store_little_endian(bytes, 16, crc32(bytes.first(kHeaderBytes)));
  return sector;
}

/// Sector 0 says to old tools that the whole disk is in use; its first 440 bytes are boot code.
void write_protective_record(BlockFile& disk, std::uint64_t disk_sectors) {
  std::array<std::byte, kSectorBytes> before{};
  disk.read(0, before);
  auto sector = before;
  const base::MutableBytes bytes(sector);
  std::fill(sector.begin() + 446, sector.end(), std::byte{0});
  bytes[447] = std::byte{0x00};
  bytes[448] = std::byte{0x02};  // begins at cylinder 0, head 0, sector 2
  bytes[450] = std::byte{0xee};
  bytes[451] = bytes[452] = bytes[453] = std::byte{0xff};
  base::store_little_endian(bytes, 454, std::uint32_t{1});
  base::store_little_endian(
      bytes, 458,
      static_cast<std::uint32_t>(std::min<std::uint64_t>(disk_sectors - 1, 0xffffffff)));
  bytes[510] = std::byte{0x55};
  bytes[511] = std::byte{0xaa};
  if (sector != before) {
    disk.write(0, sector);
    disk.sync();
  }
}

}  // namespace

const Partition* PartitionTable::find(std::string_view label) const {
  const auto found = std::find_if(partitions.begin(), partitions.end(),
                                  [&](const Partition& each) { return each.label == label; });
  return found == partitions.end() ? nullptr : &*found;
}

Partition* PartitionTable::find(std::string_view label) {
  const auto found = std::find_if(partitions.begin(), partitions.end(),
                                  [&](const Partition& each) { return each.label == label; });
  return found == partitions.end() ? nullptr : &*found;
}

std::optional<PartitionTable> read_partition_table(const BlockFile& disk) {
  const std::uint64_t sectors = disk.bytes() / kSectorBytes;
  if (sectors <= kFirstUsableSector + kEntriesSectors) {
    return std::nullopt;
  }
  auto table = read_copy(disk, 1);
  return table ? table : read_copy(disk, sectors - 1);
}

void write_partition_table(BlockFile& disk, PartitionTable& table) {
  const auto entries = encode_entries(table);
  const std::uint64_t last = table.disk_sectors - 1;
  Header header;
  header.disk_guid = table.disk_guid;
  header.entries_crc = crc32(entries);
  header.own_sector = 1;
  header.other_sector = last;
  header.entries_sector =
      table.entries_sector == kEntriesPlaceOne ? kEntriesPlaceTwo : kEntriesPlaceOne;
  disk.write(header.entries_sector * kSectorBytes, entries);
  disk.sync();
  disk.write(kSectorBytes, encode_header(table, header));
  disk.sync();
  table.entries_sector = header.entries_sector;

  header.own_sector = last;
  header.other_sector = 1;
  header.entries_sector = last - kEntriesSectors;
  disk.write(header.entries_sector * kSectorBytes, entries);
  disk.write(last * kSectorBytes, encode_header(table, header));
  disk.sync();
  table.is_backup_at_end = true;
  write_protective_record(disk, table.disk_sectors);
}

Uuid random_uuid() {
  Uuid uuid{};
  if (getrandom(uuid.data(), uuid.size(), 0) != static_cast<ssize_t>(uuid.size())) {
    throw exec::Failure(exec::FailureKind::failed, "the system has no random numbers");
  }
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0fU) | 0x40U);  // version 4
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3fU) | 0x80U);
  return uuid;
}

void renew_guids(PartitionTable& table) {
  table.disk_guid = random_guid();
  for (Partition& partition : table.partitions) {
    partition.guid = random_guid();
  }
}

std::uint64_t usable_end_sector(std::uint64_t disk_sectors) {
  return disk_sectors - 1 - kEntriesSectors;
}

std::uint64_t data_sectors(std::uint64_t disk_sectors, std::uint64_t first_sector) {
  constexpr std::uint64_t kSlackSectorsMax = 1024 * kSectorsPerMebibyte;
  constexpr std::uint64_t kSectorsMin = 64 * kSectorsPerMebibyte;
  const std::uint64_t slack = std::min(kSlackSectorsMax, disk_sectors / 50);
  const std::uint64_t end = std::min(disk_sectors - slack, usable_end_sector(disk_sectors));
  const std::uint64_t room = end > first_sector ? end - first_sector : 0;
  const std::uint64_t sectors = room - room % kSectorsPerMebibyte;
  if (sectors < kSectorsMin) {
    throw exec::Failure(exec::FailureKind::refused,
                        "the disk has no room for data behind the system's slots");
  }
  return sectors;
}

}  // namespace ap::raid
