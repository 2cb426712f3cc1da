// SPDX-License-Identifier: LicenseRef-Project
// A server's disks for tests: real partition tables, superblocks and ESPs in files below a
// temporary root; the kernel's part (partition devices, md, mounts) is modelled behind a Runner.
// The power can be cut after any command.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/raid/partition_table.h"
#include "appliance/raid/superblock.h"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace test_support {

/// What the runner throws when the power goes; no std::exception, so that nothing catches it.
struct PowerCut {};

struct ModelDisk {
  std::string name;
  std::string serial;
  std::uint64_t sectors = 0;
  std::string signature;   ///< What wipefs finds when the disk has no table of ours.
  bool is_broken = false;  ///< Commands that write to its partitions fail.
};

struct ModelMember {
  std::string partition;
  std::string disk;
  std::uint32_t number = 0;
  bool is_rebuilding = false;
};

struct ModelArray {
  std::string kernel;
  bool is_active = false;
  std::vector<ModelMember> members;
};

/// The server. Owner: the test. Thread: the test's.
class StorageModel final : public ap::exec::Runner {
 public:
  static constexpr std::uint64_t kRootSectors = 8 * 2048;
  static constexpr std::uint64_t kEspSectors = 36 * 2048;

  StorageModel();
  StorageModel(const StorageModel&) = delete;
  StorageModel& operator=(const StorageModel&) = delete;
  StorageModel(StorageModel&&) = delete;
  StorageModel& operator=(StorageModel&&) = delete;
  ~StorageModel() override;

  /// Whether the tools the model passes on to (mtools, mkfs.fat) are installed.
  static bool has_tools();

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  /// A blank disk of this size.
  void add_blank(const std::string& name, const std::string& serial, std::uint64_t mebibytes);
  /// A disk that an image of 54 MiB was written to, byte by byte. `copy` distinguishes member
  /// UUIDs; disks with the same value are twins. `active`: roles the superblocks list.
  void add_flashed(const std::string& name, const std::string& serial, std::uint64_t mebibytes,
                   std::uint32_t role, const std::vector<std::uint32_t>& active, int copy = 0);
  void remove(const std::string& name);
  ModelDisk& disk(const std::string& name);

  /// Power on: partition devices and arrays as the kernel would have them, nothing mounted.
  void boot();

  ap::exec::Outcome run(const ap::exec::Command& command) override;

  /// Power goes before the command after the next `commands`; nothing: never.
  void cut_after(std::optional<std::size_t> commands) { left_ = commands; }

  std::vector<std::vector<std::string>> ran;
  std::size_t data_formats = 0;  ///< How often the file system of `data` was made.
  std::string links = "[]";      ///< What `ip -json` prints.
  bool is_data_damaged = false;  ///< fsck gives up on it.
  std::map<std::string, ModelArray> arrays;

 private:
  ap::exec::Outcome answer(const ap::exec::Command& command);
  ap::exec::Outcome mdadm(const std::vector<std::string>& words);
  ap::exec::Outcome mount(const std::vector<std::string>& words);
  ap::exec::Outcome format_data();
  void learn_partitions(const ModelDisk& disk);
  void join(const std::string& array, const std::string& device, bool is_rebuilding);
  void stamp(const std::string& array, const std::string& device, std::uint32_t role);
  void assemble();
  void render();
  void render_disk(const ModelDisk& disk, std::size_t index);
  void render_array(const std::string& name, const ModelArray& array);
  void unmount(const std::string& at);
  void make_esp_template();

  std::filesystem::path root_;
  std::filesystem::path esp_template_;
  std::vector<ModelDisk> disks_;
  std::map<std::string, std::map<std::uint32_t, std::string>> kernel_partitions_;
  std::map<std::string, std::string> mounts_;
  std::optional<std::size_t> left_;
  bool is_formatted_ = false;
  std::uint32_t created_ = 0;
};

}  // namespace test_support
