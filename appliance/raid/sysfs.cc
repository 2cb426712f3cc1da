// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/sysfs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

namespace ap::raid {
namespace {

namespace fs = std::filesystem;

using Properties = std::map<std::string, std::string, std::less<>>;

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// udev's database entry of a block device: its E: lines.
Properties udev_properties(const fs::path& root, const fs::path& device) {
  Properties properties;
  std::ifstream file(root / "run/udev/data" / ("b" + read_line(device / "dev")));
  for (std::string line; std::getline(file, line);) {
    const std::size_t equals = line.find('=');
    if (line.starts_with("E:") && equals != std::string::npos) {
      properties[line.substr(2, equals - 2)] = line.substr(equals + 1);
    }
  }
  return properties;
}

std::string first_of(const Properties& properties, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = properties.find(name);
    if (found != properties.end() && !found->second.empty()) {
      return found->second;
    }
  }
  return {};
}

bool is_disk(const fs::path& device) {
  constexpr std::array<std::string_view, 9> kOthers{"loop", "ram", "md",  "dm-", "sr",
                                                    "zram", "fd",  "nbd", "mtd"};
  const std::string name = device.filename();
  const bool is_other = std::any_of(kOthers.begin(), kOthers.end(), [&](std::string_view other) {
    return name.starts_with(other);
  });
  return !is_other && read_line(device / "removable") != "1" &&
         number(read_line(device / "size")) > 0;
}

Disk list_disk(const fs::path& root, const fs::path& entry) {
  Disk disk;
  disk.name = entry.filename();
  disk.device = root / "dev" / disk.name;
  disk.sectors = number(read_line(entry / "size"));
  const Properties properties = udev_properties(root, entry);
  disk.serial = first_of(properties, {"ID_SERIAL_SHORT", "ID_SCSI_SERIAL"});
  for (const char* file : {"serial", "device/serial"}) {
    disk.serial = disk.serial.empty() ? read_line(entry / file) : disk.serial;
  }
  disk.serial = disk.serial.empty() ? first_of(properties, {"ID_SERIAL", "ID_PATH"}) : disk.serial;
  disk.model = read_line(entry / "device/model");
  disk.model = disk.model.empty() ? first_of(properties, {"ID_MODEL"}) : disk.model;
  for (const fs::path& part : entries(entry)) {
    const std::uint64_t partition = number(read_line(part / "partition"));
    if (partition > 0) {
      disk.kernel_partitions[static_cast<std::uint32_t>(partition)] = part.filename();
    }
  }
  return disk;
}

Sync read_sync(const fs::path& md) {
  Sync sync;
  const std::string action = read_line(md / "sync_action");
  sync.action = action.empty() ? "idle" : action;
  const std::string completed = read_line(md / "sync_completed");
  const std::size_t slash = completed.find(" / ");
  if (sync.action == "idle" || slash == std::string::npos) {
    return sync;
  }
  const std::uint64_t done = number(completed);
  const std::uint64_t total = number(std::string_view(completed).substr(slash + 3));
  sync.bytes_per_second = number(read_line(md / "sync_speed")) * 1024;
  if (total > 0) {
    sync.progress = static_cast<double>(done) / static_cast<double>(total);
  }
  if (sync.bytes_per_second > 0 && total >= done) {
    sync.remaining_s = (total - done) * kSectorBytes / sync.bytes_per_second;
  }
  return sync;
}

ArrayState state_of(const Array& array) {
  if (!array.is_active) {
    return ArrayState::missing;
  }
  if (array.sync.action == "resync" || array.sync.action == "recover") {
    return ArrayState::resyncing;
  }
  return array.present < array.wanted ? ArrayState::degraded : ArrayState::clean;
}

Array list_array(const fs::path& entry) {
  Array array;
  array.kernel = entry.filename();
  const fs::path md = entry / "md";
  const std::string state = read_line(md / "array_state");
  array.is_active = !state.empty() && state != "inactive" && state != "clear";
  array.wanted = static_cast<std::uint32_t>(number(read_line(md / "raid_disks")));
  array.mismatches = number(read_line(md / "mismatch_cnt"));
  array.sync = read_sync(md);
  for (const fs::path& each : entries(md)) {
    const std::string name = each.filename();
    if (!name.starts_with("dev-")) {
      continue;
    }
    Member member;
    member.partition = name.substr(4);
    const std::string words = read_line(each / "state");
    if (words.find("faulty") != std::string::npos) {
      member.state = MemberState::faulty;
    } else if (words.find("in_sync") == std::string::npos) {
      member.state = MemberState::rebuilding;
    } else {
      ++array.present;
    }
    array.members.push_back(std::move(member));
  }
  array.state = state_of(array);
  return array;
}

}  // namespace

std::string read_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  line.erase(line.find_last_not_of(" \t\r\n") + 1);
  return line;
}

std::vector<Disk> list_disks(const fs::path& root) {
  std::vector<Disk> disks;
  for (const fs::path& entry : entries(root / "sys/block")) {
    if (is_disk(entry)) {
      disks.push_back(list_disk(root, entry));
    }
  }
  std::stable_sort(disks.begin(), disks.end(),
                   [](const Disk& left, const Disk& right) { return left.serial < right.serial; });
  return disks;
}

std::vector<Array> list_arrays(const fs::path& root) {
  std::vector<Array> arrays;
  for (const fs::path& entry : entries(root / "sys/block")) {
    if (fs::exists(entry / "md/array_state")) {
      arrays.push_back(list_array(entry));
    }
  }
  return arrays;
}

std::string root_device(const fs::path& root) {
  // 22 1 9:127 / / ro,relatime - ext4 /dev/md127 ro
  std::ifstream mounts(root / "proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string id;
    std::string parent;
    std::string device;
    std::string from;
    std::string at;
    words >> id >> parent >> device >> from >> at;
    if (at != "/") {
      continue;
    }
    for (const fs::path& entry : entries(root / "sys/block")) {
      if (read_line(entry / "dev") == device) {
        return entry.filename();
      }
    }
  }
  return {};
}

std::string found_by_udev(const fs::path& root, const std::string& name) {
  fs::path device = root / "sys/block" / name;
  for (const fs::path& disk : entries(root / "sys/block")) {
    device = fs::exists(disk / name) ? disk / name : device;
  }
  const Properties properties = udev_properties(root, device);
  const std::string type = first_of(properties, {"ID_FS_TYPE"});
  const std::string label = first_of(properties, {"ID_FS_LABEL", "ID_FS_UUID"});
  return type.empty() || label.empty() ? type : type + " \"" + label + "\"";
}

}  // namespace ap::raid
