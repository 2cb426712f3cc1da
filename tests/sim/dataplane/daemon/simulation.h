// SPDX-License-Identifier: LicenseRef-Project
// One seed: a machine that lives several times on one disk, and the clients that do not know.
#pragma once

#include "dataplane/sys/sim_disk.h"
#include "tests/sim/dataplane/daemon/client.h"
#include "tests/sim/dataplane/daemon/life.h"
#include "tests/sim/dataplane/daemon/model.h"
#include "tests/sim/dataplane/daemon/requests.h"
#include "tests/support/temporary_directory.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace sim {

/// What a seed came across, so that a campaign can tell that it met everything.
struct Experience {
  std::uint64_t requests = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t lives = 0;
  std::uint64_t power_cuts = 0;
  std::uint64_t refused_starts = 0;
  std::uint64_t segments_released = 0;
  std::uint64_t removals_beside_writes = 0;
  std::array<std::uint64_t, kPointCount> deaths{};  ///< By the point at which a life ended.
  std::array<std::uint64_t, dp::capture::kOutcomeCount> outcomes{};  ///< As counted by the shards.
  StatusCounts statuses;  ///< Answers that clients have read.

  void add(const Experience& other);
  /// The numbers of a life that is over.
  void take(dp::daemon::Snapshot numbers);
};

/// Runs a seed from an empty disk to the last check; failures are GoogleTest's.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);

  void run();

  /// Of everything that left the machine and when.
  [[nodiscard]] std::uint64_t trace() const noexcept { return trace_.hash(); }
  [[nodiscard]] const Experience& experience() const noexcept { return experience_; }

 private:
  // How a connection behaves.
  struct Visitor {
    std::unique_ptr<Client> client;
    std::size_t piece_bytes_max = 1;
    std::size_t pipelined_max = 1;
    std::uint32_t breaks_off_percent = 0;
    bool is_slow_reader = false;
  };

  [[nodiscard]] bool chance(std::uint32_t percent) { return random_() % 100 < percent; }
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  void choose_conditions();
  void choose_doom(Life& life);
  bool begin(Life& life);
  void live();
  void work(Life& life);
  void disturb(Life& life);
  void visit(Life& life);
  void act(Visitor& visitor);
  void turn(Life& life, std::uint64_t wait_ns_max);
  void consume(Life* life);
  void die(std::unique_ptr<Life> life);

  void recover_calmly(Life& life);
  void become_quiet(Life& life);
  void check_numbers(Life& life);
  void check_health(Life& life);
  void keep_up(Life& life);
  void check_health_of(Life& life, Visitor& visitor, std::size_t kind);
  void stop_orderly(Life& life);

  std::mt19937_64 random_;
  dp::sys::SimClock clock_;
  Trace trace_{clock_};
  dp::sys::SimDisk disk_;
  Conditions conditions_;
  RequestMaker requests_;
  Model model_;
  support::TemporaryDirectory directory_;
  std::vector<Visitor> visitors_;
  std::uint32_t life_number_ = 0;
  format::Sequence life_began_at_ = 0;
  std::uint64_t events_before_life_ = 0;
  std::uint64_t counted_before_life_ = 0;
  std::string last_receipt_;
  std::map<std::uint32_t, bool> may_return_;  // refused requests, by life
  bool has_budget_ = false;
  bool is_calm_ = false;
  Experience experience_;
};

}  // namespace sim
