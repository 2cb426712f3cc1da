// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever the clients do and the disk refuses, and wherever the machine stops, a whole
// shard, assembled as the daemon assembles it, keeps its promises:
//  1. a request that was acknowledged is in the log after every restart, once, with every byte and
//     header it was sent with, and a consumer that reads like the worker sees it exactly once;
//  2. nothing else is in the log: no part of a request, none that was never complete, none that was
//     refused (but for a group refused right before a power cut, docs/formats/event-log.md), and
//     the log has no gap;
//  3. every request gets at most one answer, the answers of a connection come in the order of its
//     requests, each belongs to its own (the origin is mirrored), none follows the last one;
//  4. an answer is the one this request always gets, or one of the refusals that any may get;
//  5. a receipt that was given is known for ever: durable or stored, never unknown, never refused;
//  6. a start succeeds unless the disk refused an operation of it, and finds every synced record;
//  7. when faults end the shard becomes well by itself: every kind of request is answered, no
//     connection is left, requests = answers by outcome and reason, records and events = the log's;
//  8. the ledger in the log never claims more than the log holds in front of it, and after an
//     orderly stop exactly as much;
//  9. no removal of a segment leaves the shard before it shows others that the segment is let go.
// Method: one thread, a simulated clock, sockets and disk, everything drawn from the seed; a life
// ends at a named point of its seams (doom.h) or somewhere, by a kill or a power cut that tears and
// reorders what was not synced. The same seed does the same: the trace of all that left the machine
// is compared. SIM_SEED=<number> replays one seed, SIM_SEEDS=<count> runs a campaign.
#include "tests/sim/dataplane/daemon/simulation.h"
#include "tests/support/seeds.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace sim {
namespace {

void tell(const Experience& met) {
  std::cout << met.requests << " requests, " << met.acknowledged << " acknowledged, " << met.lives
            << " lives, " << met.power_cuts << " power cuts, " << met.refused_starts
            << " refused starts, " << met.segments_released << " segments released, "
            << met.removals_beside_writes << " in turns that wrote; answers:";
  for (const auto& [status, count] : met.statuses) {
    std::cout << ' ' << status << ": " << count;
  }
  std::cout << "; refused because of:";
  for (std::size_t outcome = 0; outcome < dp::capture::kOutcomeCount; ++outcome) {
    const auto& row = dp::capture::kOutcomes.at(outcome);
    if (row.status >= 400 && met.outcomes.at(outcome) > 0) {
      std::cout << ' ' << row.name << ": " << met.outcomes.at(outcome);
    }
  }
  std::cout << "; lives ended at:";
  for (std::size_t point = 0; point < kPointCount; ++point) {
    std::cout << ' ' << kPointNames.at(point) << ": " << met.deaths.at(point);
  }
  std::cout << '\n';
}

TEST(ShardSim, HoldsForManySeeds) {
  Experience met;
  support::for_each_seed(60, [&](std::uint64_t seed) {
    Simulation simulation(seed);
    simulation.run();
    met.add(simulation.experience());
  });
  tell(met);
  if (std::getenv("SIM_SEED") == nullptr) {
    EXPECT_GT(met.removals_beside_writes, 0U) << "promise 9 was not put to the test";
  }
}

// Goal: a seed that failed can be replayed. Method: the same seed twice, and another one.
TEST(ShardSim, DoesTheSameForTheSameSeed) {
  const auto trace_of = [](std::uint64_t seed) {
    Simulation simulation(seed);
    simulation.run();
    return simulation.trace();
  };
  for (std::uint64_t seed = 1001; seed < 1004; ++seed) {
    EXPECT_EQ(trace_of(seed), trace_of(seed));
    EXPECT_NE(trace_of(seed), trace_of(seed + 10));
  }
}

}  // namespace
}  // namespace sim
