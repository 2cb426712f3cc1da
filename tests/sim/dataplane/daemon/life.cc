// SPDX-License-Identifier: LicenseRef-Project
#include "tests/sim/dataplane/daemon/life.h"

namespace sim {
namespace {

// The wall clock of the one machine that lives; services take a plain function.
const dp::sys::SimClock* wall_clock = nullptr;

std::int64_t wall_clock_us() noexcept { return wall_clock->realtime_us(); }
std::int64_t wall_clock_ms() noexcept { return wall_clock->realtime_us() / 1000; }

}  // namespace

Life::Life(const Conditions& conditions, dp::sys::SimClock& sim_clock, dp::sys::SimDisk& sim_disk,
           Trace& trace, std::uint64_t seed)
    : events_(sim_clock),
      network(events_, seed),
      doom(trace),
      disk(sim_disk, doom, trace, place),
      watched_network(network, doom, trace),
      clock(sim_clock, conditions.slow_percent, seed + 1),
      conditions_(conditions),
      entropy_(seed * 0x9e3779b97f4a7c15),
      tenants_(""),
      handed_(1),
      process_{conditions.settings, listeners_, tenants_, {&page_, 1}, {&place, 1}, handed_} {
  listeners_.front = {{kFrontDoor}};
  sim_disk.attach(events_);
  wall_clock = &sim_clock;
}

bool Life::start() {
  shard = dp::daemon::Shard::assemble(
      process_, 0, {events_, disk, watched_network, clock, wall_clock_us, wall_clock_ms, entropy_},
      conditions_.sizes, recovery);
  return shard != nullptr;
}

dp::daemon::Snapshot Life::numbers() const {
  dp::daemon::Snapshot sum;
  page_.add_to(sum);
  return sum;
}

}  // namespace sim
