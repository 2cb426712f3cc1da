// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/raid.h"

#include "appliance/exec/failure.h"
#include "appliance/raid/mirror.h"
#include "appliance/raid/sysfs.h"

#include <algorithm>
#include <fstream>
#include <utility>

namespace ap::raid {
namespace {

constexpr std::size_t kStepsMax = 32;

[[noreturn]] void fail(exec::FailureKind kind, const std::string& text) {
  throw exec::Failure(kind, text, "argument");
}

const Disk& disk_to_adopt(const Storage& storage, const std::string& serial) {
  const Disk* disk = storage.by_serial(serial);
  if (serial.empty() || disk == nullptr) {
    fail(exec::FailureKind::not_found, "There is no disk with the serial number " + serial + ".");
  }
  if (disk->role == DiskRole::foreign) {
    fail(exec::FailureKind::refused, "Disk " + serial + " " + disk->text +
                                         ". Only a blank disk is adopted; erase it first if its "
                                         "content is not needed.");
  }
  const auto members = static_cast<std::size_t>(std::count_if(
      storage.disks.begin(), storage.disks.end(),
      [&](const Disk& other) { return other.role == DiskRole::member && other.serial != serial; }));
  if (members > 1) {
    fail(exec::FailureKind::refused, "The mirror already has two disks.");
  }
  return *disk;
}

const Array& array_to_scrub(const Storage& storage, const std::string& name) {
  const Array* array = storage.active(name);
  if (array == nullptr) {
    fail(exec::FailureKind::not_found, "There is no running array " + name + ".");
  }
  if (array->state == ArrayState::degraded) {
    fail(exec::FailureKind::refused,
         "The array " + name + " has one disk only: there is nothing to compare.");
  }
  if (array->sync.action != "idle") {
    fail(exec::FailureKind::refused,
         "The array " + name + " is busy (" + array->sync.action + "). Try again when it is done.");
  }
  return *array;
}

[[noreturn]] void refuse_action(std::string_view action) {
  throw exec::Failure(exec::FailureKind::invalid,
                      "There is no action " + std::string(action) + ": adopt or scrub.", "action");
}

Plan plan_adoption(const Storage& storage, const Disk& disk) {
  Plan plan;
  const std::string called = "disk " + disk.serial;
  if (disk.role == DiskRole::blank) {
    plan.steps.push_back("Give " + called + " (" + disk.model +
                         ") the partitions of the mirror, with identities of its own");
  }
  if (!disk.is_bootable) {
    plan.steps.push_back("Copy boot code and boot files, so that the server starts from " + called +
                         " too");
  }
  for (const Array& array : storage.arrays) {
    const bool is_in =
        std::any_of(array.members.begin(), array.members.end(), [&](const Member& member) {
          return member.serial == disk.serial && member.state != MemberState::faulty;
        });
    if (array.is_active && !is_in) {
      plan.steps.push_back("Add " + called + " to the array " + array.name +
                           "; its content is copied in the background");
    }
  }
  if (plan.steps.empty()) {
    fail(exec::FailureKind::refused, "Disk " + disk.serial + " is already part of the mirror.");
  }
  plan.warnings.push_back("Everything on disk " + disk.serial + " is overwritten.");
  return plan;
}

}  // namespace

Raid::Raid(exec::Runner& runner, std::filesystem::path root)
    : runner_(runner), root_(std::move(root)) {}

Storage Raid::describe() const { return read_storage(runner_, root_); }

Plan Raid::plan(std::string_view action, const std::string& argument) const {
  const Storage storage = describe();
  if (action == "adopt") {
    return plan_adoption(storage, disk_to_adopt(storage, argument));
  }
  if (action == "scrub") {
    const Array& array = array_to_scrub(storage, argument);
    return {{"Read both disks of the array " + array.name + " and compare them"},
            {"Reading takes disk time; capture goes first and the comparison waits for it."}};
  }
  refuse_action(action);
}

std::string Raid::act(std::string_view action, const std::string& argument,
                      const Progress& progress) {
  static_cast<void>(plan(action, argument));
  return action == "adopt" ? adopt(argument, progress) : scrub(argument, progress);
}

std::string Raid::adopt(const std::string& serial, const Progress& progress) {
  const bool was_blank = disk_to_adopt(describe(), serial).role == DiskRole::blank;
  Scope scope;
  scope.adopt.insert(serial);
  std::optional<Step> before;
  try {
    for (std::size_t count = 0; count < kStepsMax; ++count) {
      const Storage storage = describe();
      const auto step = next_step(storage, scope);
      if (!step) {
        return "Disk " + serial + " is part of the mirror; its content is being copied.";
      }
      if (step == before) {
        fail(exec::FailureKind::failed, "This step had no effect: " + step->text + ".");
      }
      progress(static_cast<double>(count) / kStepsMax, step->text);
      apply(runner_, storage, *step, root_);
      before = step;
    }
  } catch (const exec::Failure&) {  // the way back; the failure itself goes on to the caller
    release(serial, was_blank);
    throw;
  }
  fail(exec::FailureKind::failed, "Adopting disk " + serial + " did not come to an end.");
}

/// Takes a disk out of every array it joined and makes it blank again if it was.
void Raid::release(const std::string& serial, bool was_blank) {
  const Storage storage = describe();
  const Disk* disk = storage.by_serial(serial);
  if (!was_blank || disk == nullptr || disk->role != DiskRole::member || disk->is_own) {
    return;
  }
  for (const Array& array : storage.arrays) {
    for (const Member& member : array.members) {
      if (member.serial == serial) {
        const std::string device = (root_ / "dev" / array.kernel).string();
        const std::string partition = (root_ / "dev" / member.partition).string();
        static_cast<void>(
            runner_.run({{"mdadm", "--manage", device, "--fail", partition}, {}, {}}));
        static_cast<void>(
            runner_.run({{"mdadm", "--manage", device, "--remove", partition}, {}, {}}));
      }
    }
  }
  BlockFile file(disk->device, BlockFile::Access::write);
  for (const Partition& partition : disk->require_table().partitions) {
    file.zero(partition.offset(), kMemberHeadBytes);
  }
  file.zero(0, kMemberHeadBytes);
  file.zero(usable_end_sector(disk->sectors) * kSectorBytes,
            (disk->sectors - usable_end_sector(disk->sectors)) * kSectorBytes);
  file.sync();
  static_cast<void>(runner_.run({{"partx", "--delete", disk->device.string()}, {}, {}}));
}

std::string Raid::scrub(const std::string& name, const Progress& progress) {
  const Array array = array_to_scrub(describe(), name);
  const std::filesystem::path action = root_ / "sys/block" / array.kernel / "md/sync_action";
  progress(0, "Start comparing the disks of " + name);
  std::ofstream(action) << "check\n";
  const std::string now = read_line(action);
  if (now != "check" && now != "idle") {  // idle: a small array is done at once
    std::ofstream(action) << "idle\n";
    fail(exec::FailureKind::failed,
         "The array " + name + " did not start comparing (" + now + ").");
  }
  return "The disks of " + name + " are being compared.";
}

}  // namespace ap::raid
