// SPDX-License-Identifier: LicenseRef-Project
// What makes the mirror whole, one step at a time: each step is decided from the disks as they are,
// so that a power cut anywhere only means deciding again.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/raid/disks.h"

#include <filesystem>
#include <optional>
#include <set>
#include <string>

namespace ap::raid {

enum class StepKind {
  own_table,       ///< Second copy of the table to the end, new GUIDs: an image became a disk.
  adopt_table,     ///< A blank disk gets the partitions of the mirror.
  tell_kernel,     ///< The kernel learns the partitions of the table.
  data_partition,  ///< The rest of the disk becomes `data`.
  start_array,     ///< An array that did not start by itself.
  create_data,     ///< The array `data` over the partitions that are there.
  make_files,      ///< The file system of `data`.
  finish_data,     ///< `data` is finished on this disk too.
  add_member,      ///< A partition joins its array; the kernel copies.
  boot_files,      ///< Boot code and ESP of a bootable disk are copied.
};

/// One step; `disk` and `array` are empty where they mean nothing.
struct Step {
  StepKind kind = StepKind::own_table;
  std::string serial;
  std::string array;
  std::string text;  ///< For people: what is done to which disk.

  friend bool operator==(const Step&, const Step&) = default;
};

/// Which disks the steps may touch besides the server's own.
struct Scope {
  std::set<std::string> adopt;   ///< Serials of blank disks that may be taken.
  std::set<std::string> leave;   ///< Serials that failed; they are left alone.
  bool may_create_data = false;  ///< Only the boot does: an operator's action finds it there.
};

/// The next step; nothing when the mirror is as whole as its disks allow. Pure.
/// Throws Failure(refused) when two disks are copies of each other, when an adopted disk is too
/// small, or when `data` should exist and does not.
std::optional<Step> next_step(const Storage& storage, const Scope& scope);

/// Does it. `storage` is what the step was decided from. Throws Failure.
void apply(exec::Runner& runner, const Storage& storage, const Step& step,
           const std::filesystem::path& root = "/");

/// Serials of the disks that this server's mirror is made of, its own first.
std::vector<std::string> mirror_disks(const Storage& storage, const Scope& scope);

/// The blank disk the boot may adopt: the only one, when the mirror has one disk. Else nothing.
std::optional<std::string> adoptable(const Storage& storage);

}  // namespace ap::raid
