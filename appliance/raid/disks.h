// SPDX-License-Identifier: LicenseRef-Project
// What the machine's disks and arrays are at this moment, read from the disks themselves, sysfs and
// the udev database. Everything is found by label, serial or UUID; device letters carry no meaning.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/raid/partition_table.h"
#include "appliance/raid/superblock.h"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ap::raid {

/// The arrays of a Bristle server, which are also the labels of their partitions.
inline constexpr std::string_view kRootA = "root-a";
inline constexpr std::string_view kRootB = "root-b";
inline constexpr std::string_view kData = "data";
/// The home host in the arrays' names: `bristle:root-a`.
inline constexpr std::string_view kArrayHost = "bristle";

enum class DiskRole {
  member,   ///< Part of this server's mirror, or prepared to be.
  blank,    ///< Nothing on it: may be adopted.
  foreign,  ///< Something on it that is not ours; `text` says what.
};

struct Disk {
  std::string name;  ///< Of the kernel, for people and for /dev; changes between boots.
  std::filesystem::path device;
  std::string serial;
  std::string model;
  std::uint64_t sectors = 0;
  std::optional<PartitionTable> table;
  std::map<std::uint32_t, std::string> kernel_partitions;  ///< Number to name (`sda3`).
  std::map<std::string, Superblock, std::less<>> members;  ///< By label of the partition.
  DiskRole role = DiskRole::foreign;
  bool is_own = false;   ///< Holds an active half of the array that / is on.
  bool is_twin = false;  ///< Carries the same member as another disk: a copy made byte by byte.
  bool is_bootable = false;
  std::string text;

  /// The partition of that label; nothing without one, or without a table.
  [[nodiscard]] const Partition* partition(std::string_view label) const;

  /// The table; throws Failure(failed) when the disk has none.
  [[nodiscard]] const PartitionTable& require_table() const;

  /// The kernel's device of a partition; throws Failure(failed) when the kernel does not know it.
  [[nodiscard]] std::filesystem::path partition_device(std::string_view label) const;
};

enum class MemberState { in_sync, rebuilding, faulty };

struct Member {
  std::string partition;  ///< Kernel name: `sda3`.
  std::string disk;
  std::string serial;
  MemberState state = MemberState::in_sync;
};

enum class ArrayState { clean, degraded, resyncing, missing };

struct Sync {
  std::string action = "idle";
  std::optional<double> progress;
  std::uint64_t bytes_per_second = 0;
  std::optional<std::uint64_t> remaining_s;
};

struct Array {
  std::string name;    ///< `root-a`
  std::string kernel;  ///< `md127`
  ArrayState state = ArrayState::missing;
  bool is_active = false;
  std::uint32_t wanted = 2;
  std::uint32_t present = 0;
  std::uint64_t mismatches = 0;
  std::vector<Member> members;
  Sync sync;
};

struct Storage {
  std::vector<Disk> disks;    ///< By serial.
  std::vector<Array> arrays;  ///< root-a, root-b, data; also those that are missing.

  [[nodiscard]] const Array* active(std::string_view name) const;
  [[nodiscard]] const Disk* by_serial(std::string_view serial) const;
};

/// Looks at everything. Runs `wipefs --no-act` on disks that are not ours. Never writes. A disk
/// that cannot be read is foreign and says so.
Storage read_storage(exec::Runner& runner, const std::filesystem::path& root = "/");

}  // namespace ap::raid
