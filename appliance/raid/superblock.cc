// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/superblock.h"

#include "appliance/exec/failure.h"
#include "dataplane/base/bytes.h"

#include <algorithm>

namespace ap::raid {
namespace {

constexpr std::uint32_t kMagic = 0xa92b4efc;
constexpr std::uint32_t kBitmapMagic = 0x6d746962;
constexpr std::size_t kFixedBytes = 256;
constexpr std::uint32_t kBitmapChunkBytes = 64U << 20U;
constexpr std::uint64_t kSuperOffsetSectors = kSuperblockOffset / 512;
constexpr std::uint32_t kBitmapFeature = 1;
constexpr std::uint64_t kTimeMask =
    (std::uint64_t{1} << 40U) - 1;  // above it md keeps microseconds

// Offsets in the superblock.
constexpr std::size_t kAtMajor = 4;
constexpr std::size_t kAtFeatures = 8;
constexpr std::size_t kAtArrayUuid = 16;
constexpr std::size_t kAtName = 32;
constexpr std::size_t kAtCreated = 64;
constexpr std::size_t kAtLevel = 72;
constexpr std::size_t kAtSize = 80;
constexpr std::size_t kAtRaidDisks = 92;
constexpr std::size_t kAtBitmapOffset = 96;
constexpr std::size_t kAtDataOffset = 128;
constexpr std::size_t kAtDataSize = 136;
constexpr std::size_t kAtSuperOffset = 144;
constexpr std::size_t kAtDeviceNumber = 160;
constexpr std::size_t kAtMemberUuid = 168;
constexpr std::size_t kAtUpdated = 192;
constexpr std::size_t kAtEvents = 200;
constexpr std::size_t kAtResyncOffset = 208;
constexpr std::size_t kAtChecksum = 216;
constexpr std::size_t kAtRolesMax = 220;

void store_bytes(std::span<std::byte> bytes, std::size_t at, std::span<const std::byte> value) {
  std::copy(value.begin(), value.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

Uuid load_uuid(std::span<const std::byte> bytes, std::size_t at) {
  Uuid uuid{};
  for (std::size_t index = 0; index < uuid.size(); ++index) {
    uuid.at(index) = std::to_integer<std::uint8_t>(bytes[at + index]);
  }
  return uuid;
}

[[noreturn]] void refuse(const std::string& text, const std::string& field) {
  throw exec::Failure(exec::FailureKind::invalid, text, field);
}

void encode_superblock(const Superblock& superblock, std::span<std::byte> bytes) {
  base::store_little_endian(bytes, 0, kMagic);
  base::store_little_endian(bytes, kAtMajor, std::uint32_t{1});
  base::store_little_endian(bytes, kAtFeatures, kBitmapFeature);
  store_bytes(bytes, kAtArrayUuid, std::as_bytes(std::span(superblock.array_uuid)));
  store_bytes(bytes, kAtName, std::as_bytes(std::span(superblock.name)));
  base::store_little_endian(bytes, kAtCreated, superblock.created_s & kTimeMask);
  base::store_little_endian(bytes, kAtLevel, std::uint32_t{1});
  base::store_little_endian(bytes, kAtSize, superblock.size_sectors);
  base::store_little_endian(bytes, kAtRaidDisks, superblock.raid_disks);
  base::store_little_endian(bytes, kAtBitmapOffset,
                            static_cast<std::uint32_t>((kBitmapOffset - kSuperblockOffset) / 512));
  base::store_little_endian(bytes, kAtDataOffset, kDataOffsetSectors);
  base::store_little_endian(bytes, kAtDataSize, superblock.size_sectors);
  base::store_little_endian(bytes, kAtSuperOffset, kSuperOffsetSectors);
  base::store_little_endian(bytes, kAtDeviceNumber, superblock.device_number);
  store_bytes(bytes, kAtMemberUuid, std::as_bytes(std::span(superblock.member_uuid)));
  base::store_little_endian(bytes, kAtUpdated, superblock.updated_s & kTimeMask);
  base::store_little_endian(bytes, kAtEvents, superblock.events);
  base::store_little_endian(bytes, kAtResyncOffset, superblock.resync_offset);
  base::store_little_endian(bytes, kAtRolesMax, static_cast<std::uint32_t>(kRolesMax));
  for (std::size_t number = 0; number < kRolesMax; ++number) {
    const bool is_known = number < superblock.roles.size();
    base::store_little_endian(bytes, kFixedBytes + 2 * number,
                              is_known ? superblock.roles[number] : kRoleSpare);
  }
  base::store_little_endian(bytes, kAtChecksum, superblock_checksum(bytes));
}

void encode_bitmap(const Superblock& superblock, std::span<std::byte> bytes) {
  base::store_little_endian(bytes, 0, kBitmapMagic);
  base::store_little_endian(bytes, 4, std::uint32_t{4});  // version: little-endian bitmap
  store_bytes(bytes, 8, std::as_bytes(std::span(superblock.array_uuid)));
  base::store_little_endian(bytes, 24, superblock.events);
  base::store_little_endian(bytes, 32, superblock.events);  // events when the bitmap was last clean
  base::store_little_endian(bytes, 40, superblock.size_sectors);
  base::store_little_endian(bytes, 52, kBitmapChunkBytes);
  base::store_little_endian(bytes, 56,
                            std::uint32_t{5});  // seconds between two sweeps of the kernel
}

/// The value of a hexadecimal digit, 16 for anything else.
unsigned digit_value(char digit) {
  if (digit >= '0' && digit <= '9') {
    return static_cast<unsigned>(digit - '0');
  }
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a') + 10 : 16;
}

std::string grouped(const Uuid& uuid, std::span<const std::size_t> before, char separator) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t index = 0; index < uuid.size(); ++index) {
    if (std::find(before.begin(), before.end(), index) != before.end()) {
      text += separator;
    }
    text += kDigits[uuid.at(index) >> 4U];
    text += kDigits[uuid.at(index) & 0xfU];
  }
  return text;
}

}  // namespace

std::optional<std::uint16_t> Superblock::role() const {
  if (device_number >= roles.size() || roles[device_number] >= kRoleFaulty) {
    return std::nullopt;
  }
  return roles[device_number];
}

Superblock make_superblock(const NewMember& member) {
  constexpr std::uint32_t kRaidDisks = 2;
  if (member.partition_sectors <= kDataOffsetSectors || member.partition_sectors % 8 != 0) {
    refuse("a member needs more than 1 MiB in whole blocks of 4 KiB", "sectors");
  }
  if (member.name.empty() || member.name.size() > kNameBytesMax) {
    refuse("an array's name has 1 to 32 bytes", "name");
  }
  if (member.device_number >= kRaidDisks) {
    refuse("a member's role is 0 or 1", "role");
  }
  Superblock superblock;
  superblock.name = member.name;
  superblock.array_uuid = member.array_uuid;
  superblock.member_uuid = member.member_uuid;
  superblock.size_sectors = member.partition_sectors - kDataOffsetSectors;
  superblock.raid_disks = kRaidDisks;
  superblock.device_number = member.device_number;
  superblock.created_s = member.time_s;
  superblock.updated_s = member.time_s;
  superblock.roles.assign(kRaidDisks, kRoleSpare);
  for (const std::uint32_t number : member.active) {
    if (number >= kRaidDisks) {
      refuse("an active role is 0 or 1", "active");
    }
    superblock.roles[number] = static_cast<std::uint16_t>(number);
  }
  if (!superblock.role()) {
    refuse("a new member must itself be active", "active");
  }
  return superblock;
}

std::vector<std::byte> encode_member_head(const Superblock& superblock) {
  std::vector<std::byte> head(kMemberHeadBytes);
  const std::span<std::byte> bytes(head);
  encode_superblock(superblock,
                    bytes.subspan(kSuperblockOffset, kBitmapOffset - kSuperblockOffset));
  encode_bitmap(superblock, bytes.subspan(kBitmapOffset));
  return head;
}

std::optional<Superblock> parse_superblock(std::span<const std::byte> head) {
  if (head.size() < kParseBytes) {
    return std::nullopt;
  }
  const std::span<const std::byte> bytes = head.subspan(kSuperblockOffset, 4096);
  const auto roles = base::load_little_endian<std::uint32_t>(bytes, kAtRolesMax);
  if (base::load_little_endian<std::uint32_t>(bytes, 0) != kMagic ||
      base::load_little_endian<std::uint32_t>(bytes, kAtMajor) != 1 ||
      base::load_little_endian<std::uint64_t>(bytes, kAtSuperOffset) != kSuperOffsetSectors ||
      base::load_little_endian<std::uint32_t>(bytes, kAtLevel) != 1 ||
      roles > (4096 - kFixedBytes) / 2 ||
      base::load_little_endian<std::uint32_t>(bytes, kAtChecksum) != superblock_checksum(bytes)) {
    return std::nullopt;
  }
  Superblock superblock;
  for (std::size_t index = 0; index < kNameBytesMax; ++index) {
    const char letter = std::to_integer<char>(bytes[kAtName + index]);
    if (letter == '\0') {
      break;
    }
    superblock.name += letter;
  }
  superblock.array_uuid = load_uuid(bytes, kAtArrayUuid);
  superblock.member_uuid = load_uuid(bytes, kAtMemberUuid);
  superblock.size_sectors = base::load_little_endian<std::uint64_t>(bytes, kAtSize);
  superblock.raid_disks = base::load_little_endian<std::uint32_t>(bytes, kAtRaidDisks);
  superblock.device_number = base::load_little_endian<std::uint32_t>(bytes, kAtDeviceNumber);
  superblock.created_s = base::load_little_endian<std::uint64_t>(bytes, kAtCreated) & kTimeMask;
  superblock.updated_s = base::load_little_endian<std::uint64_t>(bytes, kAtUpdated) & kTimeMask;
  superblock.events = base::load_little_endian<std::uint64_t>(bytes, kAtEvents);
  superblock.resync_offset = base::load_little_endian<std::uint64_t>(bytes, kAtResyncOffset);
  for (std::size_t number = 0; number < roles; ++number) {
    superblock.roles.push_back(
        base::load_little_endian<std::uint16_t>(bytes, kFixedBytes + 2 * number));
  }
  return superblock;
}

std::uint64_t array_bytes(std::uint64_t partition_sectors) {
  return partition_sectors > kDataOffsetSectors ? (partition_sectors - kDataOffsetSectors) * 512
                                                : 0;
}

std::uint32_t superblock_checksum(std::span<const std::byte> bytes) {
  const std::size_t roles_bytes =
      2 * std::size_t{base::load_little_endian<std::uint32_t>(bytes, kAtRolesMax)};
  const std::size_t end = std::min(kFixedBytes + roles_bytes, bytes.size());
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + 4 <= end; at += 4) {
    sum += at == kAtChecksum ? 0 : base::load_little_endian<std::uint32_t>(bytes, at);
  }
  if (at + 2 <= end) {
    sum += base::load_little_endian<std::uint16_t>(bytes, at);  // an odd number of roles
  }
  return static_cast<std::uint32_t>((sum & 0xffffffffU) + (sum >> 32U));
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  Uuid uuid{};
  std::size_t digits = 0;
  for (const char letter : text) {
    if (letter == '-' || letter == ':') {
      continue;
    }
    const unsigned value = digit_value(letter);
    if (value > 15 || digits == 2 * uuid.size()) {
      return std::nullopt;
    }
    std::uint8_t& byte = uuid.at(digits / 2);
    byte = static_cast<std::uint8_t>(16U * byte + value);
    ++digits;
  }
  return digits == 2 * uuid.size() ? std::optional(uuid) : std::nullopt;
}

std::string to_string(const Uuid& uuid) {
  constexpr std::array<std::size_t, 4> kGroups{4, 6, 8, 10};
  return grouped(uuid, kGroups, '-');
}

std::string to_md_string(const Uuid& uuid) {
  constexpr std::array<std::size_t, 3> kGroups{4, 8, 12};
  return grouped(uuid, kGroups, ':');
}

}  // namespace ap::raid
