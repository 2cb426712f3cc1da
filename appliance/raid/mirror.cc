// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/mirror.h"

#include "appliance/exec/failure.h"

#include <algorithm>
#include <array>

namespace ap::raid {
namespace {

constexpr std::array kArrays{kData, kRootA, kRootB};

using Disks = std::vector<const Disk*>;

[[noreturn]] void refuse(const std::string& text) {
  throw exec::Failure(exec::FailureKind::refused, text);
}

std::string called(const Disk& disk) { return "disk " + disk.serial; }

Disks mirror(const Storage& storage, const Scope& scope) {
  Disks disks;
  for (const bool is_own : {true, false}) {
    for (const Disk& disk : storage.disks) {
      const bool is_taken = disk.role == DiskRole::member ||
                            (disk.role == DiskRole::blank && scope.adopt.count(disk.serial) > 0);
      if (disk.is_own == is_own && is_taken && scope.leave.count(disk.serial) == 0) {
        disks.push_back(&disk);
      }
    }
  }
  return disks;
}

bool is_preparing(const Disk& disk) {
  const Partition* data = disk.partition(kData);
  return data != nullptr && (data->attributes & kPreparing) != 0;
}

/// Whether some disk says that `data` is finished.
bool is_data_finished(const Disks& disks) {
  return std::any_of(disks.begin(), disks.end(), [](const Disk* disk) {
    return disk->partition(kData) != nullptr && !is_preparing(*disk);
  });
}

const Member* member_of(const Array& array, const Disk& disk, std::string_view label) {
  const Partition* partition = disk.partition(label);
  const auto name = partition == nullptr ? disk.kernel_partitions.end()
                                         : disk.kernel_partitions.find(partition->number);
  const auto found =
      std::find_if(array.members.begin(), array.members.end(), [&](const Member& member) {
        return name != disk.kernel_partitions.end() && member.partition == name->second;
      });
  return found == array.members.end() ? nullptr : &*found;
}

/// Tables of their own and partitions for all, before any of them gets `data`: its size is that of
/// the smallest disk.
std::optional<Step> table_step(const Disks& disks) {
  for (const Disk* disk : disks) {
    if (disk->role == DiskRole::blank) {
      return Step{StepKind::adopt_table, disk->serial, "",
                  "give " + called(*disk) + " the mirror's partitions and its own identities"};
    }
    const PartitionTable& table = disk->require_table();
    const bool is_own_identity = (table.find("esp")->attributes & kOwnIdentity) != 0;
    if (disk->is_own && (!is_own_identity || !table.is_backup_at_end)) {
      return Step{StepKind::own_table, disk->serial, "",
                  "give " + called(*disk) + " its own identities and both copies of its table"};
    }
  }
  for (const Disk* disk : disks) {
    if (disk->kernel_partitions.size() != disk->require_table().partitions.size()) {
      return Step{StepKind::tell_kernel, disk->serial, "",
                  "tell the kernel the partitions of " + called(*disk)};
    }
  }
  return std::nullopt;
}

std::optional<Step> data_partition_step(const Disks& disks, const Scope& scope) {
  for (const Disk* disk : disks) {
    if (disk->partition(kData) == nullptr && (scope.may_create_data || is_data_finished(disks))) {
      return Step{StepKind::data_partition, disk->serial, "",
                  "make the rest of " + called(*disk) + " the partition data"};
    }
  }
  return std::nullopt;
}

std::optional<Step> data_step(const Storage& storage, const Disks& disks, const Scope& scope) {
  const Array* data = storage.active(kData);
  const bool has_members = std::any_of(disks.begin(), disks.end(), [](const Disk* disk) {
    return disk->members.count(std::string(kData)) > 0;
  });
  if (data == nullptr && has_members) {
    return Step{StepKind::start_array, "", std::string(kData), "start the array data"};
  }
  if (data == nullptr && is_data_finished(disks)) {
    refuse("the partition data is there, but its array is gone");
  }
  if (!scope.may_create_data) {
    return std::nullopt;
  }
  if (data == nullptr) {
    return Step{StepKind::create_data, "", std::string(kData), "create the array data"};
  }
  if (!is_data_finished(disks)) {
    return Step{StepKind::make_files, "", std::string(kData), "make the file system of data"};
  }
  for (const Disk* disk : disks) {
    if (is_preparing(*disk)) {
      return Step{StepKind::finish_data, disk->serial, "",
                  "note on " + called(*disk) + " that data is finished"};
    }
  }
  return std::nullopt;
}

std::optional<Step> member_step(const Storage& storage, const Disks& disks) {
  for (const std::string_view name : kArrays) {
    const Array* array = storage.active(name);
    const bool has_members = std::any_of(disks.begin(), disks.end(), [&](const Disk* disk) {
      return disk->members.count(std::string(name)) > 0;
    });
    if (array == nullptr && has_members) {
      return Step{StepKind::start_array, "", std::string(name),
                  "start the array " + std::string(name)};
    }
    for (const Disk* disk : disks) {
      const Member* member = array == nullptr ? nullptr : member_of(*array, *disk, name);
      const bool is_in = member != nullptr && member->state != MemberState::faulty;
      if (array != nullptr && !is_in && disk->partition(name) != nullptr) {
        return Step{StepKind::add_member, disk->serial, std::string(name),
                    "add " + called(*disk) + " to the array " + std::string(name) +
                        "; its content is copied in the background"};
      }
    }
  }
  return std::nullopt;
}

std::optional<Step> boot_step(const Disks& disks) {
  const bool has_source =
      std::any_of(disks.begin(), disks.end(), [](const Disk* disk) { return disk->is_bootable; });
  for (const Disk* disk : disks) {
    if (has_source && !disk->is_bootable) {
      return Step{StepKind::boot_files, disk->serial, "",
                  "make " + called(*disk) + " bootable: boot code and ESP"};
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> mirror_disks(const Storage& storage, const Scope& scope) {
  std::vector<std::string> serials;
  for (const Disk* disk : mirror(storage, scope)) {
    serials.push_back(disk->serial);
  }
  return serials;
}

std::optional<std::string> adoptable(const Storage& storage) {
  std::vector<std::string> blank;
  std::size_t members = 0;
  for (const Disk& disk : storage.disks) {
    if (disk.role == DiskRole::blank) {
      blank.push_back(disk.serial);
    }
    members += disk.role == DiskRole::member ? 1 : 0;
  }
  return members == 1 && blank.size() == 1 ? std::optional(blank.front()) : std::nullopt;
}

std::optional<Step> next_step(const Storage& storage, const Scope& scope) {
  for (const Disk& disk : storage.disks) {
    if (disk.is_own && disk.is_twin) {
      refuse("two disks are copies of each other, byte by byte (" + called(disk) +
             "): erase one of them, then it is adopted");
    }
  }
  const Disks disks = mirror(storage, scope);
  if (disks.empty() || !disks.front()->is_own) {
    refuse("the disk that / is on was not found");
  }
  if (auto step = table_step(disks)) {
    return step;
  }
  if (auto step = data_partition_step(disks, scope)) {
    return step;
  }
  if (auto step = data_step(storage, disks, scope)) {
    return step;
  }
  if (auto step = member_step(storage, disks)) {
    return step;
  }
  return boot_step(disks);
}

}  // namespace ap::raid
