// SPDX-License-Identifier: LicenseRef-Project
// The metadata of an md RAID1 member (version 1.2 with an internal bitmap) as pure functions over
// bytes, so that images and disks get their arrays without a kernel
// (docs/formats/md-superblock.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ap::raid {

using Uuid = std::array<std::uint8_t, 16>;

/// A member's data begin here; everything of md lies before it.
inline constexpr std::uint64_t kDataOffsetSectors = 2048;
inline constexpr std::size_t kMemberHeadBytes = kDataOffsetSectors * 512;
inline constexpr std::size_t kSuperblockOffset = 4096;
inline constexpr std::size_t kBitmapOffset = 8192;
inline constexpr std::size_t kRolesMax = 128;
inline constexpr std::size_t kNameBytesMax = 32;
/// Bytes from the start of a member that `parse_superblock` wants to see.
inline constexpr std::size_t kParseBytes = kSuperblockOffset + 4096;

/// The role of a device number that is not part of the array.
inline constexpr std::uint16_t kRoleSpare = 0xffff;
inline constexpr std::uint16_t kRoleFaulty = 0xfffe;
/// `resync_offset` of an array whose members are equal.
inline constexpr std::uint64_t kClean = ~std::uint64_t{0};

/// What a member says about itself and its array.
struct Superblock {
  std::string name;  ///< With the home host: `bristle:root-a`.
  Uuid array_uuid{};
  Uuid member_uuid{};
  std::uint64_t size_sectors = 0;  ///< Used on each member, without the head.
  std::uint32_t raid_disks = 2;
  std::uint32_t device_number = 0;
  std::uint64_t created_s = 0;
  std::uint64_t updated_s = 0;
  std::uint64_t events = 1;
  std::uint64_t resync_offset = kClean;
  std::vector<std::uint16_t> roles;  ///< By device number; shorter lists end in spares.

  /// The slot this member fills; nothing when it is a spare or faulty.
  [[nodiscard]] std::optional<std::uint16_t> role() const;
};

/// A new clean member: `device_number` of two, of which `active` are there from the start.
/// Throws Failure(invalid) for a partition without room, a name too long or a number out of range.
struct NewMember {
  std::string name;
  Uuid array_uuid{};
  Uuid member_uuid{};
  std::uint64_t partition_sectors = 0;
  std::uint32_t device_number = 0;
  std::vector<std::uint32_t> active;
  std::uint64_t time_s = 0;
};
Superblock make_superblock(const NewMember& member);

/// The first `kMemberHeadBytes` of the member: superblock, bitmap superblock and empty bitmap.
std::vector<std::byte> encode_member_head(const Superblock& superblock);

/// Reads the superblock from the first bytes of a member (at least `kParseBytes` of them). Nothing
/// when there is none, its checksum is wrong, or it is not the kind this module writes or md makes
/// of it (version 1, superblock at 4096 bytes, RAID1).
std::optional<Superblock> parse_superblock(std::span<const std::byte> head);

/// Bytes a file system in the array may use.
std::uint64_t array_bytes(std::uint64_t partition_sectors);

/// The superblock's checksum over `bytes`, which begin with it; the field itself counts as zero.
std::uint32_t superblock_checksum(std::span<const std::byte> bytes);

/// `0f3c…` in any grouping by '-' or ':'; nothing unless it is 32 hexadecimal digits.
std::optional<Uuid> parse_uuid(std::string_view text);

/// In the grouping of GPT and file systems: 8-4-4-4-12.
std::string to_string(const Uuid& uuid);

/// In the grouping of mdadm: 8:8:8:8.
std::string to_md_string(const Uuid& uuid);

}  // namespace ap::raid
