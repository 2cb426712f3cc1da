// SPDX-License-Identifier: LicenseRef-Project
// One life of a simulated machine: a shard, assembled as the daemon assembles it, on a disk that
// outlives it.
#pragma once

#include "dataplane/daemon/shard.h"
#include "tests/sim/dataplane/daemon/doom.h"
#include "tests/sim/dataplane/daemon/watched_machine.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace sim {

/// The listening descriptor of the front door.
inline constexpr std::int32_t kFrontDoor = 3;

/// What an operator and the machine's size decide; of one seed.
struct Conditions {
  dp::daemon::DaemonSettings settings;
  dp::daemon::ShardSizes sizes;
  std::uint32_t slow_percent = 0;  ///< Of looks at the clock between which time passes.
};

/// Stands from power-on until it is destroyed; the disk's `kill` or `cut_power` follows.
class Life {
 public:
  Life(const Conditions& conditions, dp::sys::SimClock& clock, dp::sys::SimDisk& disk, Trace& trace,
       std::uint64_t seed);
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;
  Life(Life&&) = delete;
  Life& operator=(Life&&) = delete;
  ~Life() = default;

  /// Recovers the log and opens the door. False: the disk did not let it.
  bool start();
  /// One turn of the shard's loop; the machine may be dead afterwards.
  void turn(std::uint64_t wait_ns_max) {
    shard->turn(wait_ns_max);
    disk.turn_ended();
  }
  /// The shard's numbers as /metrics last saw them.
  [[nodiscard]] dp::daemon::Snapshot numbers() const;

 private:
  dp::sys::SimEvents events_;

 public:
  dp::sys::SimNetwork network;
  Doom doom;
  dp::daemon::LogPlace place;
  WatchedDisk disk;
  WatchedNetwork watched_network;
  WatchedClock clock;
  base::Result<dp::wal::Recovery> recovery = dp::wal::Recovery{};

 private:
  const Conditions& conditions_;
  std::uint64_t entropy_;
  dp::tenant::Store tenants_;
  dp::daemon::Listeners listeners_;
  dp::daemon::CounterPage page_;
  std::vector<std::vector<dp::sys::HandedConnection>> handed_;
  dp::daemon::Process process_;

 public:
  std::unique_ptr<dp::daemon::Shard> shard;
};

}  // namespace sim
