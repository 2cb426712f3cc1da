// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/flash/flash.h"

#include "appliance/raid/block_file.h"
#include "appliance/raid/disks.h"
#include "appliance/raid/esp.h"
#include "appliance/raid/partition_table.h"
#include "appliance/raid/superblock.h"
#include "dataplane/base/crc32c.h"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <optional>
#include <span>

namespace ap::flash {
namespace {

using exec::Failure;
using exec::FailureKind;
using raid::BlockFile;

bool is_zero(std::span<const std::byte> block) {
  return std::all_of(block.begin(), block.end(),
                     [](std::byte byte) { return byte == std::byte{}; });
}

std::uint32_t checksum(std::span<const std::byte> block) { return base::crc32c(block); }

/// An empty sparse file of the same size.
void empty_file(const Target& target) {
  std::filesystem::resize_file(target.path, 0);
  std::filesystem::resize_file(target.path, target.bytes);
}

/// Reads everything back and compares; `blocks` holds the checksum of each block of the image.
void verify(const Target& target, std::uint64_t image_bytes,
            const std::vector<std::uint32_t>& blocks, const Progress& progress) {
  BlockFile disk(target.path, BlockFile::Access::read);
  disk.forget_cache();
  std::vector<std::byte> buffer(kBlockBytes);
  for (std::size_t index = 0; index < blocks.size(); ++index) {
    const std::uint64_t offset = index * kBlockBytes;
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(kBlockBytes, image_bytes - offset));
    const auto block = std::span(buffer).first(count);
    disk.read(offset, block);
    if (checksum(block) != blocks[index]) {
      throw Failure(FailureKind::failed, target.path.string() +
                                             " returned other bytes than were written, at offset " +
                                             std::to_string(offset) + "; the disk is not usable");
    }
    progress("Reading back " + target.path.string(),
             static_cast<double>(index + 1) / static_cast<double>(blocks.size()));
  }
}

raid::PartitionTable require_table(const BlockFile& disk) {
  auto table = raid::read_partition_table(disk);
  if (!table || table->find("esp") == nullptr || table->find(raid::kRootA) == nullptr ||
      table->find(raid::kRootB) == nullptr) {
    throw Failure(FailureKind::invalid, "the image is not one of Bristle", "image");
  }
  return *std::move(table);
}

/// The member of the array in `partition`, as device `number` of the `count` that are there.
void stamp_member(BlockFile& disk, const raid::Partition& partition,
                  const raid::NewMember& member) {
  const auto head = raid::encode_member_head(raid::make_superblock(member));
  disk.write(partition.offset(), head);
  disk.sync();
  const auto written = raid::parse_superblock(disk.read(partition.offset(), raid::kParseBytes));
  if (!written || written->member_uuid != member.member_uuid) {
    throw Failure(FailureKind::failed,
                  disk.path().string() + " did not keep the metadata of " + partition.label);
  }
}

}  // namespace

void write_image(ImageReader& image, const std::vector<Target>& targets, const Progress& progress) {
  std::vector<BlockFile> disks;
  for (const auto& target : targets) {
    if (target.is_file) {
      empty_file(target);
    }
    disks.emplace_back(target.path, BlockFile::Access::write);
  }
  std::vector<std::byte> buffer(kBlockBytes);
  std::vector<std::uint32_t> checksums;
  std::uint64_t offset = 0;
  for (std::size_t count = image.read(buffer); count > 0; count = image.read(buffer)) {
    const auto block = std::span<const std::byte>(buffer).first(count);
    checksums.push_back(checksum(block));
    for (std::size_t index = 0; index < disks.size(); ++index) {
      if (!targets[index].is_file || !is_zero(block)) {
        disks[index].write(offset, block);
      }
    }
    offset += count;
    progress("Writing", static_cast<double>(offset) / static_cast<double>(image.bytes()));
  }
  if (offset != image.bytes()) {
    throw Failure(FailureKind::failed, "the image ended after " + std::to_string(offset) + " of " +
                                           std::to_string(image.bytes()) + " bytes");
  }
  for (std::size_t index = 0; index < disks.size(); ++index) {
    progress("Flushing " + targets[index].path.string(), 0);
    disks[index].sync();
    verify(targets[index], image.bytes(), checksums, progress);
  }
}

void stamp(const std::vector<Target>& targets, std::uint64_t time_s) {
  constexpr std::array kArrays{raid::kRootA, raid::kRootB};
  std::array<raid::Uuid, kArrays.size()> array_uuids{};
  std::generate(array_uuids.begin(), array_uuids.end(), raid::random_uuid);
  std::vector<std::uint32_t> active(targets.size());
  std::iota(active.begin(), active.end(), 0U);
  for (const auto number : active) {
    BlockFile disk(targets[number].path, BlockFile::Access::write);
    auto table = require_table(disk);
    raid::renew_guids(table);
    table.find("esp")->attributes |= raid::kOwnIdentity | raid::kBootable;
    raid::write_partition_table(disk, table);
    for (std::size_t index = 0; index < kArrays.size(); ++index) {
      const auto& partition = *table.find(kArrays.at(index));
      raid::NewMember member;
      member.name = std::string(raid::kArrayHost) + ":" + partition.label;
      member.array_uuid = array_uuids.at(index);
      member.member_uuid = raid::random_uuid();
      member.partition_sectors = partition.sectors;
      member.device_number = number;
      member.active = active;
      member.time_s = time_s;
      stamp_member(disk, partition, member);
    }
  }
}

void write_seed(exec::Runner& runner, const std::vector<Target>& targets, const Seed& seed) {
  for (const auto& target : targets) {
    std::optional<raid::PartitionTable> table;
    {
      const BlockFile disk(target.path, BlockFile::Access::read);
      table = require_table(disk);
    }
    const raid::Esp esp{target.path, table->find("esp")->offset()};
    if (!seed.settings.empty()) {
      raid::write_esp_file(runner, esp, "/bristle/seed.toml", seed.settings);
    }
    if (!seed.authorized_keys.empty()) {
      raid::write_esp_file(runner, esp, "/bristle/authorized_keys", seed.authorized_keys);
    }
    BlockFile(target.path, BlockFile::Access::write).sync();
  }
}

}  // namespace ap::flash
