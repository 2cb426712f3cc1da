// SPDX-License-Identifier: LicenseRef-Project
// What is wrong with arrays and disks.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/health/disk_budget.h"
#include "appliance/health/problems.h"
#include "appliance/raid/disks.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ap::health {

/// True when this machine mirrors its disks at all; a plain server need not.
bool has_mirror(const raid::Storage& storage);

/// Degraded, missing, rebuilding and identical members.
std::vector<Problem> raid_problems(const raid::Storage& storage);

/// More than 80 % used, more than 95 % used.
std::vector<Problem> budget_problems(const DiskBudget& budget);

/// What the disks say about themselves, asked with smartctl twice an hour. Thread: one.
class SmartMeter {
 public:
  static constexpr std::chrono::minutes kKept{30};

  explicit SmartMeter(exec::Runner& runner) : runner_(runner) {}

  /// One problem per disk that expects to fail. Disks that do not say, and machines without
  /// smartctl, have none.
  std::vector<Problem> read(const std::vector<raid::Disk>& disks,
                            std::chrono::steady_clock::time_point now);

 private:
  struct Reading {
    bool is_failing = false;
    std::chrono::steady_clock::time_point at;
  };

  bool ask(const std::string& device);

  exec::Runner& runner_;
  std::map<std::string, Reading> readings_;  ///< By serial number.
};

}  // namespace ap::health
