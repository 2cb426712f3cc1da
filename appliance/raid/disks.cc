// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/disks.h"

#include "appliance/exec/failure.h"
#include "appliance/raid/grub_environment.h"
#include "appliance/raid/sysfs.h"

#include <algorithm>
#include <array>
#include <sstream>

namespace ap::raid {
namespace {

namespace fs = std::filesystem;

constexpr std::array kArrays{kRootA, kRootB, kData};

std::string short_name(const std::string& name) {
  return name.substr(name.find(':') == std::string::npos ? 0 : name.find(':') + 1);
}

bool has_our_labels(const Disk& disk) {
  constexpr std::array<std::string_view, 4> kLabels{"bios", "esp", kRootA, kRootB};
  return std::all_of(kLabels.begin(), kLabels.end(),
                     [&](std::string_view label) { return disk.partition(label) != nullptr; });
}

/// Table, members and boot sector of one disk.
void read_content(Disk& disk) {
  const BlockFile file(disk.device, BlockFile::Access::read);
  disk.table = read_partition_table(file);
  const Partition* esp = disk.partition("esp");
  if (esp == nullptr || !has_our_labels(disk)) {
    return;
  }
  for (const std::string_view label : kArrays) {
    const Partition* partition = disk.partition(label);
    if (partition == nullptr || partition->end_sector() > disk.sectors) {
      continue;
    }
    // Members lie at whole mebibytes, so the metadata can be read around the cache, as md writes
    // it.
    const auto head = read_uncached(disk.device, partition->offset(), kParseBytes);
    if (auto superblock = parse_superblock(head)) {
      disk.members.emplace(label, std::move(*superblock));
    }
  }
  const auto name = disk.kernel_partitions.find(esp->number);
  disk.is_bootable =
      (esp->attributes & kBootable) != 0 && name != disk.kernel_partitions.end() &&
      read_grub_environment(
          BlockFile(disk.device.parent_path() / name->second, BlockFile::Access::read), 0);
}

/// What wipefs finds, as types (`gpt, PMBR`); empty when nothing.
std::string signatures(exec::Runner& runner, const fs::path& device) {
  // 0x200,UUID,LABEL,gpt: one line each, perhaps behind a comment
  const std::string output =
      runner.require({{"wipefs", "--no-act", "--parsable", device.string()}, {}, {}});
  std::string found;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const std::string type = line.substr(line.rfind(',') + 1);
    if (!line.starts_with('#') && found.find(type) == std::string::npos) {
      found += (found.empty() ? "" : ", ") + type;
    }
  }
  return found;
}

/// What a disk that is not ours holds, in words; empty when it is blank.
std::string found_on(exec::Runner& runner, const fs::path& root, const Disk& disk) {
  std::string found;
  for (const auto& [number, name] : disk.kernel_partitions) {
    const std::string content = found_by_udev(root, name);
    found += (found.empty() ? "" : ", ") + name + (content.empty() ? "" : " " + content);
  }
  const std::string types = signatures(runner, disk.device);
  return found + (found.empty() || types.empty() ? "" : ", ") + types;
}

/// The arrays' UUIDs of this server, by name: those the kernel runs, else those of its disks.
using ArrayUuids = std::map<std::string, Uuid, std::less<>>;

/// Names the array after what partition `number` of `disk` says of itself.
void name_array(Array& array, const Disk& disk, std::uint32_t number, ArrayUuids& uuids) {
  for (const auto& [label, superblock] : disk.members) {
    const Partition* partition = disk.partition(label);
    if (partition != nullptr && partition->number == number) {
      array.name = short_name(superblock.name);
      uuids.emplace(array.name, superblock.array_uuid);
    }
  }
}

/// Finds the member among the partitions of `disk`.
void place_member(Array& array, Member& member, const Disk& disk, ArrayUuids& uuids) {
  for (const auto& [number, name] : disk.kernel_partitions) {
    if (name == member.partition) {
      member.disk = disk.name;
      member.serial = disk.serial;
      name_array(array, disk, number, uuids);
    }
  }
}

void name_arrays(std::vector<Array>& arrays, const std::vector<Disk>& disks, ArrayUuids& uuids) {
  for (Array& array : arrays) {
    for (Member& member : array.members) {
      for (const Disk& disk : disks) {
        place_member(array, member, disk, uuids);
      }
    }
  }
}

bool is_in_sync(const Array& array, const Disk& disk) {
  return std::any_of(array.members.begin(), array.members.end(), [&](const Member& member) {
    return member.disk == disk.name && member.state == MemberState::in_sync;
  });
}

/// Whether both carry the same member of the same array.
bool share_a_member(const Disk& left, const Disk& right) {
  return std::any_of(left.members.begin(), left.members.end(), [&](const auto& member) {
    const auto& [label, superblock] = member;
    const auto other = right.members.find(label);
    return other != right.members.end() && other->second.member_uuid == superblock.member_uuid &&
           other->second.array_uuid == superblock.array_uuid;
  });
}

void mark_twins(std::vector<Disk>& disks) {
  for (Disk& left : disks) {
    for (Disk& right : disks) {
      if (&left != &right && share_a_member(left, right)) {
        left.is_twin = right.is_twin = true;
      }
    }
  }
}

/// Why a disk with our labels is not ours; empty when it is.
std::string not_ours(const fs::path& root, const Disk& disk, const ArrayUuids& uuids) {
  for (const std::string_view label : kArrays) {
    const Partition* partition = disk.partition(label);
    const auto member = disk.members.find(label);
    if (partition == nullptr) {
      continue;
    }
    if (member != disk.members.end()) {
      const auto ours = uuids.find(label);
      if (ours != uuids.end() && ours->second != member->second.array_uuid) {
        return "belongs to another Bristle server (array " +
               to_md_string(member->second.array_uuid) + ")";
      }
      continue;
    }
    const auto name = disk.kernel_partitions.find(partition->number);
    const std::string content =
        name == disk.kernel_partitions.end() ? "" : found_by_udev(root, name->second);
    if (!content.empty()) {
      return "has data: " + name->second + " " + content;
    }
  }
  return {};
}

void classify(exec::Runner& runner, const fs::path& root, Disk& disk, const ArrayUuids& uuids) {
  if (disk.is_twin) {
    disk.text = "is a copy of another disk, byte by byte";
    disk.role = disk.is_own ? DiskRole::member : DiskRole::foreign;
    return;
  }
  if (has_our_labels(disk)) {
    disk.text = disk.is_own ? "" : not_ours(root, disk, uuids);
    disk.role = disk.text.empty() ? DiskRole::member : DiskRole::foreign;
    return;
  }
  const std::string found = found_on(runner, root, disk);
  disk.role = found.empty() ? DiskRole::blank : DiskRole::foreign;
  disk.text = found.empty() ? "is blank" : "has data: " + found;
}

}  // namespace

const Partition* Disk::partition(std::string_view label) const {
  return table ? table->find(label) : nullptr;
}

const PartitionTable& Disk::require_table() const {
  if (!table) {
    throw exec::Failure(exec::FailureKind::failed, "disk " + serial + " has no partition table");
  }
  return *table;
}

fs::path Disk::partition_device(std::string_view label) const {
  const Partition* there = partition(label);
  const auto found =
      there == nullptr ? kernel_partitions.end() : kernel_partitions.find(there->number);
  if (found == kernel_partitions.end()) {
    throw exec::Failure(exec::FailureKind::failed,
                        "disk " + serial + " has no partition " + std::string(label));
  }
  return device.parent_path() / found->second;
}

const Array* Storage::active(std::string_view name) const {
  const auto found = std::find_if(arrays.begin(), arrays.end(), [&](const Array& array) {
    return array.name == name && array.is_active;
  });
  return found == arrays.end() ? nullptr : &*found;
}

const Disk* Storage::by_serial(std::string_view serial) const {
  const auto found = std::find_if(disks.begin(), disks.end(),
                                  [&](const Disk& disk) { return disk.serial == serial; });
  return found == disks.end() ? nullptr : &*found;
}

Storage read_storage(exec::Runner& runner, const fs::path& root) {
  Storage storage;
  storage.disks = list_disks(root);
  std::vector<Array> found = list_arrays(root);
  std::set<std::string> unreadable;
  for (Disk& disk : storage.disks) {
    try {
      read_content(disk);
    } catch (const exec::Failure& failure) {  // one bad disk must not hide the others
      disk.text = failure.what();
      unreadable.insert(disk.name);
    }
  }
  ArrayUuids uuids;
  name_arrays(found, storage.disks, uuids);
  mark_twins(storage.disks);
  const std::string mounted = root_device(root);
  for (const Array& array : found) {
    for (Disk& disk : storage.disks) {
      disk.is_own = disk.is_own || (array.kernel == mounted && is_in_sync(array, disk));
    }
  }
  for (Disk& disk : storage.disks) {
    if (unreadable.count(disk.name) == 0) {
      classify(runner, root, disk, uuids);
    }
  }
  for (const std::string_view name : kArrays) {
    Array array;
    array.name = name;
    const auto match = std::find_if(found.begin(), found.end(),
                                    [&](const Array& each) { return each.name == name; });
    storage.arrays.push_back(match == found.end() ? array : *match);
  }
  return storage;
}

}  // namespace ap::raid
