// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/exec/failure.h"
#include "appliance/raid/esp.h"
#include "appliance/raid/grub_environment.h"
#include "appliance/raid/mirror.h"

#include <algorithm>
#include <chrono>

namespace ap::raid {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kHeadSectors = kMemberHeadBytes / kSectorBytes;
constexpr std::size_t kBootCodeBytes = 440;
constexpr std::chrono::minutes kSlowTool{5};

/// What one step needs: the disks it was decided from and the tools.
struct Work {
  exec::Runner& runner;
  const Storage& storage;
  const fs::path& root;

  void run(std::vector<std::string> arguments) const {
    exec::Command command;
    command.arguments = std::move(arguments);
    command.timeout = kSlowTool;
    runner.require(command);
  }

  [[nodiscard]] fs::path device(const Array& array) const { return root / "dev" / array.kernel; }

  void settle() const { run({"udevadm", "settle", "--timeout=60"}); }
};

const Disk& disk_of(const Storage& storage, const std::string& serial) {
  const Disk* disk = storage.by_serial(serial);
  if (disk == nullptr) {
    throw exec::Failure(exec::FailureKind::not_found, "no disk with the serial number " + serial);
  }
  return *disk;
}

/// The disk whose layout and boot files the others take.
const Disk& source_for(const Storage& storage, const Disk& target, bool must_boot) {
  for (const bool wants_own : {true, false}) {
    for (const Disk& disk : storage.disks) {
      if (&disk != &target && disk.role == DiskRole::member && disk.is_own == wants_own &&
          disk.table && (!must_boot || disk.is_bootable)) {
        return disk;
      }
    }
  }
  throw exec::Failure(exec::FailureKind::failed, "no disk of the mirror to copy from");
}

/// Erases what would be found at the start and the end of a partition that is about to exist: old
/// metadata of md or a file system must not come back to life with it.
void erase_ends(BlockFile& file, const Partition& partition) {
  const std::uint64_t head = std::min(kHeadSectors, partition.sectors);
  file.zero(partition.offset(), head * kSectorBytes);
  file.zero((partition.end_sector() - head) * kSectorBytes, head * kSectorBytes);
}

void check_fits(const Disk& disk, std::uint64_t end_sector) {
  if (end_sector > usable_end_sector(disk.sectors)) {
    throw exec::Failure(exec::FailureKind::refused,
                        "disk " + disk.serial + " is too small for this mirror: it has " +
                            std::to_string(disk.sectors / kSectorsPerMebibyte) + " MiB, " +
                            std::to_string(end_sector / kSectorsPerMebibyte + 1) + " are needed");
  }
}

void write_own_table(const Disk& disk) {
  PartitionTable table = disk.require_table();
  const Partition* esp = table.find("esp");
  if ((esp->attributes & kOwnIdentity) == 0) {
    renew_guids(table);
  }
  std::uint64_t flags = kOwnIdentity;
  const fs::path device = disk.partition_device("esp");
  if (read_grub_environment(BlockFile(device, BlockFile::Access::read), 0)) {
    flags |= kBootable;
  }
  table.find("esp")->attributes |= flags;
  BlockFile file(disk.device, BlockFile::Access::write);
  write_partition_table(file, table);
}

void write_adopted_table(const Storage& storage, const Disk& disk) {
  PartitionTable table = source_for(storage, disk, false).require_table();
  check_fits(disk, table.partitions.back().end_sector());
  table.disk_sectors = disk.sectors;
  table.entries_sector = 0;
  renew_guids(table);
  table.find("esp")->attributes = (table.find("esp")->attributes & ~kBootable) | kOwnIdentity;
  BlockFile file(disk.device, BlockFile::Access::write);
  for (const Partition& partition : table.partitions) {
    erase_ends(file, partition);
  }
  file.sync();
  write_partition_table(file, table);
}

/// The size all partitions `data` share: that of the one that is there, else the smallest rest.
std::uint64_t shared_data_sectors(const Storage& storage, std::uint64_t first_sector) {
  std::uint64_t sectors = ~std::uint64_t{0};
  for (const Disk& disk : storage.disks) {
    if (disk.role != DiskRole::member || !disk.table) {
      continue;
    }
    if (const Partition* data = disk.partition(kData)) {
      return data->sectors;
    }
    sectors = std::min(sectors, data_sectors(disk.sectors, first_sector));
  }
  return sectors;
}

void add_data_partition(const Storage& storage, const Disk& disk) {
  PartitionTable table = disk.require_table();
  Partition data;
  data.number = table.partitions.back().number + 1;
  data.type = kTypeRaid;
  data.label = kData;
  const std::uint64_t end = table.partitions.back().end_sector();
  data.first_sector = (end + kSectorsPerMebibyte - 1) / kSectorsPerMebibyte * kSectorsPerMebibyte;
  data.sectors = shared_data_sectors(storage, data.first_sector);
  check_fits(disk, data.end_sector());
  const bool is_finished =
      std::any_of(storage.disks.begin(), storage.disks.end(), [](const Disk& other) {
        const Partition* there = other.partition(kData);
        return other.role == DiskRole::member && there != nullptr &&
               (there->attributes & kPreparing) == 0;
      });
  data.attributes = is_finished ? 0 : kPreparing;
  PartitionTable fresh = table;
  fresh.partitions.push_back(data);
  renew_guids(fresh);
  data.guid = fresh.partitions.back().guid;
  table.partitions.push_back(data);
  BlockFile file(disk.device, BlockFile::Access::write);
  erase_ends(file, data);
  file.sync();
  write_partition_table(file, table);
}

std::vector<const Disk*> disks_with(const Storage& storage, const std::string& label,
                                    bool as_member) {
  std::vector<const Disk*> disks;
  for (const Disk& disk : storage.disks) {
    const bool is_there = disk.role == DiskRole::member && disk.partition(label) != nullptr &&
                          (!as_member || disk.members.count(label) > 0);
    if (is_there) {
      disks.push_back(&disk);
    }
  }
  return disks;
}

void start_array(const Work& work, const std::string& name) {
  const auto listed =
      std::find_if(work.storage.arrays.begin(), work.storage.arrays.end(),
                   [&](const Array& array) { return array.name == name && !array.kernel.empty(); });
  if (listed != work.storage.arrays.end()) {  // assembled, but waiting for its other half
    work.run({"mdadm", "--run", work.device(*listed).string()});
  } else {
    std::vector<std::string> arguments{"mdadm", "--assemble", "--run", "/dev/md/" + name};
    for (const Disk* disk : disks_with(work.storage, name, true)) {
      arguments.push_back(disk->partition_device(name).string());
    }
    work.run(arguments);
  }
  work.settle();
}

void create_data(const Work& work) {
  const std::string name(kData);
  std::vector<std::string> arguments{"mdadm",
                                     "--create",
                                     "/dev/md/" + name,
                                     "--run",
                                     "--metadata=1.2",
                                     "--level=1",
                                     "--raid-devices=2",
                                     "--bitmap=internal",
                                     "--homehost=" + std::string(kArrayHost),
                                     "--name=" + name};
  const auto disks = disks_with(work.storage, name, false);
  for (std::size_t index = 0; index < 2; ++index) {
    arguments.push_back(index < disks.size() ? disks[index]->partition_device(name).string()
                                             : "missing");
  }
  work.run(arguments);
  work.settle();
}

/// Notes that `data` is finished; from then on nothing ever makes a file system there again.
void finish_data(const Disk& disk) {
  PartitionTable table = disk.require_table();
  table.find(kData)->attributes &= ~kPreparing;
  BlockFile file(disk.device, BlockFile::Access::write);
  write_partition_table(file, table);
}

void make_files(const Work& work) {
  const Array* data = work.storage.active(kData);
  const fs::path device = work.device(*data);
  work.run({"mkfs.ext4", "-F", "-q", "-L", std::string(kData), "-m", "1", "-E", "nodiscard",
            device.string()});
  BlockFile(device, BlockFile::Access::write).sync();
  for (const Disk* disk : disks_with(work.storage, std::string(kData), false)) {
    finish_data(*disk);
  }
  work.settle();
}

void add_member(const Work& work, const Disk& disk, const std::string& name) {
  const Array* array = work.storage.active(name);
  const fs::path partition = disk.partition_device(name);
  const bool is_faulty = std::any_of(
      array->members.begin(), array->members.end(),
      [&](const Member& member) { return member.partition == partition.filename().string(); });
  if (is_faulty) {
    work.run({"mdadm", "--manage", work.device(*array).string(), "--remove", partition.string()});
  }
  work.run({"mdadm", "--manage", work.device(*array).string(), "--add", partition.string()});
}

void copy_boot_files(const Work& work, const Disk& disk) {
  const Disk& source = source_for(work.storage, disk, true);
  const Partition* bios = source.require_table().find("bios");
  const BlockFile from(source.device, BlockFile::Access::read);
  BlockFile file(disk.device, BlockFile::Access::write);
  file.write(bios->offset(), from.read(bios->offset(), bios->sectors * kSectorBytes));
  copy_esp(work.runner, {source.partition_device("esp"), 0}, {disk.partition_device("esp"), 0},
           work.root / "run/bristle/esp-copy");
  auto sector = file.read(0, kSectorBytes);
  const auto boot_code = from.read(0, kBootCodeBytes);
  std::copy(boot_code.begin(), boot_code.end(), sector.begin());
  file.write(0, sector);
  file.sync();
  PartitionTable table = disk.require_table();
  table.find("esp")->attributes |= kBootable;
  write_partition_table(file, table);
}

}  // namespace

void apply(exec::Runner& runner, const Storage& storage, const Step& step, const fs::path& root) {
  const Work work{runner, storage, root};
  const auto disk = [&]() -> const Disk& { return disk_of(storage, step.serial); };
  switch (step.kind) {
    case StepKind::own_table:
      write_own_table(disk());
      work.settle();
      break;
    case StepKind::adopt_table:
      write_adopted_table(storage, disk());
      work.settle();
      break;
    case StepKind::tell_kernel:
      work.run({"partx", "--update", disk().device.string()});
      work.settle();
      break;
    case StepKind::data_partition:
      add_data_partition(storage, disk());
      work.settle();
      break;
    case StepKind::start_array:
      start_array(work, step.array);
      break;
    case StepKind::create_data:
      create_data(work);
      break;
    case StepKind::make_files:
      make_files(work);
      break;
    case StepKind::finish_data:
      finish_data(disk());
      work.settle();
      break;
    case StepKind::add_member:
      add_member(work, disk(), step.array);
      work.settle();
      break;
    case StepKind::boot_files:
      copy_boot_files(work, disk());
      work.settle();
      break;
  }
}

}  // namespace ap::raid
