// SPDX-License-Identifier: LicenseRef-Project
// GPT partition tables, written so that a power cut leaves either the old table or the new one: the
// entries go to the place that is not in use, then one sector switches over.
#pragma once

#include "appliance/raid/block_file.h"
#include "appliance/raid/superblock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ap::raid {

inline constexpr std::uint64_t kSectorBytes = 512;
inline constexpr std::uint64_t kSectorsPerMebibyte = 2048;

/// What a partition is for; GUIDs in the byte order of the table.
inline constexpr Uuid kTypeBiosBoot{0x48, 0x61, 0x68, 0x21, 0x49, 0x64, 0x6f, 0x6e,
                                    0x74, 0x4e, 0x65, 0x65, 0x64, 0x45, 0x46, 0x49};
inline constexpr Uuid kTypeEsp{0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
                               0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};
inline constexpr Uuid kTypeRaid{0x0f, 0x88, 0x9d, 0xa1, 0xfc, 0x05, 0x3b, 0x4d,
                                0xa0, 0x06, 0x74, 0x3f, 0x0f, 0x84, 0x91, 0x1e};

/// Attributes of ours (GPT leaves bits 48 to 63 to the owner of the type).
/// On `esp`: this disk's GUIDs are its own, not the image's.
inline constexpr std::uint64_t kOwnIdentity = std::uint64_t{1} << 56U;
/// On `esp`: its file tree and the boot code are complete.
inline constexpr std::uint64_t kBootable = std::uint64_t{1} << 57U;
/// On `data`: the array or its file system is not finished; nothing inside is worth keeping.
inline constexpr std::uint64_t kPreparing = std::uint64_t{1} << 58U;

struct Partition {
  std::uint32_t number = 0;  ///< From 1.
  Uuid type{};
  Uuid guid{};
  std::uint64_t first_sector = 0;
  std::uint64_t sectors = 0;
  std::uint64_t attributes = 0;
  std::string label;

  [[nodiscard]] std::uint64_t offset() const { return first_sector * kSectorBytes; }
  [[nodiscard]] std::uint64_t end_sector() const { return first_sector + sectors; }
};

struct PartitionTable {
  Uuid disk_guid{};
  std::uint64_t disk_sectors = 0;     ///< Of the disk the table is on, not what it believes.
  std::uint64_t entries_sector = 0;   ///< Where the entries in use are; 0 for a new table.
  bool is_backup_at_end = false;      ///< The second copy is where this disk ends.
  std::vector<Partition> partitions;  ///< By number.

  [[nodiscard]] const Partition* find(std::string_view label) const;
  [[nodiscard]] Partition* find(std::string_view label);
};

/// The table of a disk or an image; nothing when neither copy is valid.
std::optional<PartitionTable> read_partition_table(const BlockFile& disk);

/// Writes both copies and the protective record of sector 0 (its boot code stays), each durable
/// before the next. Updates `entries_sector` and `is_backup_at_end`.
void write_partition_table(BlockFile& disk, PartitionTable& table);

/// New random GUIDs for the disk and every partition.
void renew_guids(PartitionTable& table);
Uuid random_uuid();

/// Sectors the partition `data` gets when it begins at `first_sector`: the rest of the disk minus
/// the slack that keeps a slightly smaller replacement usable (1 GiB, at most 2 % of the disk), in
/// whole mebibytes. Throws Failure(refused) when less than 64 MiB remain.
std::uint64_t data_sectors(std::uint64_t disk_sectors, std::uint64_t first_sector);

/// The first sector a table of this disk must leave to its second copy.
std::uint64_t usable_end_sector(std::uint64_t disk_sectors);

}  // namespace ap::raid
