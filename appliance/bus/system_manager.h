// SPDX-License-Identifier: LicenseRef-Project
// The service manager as the appliance needs it: units read, jobs run to their end.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ap::bus {

/// What the manager knows about a unit at one moment. The words are systemd's.
struct UnitState {
  std::string name;
  std::string load_state;    ///< loaded, not-found, masked, ...
  std::string active_state;  ///< active, activating, inactive, failed, ...
  std::string sub_state;
  std::string result;  ///< success, exit-code, watchdog, ...; empty for units without processes
  std::string status_text;
  std::uint64_t since_us = 0;  ///< When the state last changed, since 1970; 0: never.
  std::uint32_t restarts = 0;
  std::uint32_t pid = 0;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> cpu_ns;
  bool can_start = false;
  bool can_stop = false;
};

enum class Job { start, stop, restart };

/// Talks to the service manager. Implementations: SystemdManager, FakeSystemManager (tests).
/// Every method throws exec::Failure.
class SystemManager {
 public:
  virtual ~SystemManager() = default;

  /// The state of `name`, also of a unit that is not loaded or does not exist.
  virtual UnitState unit(const std::string& name) = 0;

  /// Names of the units that failed.
  virtual std::vector<std::string> failed_units() = 0;

  /// Runs a job to its end and returns the manager's word for it (`done`, `failed`, ...). Throws
  /// `timed_out` when it takes longer; the job goes on then.
  virtual std::string run_job(const std::string& name, Job job,
                              std::chrono::milliseconds timeout) = 0;

  virtual void reset_failed(const std::string& name) = 0;

  /// Queues a target that ends everything else (`reboot.target`), without waiting.
  virtual void isolate(const std::string& target) = 0;
};

/// One connection to org.freedesktop.systemd1, made on first use. Owner: one thread.
std::unique_ptr<SystemManager> open_system_manager();

}  // namespace ap::bus
