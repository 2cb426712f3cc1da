// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/flash/target.h"

#include "appliance/raid/block_file.h"
#include "appliance/raid/sysfs.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace ap::flash {
namespace {

namespace fs = std::filesystem;
using exec::Failure;
using exec::FailureKind;

/// The kernel's names of a disk and of its partitions.
std::vector<std::string> device_names(const fs::path& block) {
  std::vector<std::string> names{block.filename().string()};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(block, error)) {
    if (fs::exists(entry.path() / "partition")) {
      names.push_back(entry.path().filename().string());
    }
  }
  return names;
}

void find_uses(const fs::path& root, const fs::path& block, Target& target) {
  const auto names = device_names(block);
  for (const auto& name : names) {
    const auto folder = name == block.filename() ? block : block / name;
    std::error_code error;
    for (const auto& holder : fs::directory_iterator(folder / "holders", error)) {
      target.uses.push_back(name + " is part of the running " + holder.path().filename().string() +
                            "; stop it first (mdadm --stop /dev/" +
                            holder.path().filename().string() + ")");
    }
  }
  std::ifstream mounts(root / "proc/self/mounts");
  for (std::string device, where, rest; mounts >> device >> where && std::getline(mounts, rest);) {
    const auto name = fs::path(device).filename().string();
    if (device.starts_with("/dev/") && std::find(names.begin(), names.end(), name) != names.end()) {
      target.uses.emplace_back(name)
          .append(" is mounted on ")
          .append(where)
          .append("; unmount it first");
    }
  }
  std::ifstream swaps(root / "proc/swaps");
  for (std::string line; std::getline(swaps, line);) {
    for (const auto& name : names) {
      if (line.starts_with("/dev/" + name + " ") || line.starts_with("/dev/" + name + "\t")) {
        target.uses.push_back(name + " is used as swap; switch it off first (swapoff)");
      }
    }
  }
}

/// Signatures by `wipefs`: whole disk and partitions.
void find_content(exec::Runner& runner, const fs::path& path, Target& target) {
  std::istringstream lines(runner.require(
      {{"wipefs", "--no-act", "--noheadings", "--output", "TYPE,LABEL", path.string()}, {}, {}}));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string text;
    for (std::string word; words >> word;) {
      text += (text.empty() ? "" : " ") + word;
    }
    if (!text.empty()) {
      target.found.push_back(text);
    }
  }
}

}  // namespace

Target inspect_target(exec::Runner& runner, const fs::path& path, const fs::path& root) {
  Target target;
  target.path = path;
  std::error_code error;
  const auto real = fs::canonical(path, error);
  if (error) {
    throw Failure(FailureKind::not_found, "there is no disk " + path.string(), "disk");
  }
  if (fs::is_regular_file(real)) {
    target.is_file = true;
    target.bytes = fs::file_size(real);
  } else {
    const auto block = root / "sys/block" / real.filename();
    if (!fs::is_block_file(real) || !fs::exists(block)) {
      throw Failure(FailureKind::invalid,
                    path.string() + " is not a whole disk; expected one like /dev/sda", "disk");
    }
    const auto disks =
        raid::list_disks(root);  // serial numbers of SATA disks are in udev's database
    const auto disk = std::find_if(disks.begin(), disks.end(), [&](const raid::Disk& each) {
      return each.name == real.filename().string();
    });
    if (disk != disks.end()) {
      target.model = disk->model;
      target.serial = disk->serial;
    }
    target.bytes = raid::BlockFile(real, raid::BlockFile::Access::read).bytes();
    find_uses(root, block, target);
  }
  find_content(runner, real, target);
  return target;
}

TargetLock::TargetLock(const Target& target)
    : file_(::open(target.path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (!file_.is_open() || flock(file_.number(), LOCK_EX | LOCK_NB) != 0) {
    throw Failure(FailureKind::refused, target.path.string() + " is in use by another program",
                  "disk");
  }
}

void require_writable(const std::vector<Target>& targets, std::uint64_t image_bytes, bool force) {
  std::set<fs::path> paths;
  for (const auto& target : targets) {
    const auto name = target.path.string();
    if (!paths.insert(fs::canonical(target.path)).second) {
      throw Failure(FailureKind::invalid, name + " is named twice", "disk");
    }
    if (!target.uses.empty()) {
      throw Failure(FailureKind::refused, target.uses.front(), "disk");
    }
    if (target.bytes < image_bytes) {
      throw Failure(FailureKind::refused,
                    name + " has " + std::to_string(target.bytes) + " bytes; the image needs " +
                        std::to_string(image_bytes),
                    "disk");
    }
    if (!target.found.empty() && !force) {
      throw Failure(FailureKind::refused,
                    name + " is not empty (" + target.found.front() +
                        "); --force overwrites it and everything on it",
                    "disk");
    }
  }
}

std::string describe(const Target& target) {
  constexpr std::uint64_t kGigabyte = 1'000'000'000;
  std::string text = target.path.string();
  text += target.is_file ? "  (file)" : "  " + target.model + "  serial " + target.serial;
  return text + "  " + std::to_string((target.bytes + kGigabyte / 2) / kGigabyte) + " GB";
}

}  // namespace ap::flash
