// SPDX-License-Identifier: LicenseRef-Project
// The noun `health`: one report of everything an operator looks at first.
#pragma once

#include "appliance/bus/system_manager.h"
#include "appliance/exec/runner.h"
#include "appliance/health/capture.h"
#include "appliance/health/disk_budget.h"
#include "appliance/health/machine_probes.h"
#include "appliance/health/storage_probes.h"
#include "appliance/services/journal.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace ap::health {

/// Where the probes get at the machine.
struct Sources {
  std::filesystem::path root = "/";
  exec::Runner& runner;
  std::function<std::unique_ptr<bus::SystemManager>()> open_manager;
  std::function<std::unique_ptr<services::Journal>()> open_journal;
  Fetch fetch = fetch_http;
  std::function<std::optional<bool>()> clock = is_clock_synchronized;
  ReadSpace space = read_space;
};

/// What the D-Bus methods Health.Describe and Raid.Describe answer.
/// Owner: the daemon. Threads: any, one report at a time.
/// Bounds: what is slow to find is kept for a while (disks 2 s, the report 1 s, parts of the disk
/// budget 2 min, SMART 30 min).
/// Failure: never as a whole; a probe that fails is a problem of the report (`probe-failed`).
class Health {
 public:
  static constexpr std::chrono::milliseconds kReportKept{1000};
  static constexpr std::chrono::milliseconds kStorageKept{2000};

  explicit Health(Sources sources);

  /// The report as docs/formats/appliance-bus.md has it.
  std::string describe();

  /// Arrays and disks; no arrays on a machine that has no mirror.
  std::string describe_raid();

 private:
  struct Report;

  Report probe(std::chrono::steady_clock::time_point now);
  void probe_storage(Report& report, std::chrono::steady_clock::time_point now);
  void probe_product(Report& report, std::chrono::steady_clock::time_point now);
  void probe_machine(Report& report);
  void probe_addresses(Report& report);
  const raid::Storage& storage(std::chrono::steady_clock::time_point now);
  std::string raid_json(const raid::Storage& storage) const;
  std::string serialize(const Report& report);

  Sources sources_;
  std::mutex mutex_;
  CaptureMeter capture_;
  DiskBudgetMeter budget_;
  SmartMeter smart_;
  HangCounter hangs_;
  RestartMeter restarts_;
  raid::Storage storage_;
  std::optional<std::chrono::steady_clock::time_point> storage_at_;
  std::string text_;
  std::optional<std::chrono::steady_clock::time_point> text_at_;
};

}  // namespace ap::health
