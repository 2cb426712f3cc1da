// SPDX-License-Identifier: LicenseRef-Project
// The noun `raid`: what the operator sees of disks and arrays, and the two things that can be done
// to them, each with its plan, its check and its way back.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/raid/disks.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ap::raid {

/// What an action would do.
struct Plan {
  std::vector<std::string> steps;
  std::vector<std::string> warnings;
};

/// Told how far an action is: 0 to 1, and what is being done.
using Progress = std::function<void(double share, const std::string& step)>;

/// Disks and arrays of this server. Owner: the appliance service. Thread: one at a time.
/// Failure: throws exec::Failure; a refused action has changed nothing.
class Raid {
 public:
  explicit Raid(exec::Runner& runner, std::filesystem::path root = "/");

  [[nodiscard]] Storage describe() const;

  /// Actions: `adopt` with a disk's serial number, `scrub` with an array's name.
  /// Throws Failure: `invalid` for another action, `not_found`, `refused` with what was found.
  [[nodiscard]] Plan plan(std::string_view action, const std::string& argument) const;

  /// Plans again, does it and checks the result; when it fails midway, takes back what it did.
  /// Copying goes on in the background. Returns what was achieved, in words.
  std::string act(std::string_view action, const std::string& argument, const Progress& progress);

 private:
  std::string adopt(const std::string& serial, const Progress& progress);
  void release(const std::string& serial, bool was_blank);
  std::string scrub(const std::string& name, const Progress& progress);

  exec::Runner& runner_;
  std::filesystem::path root_;
};

/// As docs/formats/appliance-bus.md has Raid.Describe and Raid.Plan.
std::string to_json(const Storage& storage);
std::string to_json(const Plan& plan);

/// The words of the bus: `clean`, `member`, `in_sync`, …
std::string_view to_word(ArrayState state);
std::string_view to_word(DiskRole role);
std::string_view to_word(MemberState state);

}  // namespace ap::raid
