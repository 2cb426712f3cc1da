// SPDX-License-Identifier: LicenseRef-Project
#include "tests/support/storage_model.h"

#include "appliance/raid/grub_environment.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace test_support {
namespace {

namespace fs = std::filesystem;
namespace raid = ap::raid;
using ap::exec::Outcome;

const std::map<std::string, std::string> kKernelNames{
    {"root-a", "md127"}, {"root-b", "md126"}, {"data", "md125"}};

void write_text(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

raid::Uuid numbered(std::uint8_t first, std::uint8_t second) {
  raid::Uuid uuid{};
  uuid.fill(first);
  uuid.back() = second;
  return uuid;
}

Outcome failed(const std::string& words) { return {1, "", words + "\n"}; }

std::string last_part(const std::string& path) { return fs::path(path).filename(); }

}  // namespace

StorageModel::StorageModel() {
  static int count = 0;
  const fs::path memory = "/dev/shm";
  const fs::path parent = fs::exists(memory) ? memory : fs::temp_directory_path();
  root_ = parent /
          ("bristle-storage-model." + std::to_string(getpid()) + "." + std::to_string(count++));
  fs::create_directories(root_ / "dev");
  write_text(root_ / "usr/share/bristle/var-factory/lib/factory", "from the package\n");
  make_esp_template();
}

StorageModel::~StorageModel() { fs::remove_all(root_); }

bool StorageModel::has_tools() {
  const auto exists = [](const char* name) {
    return fs::exists(fs::path("/usr/bin") / name) || fs::exists(fs::path("/usr/sbin") / name) ||
           fs::exists(fs::path("/sbin") / name);
  };
  return exists("mcopy") && exists("mtype") && exists("mkfs.fat");
}

void StorageModel::make_esp_template() {
  esp_template_ = root_ / "esp.template";
  std::ofstream{esp_template_}.close();
  fs::resize_file(esp_template_, kEspSectors * 512);
  write_text(root_ / "grubenv",
             raid::encode_grub_environment({{"ORDER", "A B"}, {"A_OK", "1"}, {"A_TRY", "1"}}));
  write_text(root_ / "seed.toml", "version = 1\n");
  ap::exec::ProcessRunner real;
  const std::string image = esp_template_.string();
  const std::vector<std::string> skip{"MTOOLS_SKIP_CHECK=1"};
  real.require({{"mkfs.fat", "-F", "32", image}, {}, {}});
  real.require({{"mmd", "-i", image, "::/grub", "::/bristle"}, {}, skip});
  real.require({{"mcopy", "-i", image, (root_ / "grubenv").string(), "::/grub/grubenv"}, {}, skip});
  real.require(
      {{"mcopy", "-i", image, (root_ / "seed.toml").string(), "::/bristle/seed.toml"}, {}, skip});
}

void StorageModel::add_blank(const std::string& name, const std::string& serial,
                             std::uint64_t mebibytes) {
  disks_.push_back({name, serial, mebibytes * 2048, "", false});
  std::ofstream{root_ / "dev" / name}.close();
  fs::resize_file(root_ / "dev" / name, mebibytes << 20U);
}

void StorageModel::add_flashed(const std::string& name, const std::string& serial,
                               std::uint64_t mebibytes, std::uint32_t role,
                               const std::vector<std::uint32_t>& active, int copy) {
  add_blank(name, serial, mebibytes);
  const fs::path device = root_ / "dev" / name;
  const auto image_mebibytes = 1 + 1 + (kEspSectors + 2 * kRootSectors) / 2048 + 1;
  fs::resize_file(device, image_mebibytes << 20U);  // the image, then the disk around it
  raid::BlockFile file(device, raid::BlockFile::Access::write);
  raid::PartitionTable table;
  table.disk_sectors = image_mebibytes * 2048;
  table.disk_guid = numbered(1, 1);
  std::uint64_t first = 2048;
  const std::vector<std::pair<std::string, std::uint64_t>> parts{
      {"bios", 2048}, {"esp", kEspSectors}, {"root-a", kRootSectors}, {"root-b", kRootSectors}};
  for (const auto& [label, sectors] : parts) {
    const auto number = static_cast<std::uint32_t>(table.partitions.size() + 1);
    table.partitions.push_back({number, raid::kTypeRaid,
                                numbered(2, static_cast<std::uint8_t>(number)), first, sectors, 0,
                                label});
    first += sectors;
  }
  raid::write_partition_table(file, table);
  const std::string code = "boot code";
  file.write(0, std::as_bytes(std::span(code)));
  file.write(table.find("bios")->offset(), std::as_bytes(std::span(code)));
  for (const std::string label : {"root-a", "root-b"}) {
    raid::NewMember member;
    member.name = "bristle:" + label;
    member.array_uuid = numbered(3, static_cast<std::uint8_t>(label.back()));
    member.member_uuid =
        numbered(static_cast<std::uint8_t>(4 + copy), static_cast<std::uint8_t>(label.back()));
    member.partition_sectors = kRootSectors;
    member.device_number = role;
    member.active = active;
    file.write(table.find(label)->offset(),
               raid::encode_member_head(raid::make_superblock(member)));
  }
  fs::resize_file(device, mebibytes << 20U);
  ap::exec::ProcessRunner().require(
      {{"cp", "--sparse=always", esp_template_.string(), (root_ / "dev" / (name + "2")).string()},
       {},
       {}});
}

void StorageModel::remove(const std::string& name) {
  std::erase_if(disks_, [&](const ModelDisk& disk) { return disk.name == name; });
  kernel_partitions_.erase(name);
  boot();
}

ModelDisk& StorageModel::disk(const std::string& name) {
  return *std::find_if(disks_.begin(), disks_.end(),
                       [&](const ModelDisk& each) { return each.name == name; });
}

void StorageModel::learn_partitions(const ModelDisk& disk) {
  auto& known = kernel_partitions_[disk.name];
  known.clear();
  const raid::BlockFile file(root_ / "dev" / disk.name, raid::BlockFile::Access::read);
  const auto table = raid::read_partition_table(file);
  for (const auto& partition : table ? table->partitions : std::vector<raid::Partition>{}) {
    const std::string name = disk.name + std::to_string(partition.number);
    known[partition.number] = name;
    if (!fs::exists(root_ / "dev" / name)) {
      std::ofstream{root_ / "dev" / name}.close();
      fs::resize_file(root_ / "dev" / name, partition.sectors * 512);
    }
  }
}

void StorageModel::assemble() {
  arrays.clear();
  for (const ModelDisk& disk : disks_) {
    const raid::BlockFile file(root_ / "dev" / disk.name, raid::BlockFile::Access::read);
    const auto table = raid::read_partition_table(file);
    for (const auto& partition : table ? table->partitions : std::vector<raid::Partition>{}) {
      const auto superblock =
          raid::parse_superblock(file.read(partition.offset(), raid::kParseBytes));
      if (!superblock) {
        continue;
      }
      const std::string name = superblock->name.substr(superblock->name.find(':') + 1);
      ModelArray& array = arrays[name];
      array.kernel = kKernelNames.at(name);
      const bool is_twin_inside =
          std::any_of(array.members.begin(), array.members.end(), [&](const ModelMember& member) {
            const raid::BlockFile other(root_ / "dev" / member.disk, raid::BlockFile::Access::read);
            const auto there = raid::read_partition_table(other);
            const auto its =
                raid::parse_superblock(other.read(there->find(name)->offset(), raid::kParseBytes));
            return its->member_uuid == superblock->member_uuid;
          });
      if (!is_twin_inside) {
        array.members.push_back(
            {disk.name + std::to_string(partition.number), disk.name, partition.number, false});
      }
      const auto listed = std::count_if(superblock->roles.begin(), superblock->roles.end(),
                                        [](std::uint16_t role) { return role < 2; });
      // The initial RAM disk waits for the root array and then runs it; others stay as they are.
      array.is_active =
          name == "root-a" || static_cast<std::size_t>(listed) <= array.members.size();
    }
  }
}

void StorageModel::boot() {
  left_.reset();
  for (const auto& at : {"/var", "/data"}) {
    unmount(at);
  }
  mounts_.clear();
  mounts_["/"] = "md127";
  fs::remove_all(root_ / "run");
  fs::remove_all(root_ / "fs/memory");
  kernel_partitions_.clear();
  for (const ModelDisk& disk : disks_) {
    learn_partitions(disk);
  }
  assemble();
  write_text(root_ / "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  write_text(root_ / "proc/cmdline", "bristle.slot=a root=LABEL=root-a ro\n");
  render();
}

void StorageModel::unmount(const std::string& at) {
  const fs::path place = root_ / at.substr(1);
  fs::remove(place);  // a link while mounted
  fs::create_directories(place);
  mounts_.erase(at);
}

void StorageModel::render_disk(const ModelDisk& disk, std::size_t index) {
  const fs::path entry = root_ / "sys/block" / disk.name;
  const std::string device = "8:" + std::to_string(16 * index);
  write_text(entry / "dev", device + "\n");
  write_text(entry / "size", std::to_string(disk.sectors) + "\n");
  write_text(entry / "removable", "0\n");
  write_text(entry / "serial", disk.serial + "\n");
  write_text(entry / "device/model", "Model " + disk.serial + "   \n");
  for (const auto& [number, name] : kernel_partitions_[disk.name]) {
    write_text(entry / name / "partition", std::to_string(number) + "\n");
    write_text(entry / name / "dev", "8:" + std::to_string(16 * index + number) + "\n");
  }
}

void StorageModel::render_array(const std::string& name, const ModelArray& array) {
  const fs::path entry = root_ / "sys/block" / kKernelNames.at(name);
  const fs::path md = entry / "md";
  const bool is_recovering =
      std::any_of(array.members.begin(), array.members.end(),
                  [](const ModelMember& member) { return member.is_rebuilding; });
  write_text(entry / "dev", "9:" + array.kernel.substr(2) + "\n");
  write_text(md / "array_state", array.is_active ? "clean\n" : "inactive\n");
  write_text(md / "raid_disks", "2\n");
  write_text(md / "mismatch_cnt", "0\n");
  write_text(md / "sync_action", is_recovering ? "recover\n" : "idle\n");
  write_text(md / "sync_completed", is_recovering ? "4096 / 16384\n" : "none\n");
  write_text(md / "sync_speed", is_recovering ? "1024\n" : "none\n");
  for (const ModelMember& member : array.members) {
    write_text(md / ("dev-" + member.partition) / "state",
               member.is_rebuilding ? "spare\n" : "in_sync\n");
  }
}

void StorageModel::render() {
  fs::remove_all(root_ / "sys/block");
  for (std::size_t index = 0; index < disks_.size(); ++index) {
    render_disk(disks_[index], index);
  }
  for (const auto& [name, array] : arrays) {
    render_array(name, array);
  }
  std::string mounts;
  for (const auto& [at, what] : mounts_) {
    const std::string device = what.starts_with("md") ? "9:" + what.substr(2) : "0:42";
    mounts += "20 1 " + device + " / " + at + " rw - type " + what + " rw\n";
  }
  write_text(root_ / "proc/self/mountinfo", mounts);
}

Outcome StorageModel::run(const ap::exec::Command& command) {
  if (left_ && *left_ == 0) {
    throw PowerCut{};
  }
  if (left_) {
    --*left_;
  }
  ran.push_back(command.arguments);
  return answer(command);
}

Outcome StorageModel::answer(const ap::exec::Command& command) {
  const auto& words = command.arguments;
  for (const ModelDisk& disk : disks_) {
    const std::string device = (root_ / "dev" / disk.name).string();
    const bool touches = std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      return word.starts_with(device);
    });
    if (touches && disk.is_broken && words[0] != "wipefs" && words[0] != "mtype") {
      return failed("Input/output error");
    }
    if (touches && words[0] == "wipefs") {
      return {0, disk.signature.empty() ? "" : "0x3,,," + disk.signature + "\n", ""};
    }
    if (touches && words[0] == "partx") {
      if (words[1] == "--delete") {
        kernel_partitions_[disk.name].clear();
      } else {
        learn_partitions(disk);
      }
      render();
      return {};
    }
  }
  if (words[0] == "mdadm") {
    return mdadm(words);
  }
  if (words[0] == "mkfs.ext4") {
    return format_data();
  }
  if (words[0] == "fsck.ext4") {
    return {is_formatted_ && !is_data_damaged ? 0 : 8, "", ""};
  }
  if (words[0] == "systemd-mount" || words[0] == "systemd-umount") {
    return mount(words);
  }
  if (words[0] == "ip") {
    return {0, links, ""};
  }
  if (words[0] == "udevadm" || words[0] == "sync") {
    return {};
  }
  return ap::exec::ProcessRunner().run(command);  // mtools, mkfs.fat, cp
}

Outcome StorageModel::format_data() {
  fs::remove_all(root_ / "fs/data");
  fs::create_directories(root_ / "fs/data");
  std::ofstream{root_ / "dev/md125"}.close();
  is_formatted_ = true;
  ++data_formats;
  return {};
}

Outcome StorageModel::mount(const std::vector<std::string>& words) {
  const std::string at = words.back().substr(root_.string().size());
  if (words[0] == "systemd-umount") {
    unmount(at);
    render();
    return {};
  }
  const auto has = [&words](const char* option) {
    return std::find(words.begin(), words.end(), option) != words.end();
  };
  const std::string& what = words[words.size() - 2];
  fs::path content = root_ / "fs/memory";
  if (has("--options=bind")) {
    content = what;
  } else if (has("--type=ext4")) {
    if (!is_formatted_) {
      return failed("wrong fs type");
    }
    content = root_ / "fs/data";
  } else {
    fs::create_directories(content);
  }
  fs::remove_all(root_ / at.substr(1));
  fs::create_directory_symlink(content, root_ / at.substr(1));
  mounts_[at] = what;
  render();
  return {};
}

void StorageModel::stamp(const std::string& array, const std::string& device, std::uint32_t role) {
  for (const ModelDisk& disk : disks_) {
    const std::string name = last_part(device);
    if (!name.starts_with(disk.name)) {
      continue;
    }
    raid::BlockFile file(root_ / "dev" / disk.name, raid::BlockFile::Access::write);
    const auto table = raid::read_partition_table(file);
    raid::NewMember member;
    member.name = "bristle:" + array;
    member.array_uuid = numbered(3, static_cast<std::uint8_t>(array.back()));
    member.member_uuid = numbered(static_cast<std::uint8_t>(100 + created_++), 0);
    member.partition_sectors = table->find(array)->sectors;
    member.device_number = role;
    member.active = {0, 1};
    file.write(table->find(array)->offset(),
               raid::encode_member_head(raid::make_superblock(member)));
  }
}

void StorageModel::join(const std::string& array, const std::string& device, bool is_rebuilding) {
  for (const ModelDisk& disk : disks_) {
    for (const auto& [number, name] : kernel_partitions_[disk.name]) {
      if (name == last_part(device)) {
        arrays[array].members.push_back({name, disk.name, number, is_rebuilding});
      }
    }
  }
}

Outcome StorageModel::mdadm(const std::vector<std::string>& words) {
  const std::string& verb = words[1];
  if (verb == "--create" || verb == "--assemble") {
    const std::string name = last_part(words[verb == "--create" ? 2 : 3]);
    ModelArray& array = arrays[name];
    array.kernel = kKernelNames.at(name);
    array.is_active = true;
    array.members.clear();
    std::ofstream{root_ / "dev" / array.kernel}.close();
    std::uint32_t role = 0;
    for (const std::string& word : words) {
      if (word.starts_with((root_ / "dev/sd").string())) {
        if (verb == "--create") {
          stamp(name, word, role++);
        }
        join(name, word, false);
      }
    }
  } else {
    for (auto& [name, array] : arrays) {
      if (words[2] != (root_ / "dev" / array.kernel).string()) {
        continue;
      }
      if (verb == "--run") {
        array.is_active = true;
      } else if (words[3] == "--add") {
        stamp(name, words[4], static_cast<std::uint32_t>(array.members.size()));
        join(name, words[4], true);
      } else if (words[3] == "--remove") {
        std::erase_if(array.members, [&](const ModelMember& member) {
          return member.partition == last_part(words[4]);
        });
      }
    }
  }
  render();
  return {};
}

}  // namespace test_support
