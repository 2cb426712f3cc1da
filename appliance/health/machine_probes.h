// SPDX-License-Identifier: LicenseRef-Project
// What is wrong with the rest of the machine: slot, canary, network card, units, clock, boot.
#pragma once

#include "appliance/bus/system_manager.h"
#include "appliance/health/problems.h"
#include "appliance/services/journal.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ap::health {

/// The last event that went through the whole product.
struct Canary {
  std::string state = "pending";  ///< ok, failed, pending
  std::optional<std::string> at;
  std::optional<std::int64_t> latency_ms;
  std::string text;
};

/// Reads what the canary wrote; `pending` when there is nothing yet.
Canary read_canary(const std::filesystem::path& root);

/// Failed, or older than 15 minutes at `now_s` (seconds since 1970).
std::vector<Problem> canary_problems(const Canary& canary, std::int64_t now_s);

/// Seconds since 1970 of an RFC 3339 time in UTC; nothing when it is none.
std::optional<std::int64_t> parse_time(const std::string& text);

/// One problem per failed unit; those of the product itself are critical.
std::vector<Problem> unit_problems(const std::vector<std::string>& failed_units);

/// Notices units that end and are started again and again: no start limit stops them, so they
/// never count as failed. Thread: one.
class RestartMeter {
 public:
  static constexpr std::chrono::seconds kWindow{120};
  static constexpr std::uint32_t kRestartsMax = 2;  ///< In the window; more is a problem.

  /// One problem per unit of the product that restarts more often than that.
  std::vector<Problem> read(bus::SystemManager& manager, std::chrono::steady_clock::time_point now);

 private:
  struct Count {
    std::chrono::steady_clock::time_point at;
    std::uint32_t restarts = 0;
  };

  std::map<std::string, std::deque<Count>> counts_;  ///< Of the window, by unit.
};

/// Counts the hangs of the network card that the kernel has reported in this boot. Thread: one.
class HangCounter {
 public:
  /// Reads what is new in the kernel's log. Throws Failure.
  std::uint64_t count(services::Journal& journal);

 private:
  std::string cursor_;
  std::uint64_t hangs_ = 0;
};

/// Whether the kernel's clock is kept by a time server; nothing when the kernel does not say.
std::optional<bool> is_clock_synchronized();

/// Why the machine is in recovery mode; nothing when it is not.
std::optional<std::string> recovery_reason(const std::filesystem::path& root);

/// What the boot steps left in /run/bristle/warnings.json.
std::vector<Problem> boot_warnings(const std::filesystem::path& root);

/// Where the machine is on its way up: phase (ready, starting, first-boot, recovery) and a text.
struct BootPhase {
  std::string phase = "ready";
  std::string text;
};

/// `uptime_s` tells a start from a stop; the manager is asked about the product's own units.
BootPhase read_boot_phase(const std::filesystem::path& root, bus::SystemManager& manager,
                          std::int64_t uptime_s);

}  // namespace ap::health
