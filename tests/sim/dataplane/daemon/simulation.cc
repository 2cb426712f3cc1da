// SPDX-License-Identifier: LicenseRef-Project
#include "tests/sim/dataplane/daemon/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sim {
namespace {

using dp::daemon::Metric;

constexpr int kLives = 4;
constexpr std::size_t kVisitorsMax = 12;
constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kSecond = 1'000 * kMillisecond;
/// Longer than any timeout of a connection and any pause of the writer.
constexpr std::uint64_t kCalmNsMax = 600 * kSecond;

constexpr std::array kAnsweredRequests = {
    Metric::flags_200,         Metric::flags_204,         Metric::flags_400,
    Metric::flags_401,         Metric::flags_405,         Metric::flags_408,
    Metric::flags_413,         Metric::remote_config_200, Metric::remote_config_304,
    Metric::remote_config_404, Metric::remote_config_405, Metric::remote_config_408,
    Metric::remote_config_413, Metric::remote_config_503, Metric::proxy_2xx,
    Metric::proxy_4xx,         Metric::proxy_5xx,         Metric::proxy_502,
    Metric::proxy_503,         Metric::proxy_504,         Metric::probe_200,
    Metric::probe_404,         Metric::probe_405,         Metric::probe_503,
    Metric::receipt_200,       Metric::receipt_400,       Metric::receipt_404,
    Metric::receipt_405,       Metric::receipt_413,       Metric::receipt_503,
    Metric::session_503};

/// Answers that a service gave to a request: by the capture outcomes, and by all others.
std::uint64_t answered_of(dp::daemon::Snapshot numbers) {
  std::uint64_t sum = 0;
  for (const std::uint64_t outcome : numbers.outcomes) {
    sum += outcome;
  }
  for (const Metric metric : kAnsweredRequests) {
    sum += numbers[metric];
  }
  return sum;
}

std::size_t group_bytes_of(std::mt19937_64& random) {
  return std::size_t{4096} * (6 + random() % 10);
}

}  // namespace

void Experience::add(const Experience& other) {
  requests += other.requests;
  acknowledged += other.acknowledged;
  lives += other.lives;
  power_cuts += other.power_cuts;
  refused_starts += other.refused_starts;
  segments_released += other.segments_released;
  removals_beside_writes += other.removals_beside_writes;
  for (std::size_t outcome = 0; outcome < dp::capture::kOutcomeCount; ++outcome) {
    outcomes[outcome] += other.outcomes[outcome];
  }
  for (std::size_t point = 0; point < kPointCount; ++point) {
    deaths[point] += other.deaths[point];
  }
  for (const auto& [status, count] : other.statuses) {
    statuses[status] += count;
  }
}

void Experience::take(dp::daemon::Snapshot numbers) {
  segments_released += numbers[Metric::log_segments_released];
  for (std::size_t outcome = 0; outcome < dp::capture::kOutcomeCount; ++outcome) {
    outcomes[outcome] += numbers.outcomes[outcome];
  }
}

Simulation::Simulation(std::uint64_t seed)
    : random_(seed),
      disk_(seed + 1),
      conditions_{{}, {group_bytes_of(random_), 0, {}}, 0},
      requests_(random_, conditions_.sizes.group_bytes_max) {
  choose_conditions();
}

void Simulation::choose_conditions() {
  auto& settings = conditions_.settings;
  auto& sizes = conditions_.sizes;
  settings.segment_bytes = sizes.group_bytes_max + std::size_t{4096} * (1 + below(30));
  has_budget_ = chance(40);
  // Room for a segment that is being written and all that may wait for it, and little more.
  const std::uint64_t least = settings.segment_bytes + 2 * sizes.group_bytes_max;
  settings.log_budget.fill(has_budget_ ? least + below(least) : dp::wal::Retention::kUnlimited);
  settings.log_seconds_max = chance(30) ? 1 + below(5) : 0;
  settings.head_timeout_ms = 500 + static_cast<std::uint32_t>(below(3000));
  settings.body_timeout_ms = 500 + static_cast<std::uint32_t>(below(3000));
  settings.body_memory_bytes = chance(50) ? 128 << 10 : 64 << 20;
  settings.may_stay_awake = chance(50);
  sizes.waiters_max = chance(30) ? 4 : 1024;
  sizes.transport.connections_max = chance(30) ? 8 : 64;
  sizes.transport.connections_spare = 2;
  conditions_.slow_percent = chance(20) ? 1 + static_cast<std::uint32_t>(below(10)) : 0;
}

void Simulation::run() {
  for (int life = 0; life < kLives && !testing::Test::HasFailure(); ++life) {
    live();
  }
  if (testing::Test::HasFailure()) {
    return;
  }
  ++life_number_;
  Life last(conditions_, clock_, disk_, trace_, random_());
  if (!begin(last)) {
    ADD_FAILURE() << "the last start failed";
    return;
  }
  recover_calmly(last);
  model_.check_refused(may_return_);
  trace_.note(1, model_.position());
  experience_.requests += model_.attempts().size();
  experience_.acknowledged += model_.acknowledged();
}

void Simulation::choose_doom(Life& life) {
  if (chance(30)) {
    return;
  }
  const auto point = static_cast<Point>(below(kPointCount));
  // Answers are more frequent than flushes, and flushes than segments.
  const bool is_flush = point == Point::flush_began || point == Point::flush_ended;
  const std::uint64_t often = point >= Point::receiving ? 40 : is_flush ? 10 : 2;
  life.doom.arm(point, 1 + static_cast<std::uint32_t>(below(often)));
}

// Starts the shard; false when the machine died meanwhile, which only the disk may cause.
bool Simulation::begin(Life& life) {
  disk_.set_delay_ns_max(1 + below(3 * kMillisecond));
  if (!life.start()) {
    EXPECT_TRUE(life.disk.has_refused_recovery())
        << "the log cannot be recovered: " << base::describe(life.recovery.error());
    ++experience_.refused_starts;
    return false;
  }
  EXPECT_EQ(life.recovery->records_missing, 0U);
  consume(chance(50) ? &life : nullptr);
  EXPECT_EQ(life.recovery->next_sequence, model_.position());
  life_began_at_ = model_.position();
  events_before_life_ = model_.events();
  counted_before_life_ = model_.counted_events();
  return true;
}

void Simulation::live() {
  ++life_number_;
  ++experience_.lives;
  auto life = std::make_unique<Life>(conditions_, clock_, disk_, trace_, random_());
  choose_doom(*life);
  if (begin(*life) && !testing::Test::HasFailure()) {
    work(*life);
    if (!life->doom.is_dead() && !testing::Test::HasFailure() && chance(50)) {
      recover_calmly(*life);
      if (chance(50) && !testing::Test::HasFailure()) {
        stop_orderly(*life);
      }
    }
  }
  die(std::move(life));
}

void Simulation::work(Life& life) {
  const std::uint64_t steps = 50 + below(600);
  const bool is_lagging = chance(50);  // the worker
  for (std::uint64_t step = 0; step < steps && !life.doom.is_dead(); ++step) {
    disturb(life);
    visit(life);
    turn(life, below(chance(1) ? 5 * kSecond : 2 * kMillisecond));
    clock_.advance_ns(chance(1) ? below(6 * kSecond) : 0);  // the machine stood still
    if (!is_lagging && chance(1) && !life.doom.is_dead()) {
      consume(&life);
    }
    if (testing::Test::HasFailure()) {
      return;
    }
  }
}

// At times the disk refuses, fills up, or becomes slow.
void Simulation::disturb(Life& life) {
  if (!chance(1)) {
    return;
  }
  switch (below(7)) {
    case 0:
      disk_.refuse_writes(1 + static_cast<std::uint32_t>(below(3)), chance(50) ? EIO : ENOSPC);
      break;
    case 1:
      disk_.refuse_renames(1, EIO);
      break;
    case 2:
      disk_.set_full(chance(50));
      break;
    case 3:
      disk_.set_delay_ns_max(1 + below(20 * kMillisecond));
      break;
    case 4:
      disk_.set_delay_ns_max(chance(20) ? 30 * kSecond : 2 * kMillisecond);
      break;
    case 5:
      life.network.refuse_accepts(1 + static_cast<std::uint32_t>(below(3)), EMFILE);
      break;
    default:
      life.clock.set_slow_percent(chance(50) ? conditions_.slow_percent : 0);
      break;
  }
}

void Simulation::visit(Life& life) {
  if (visitors_.size() < kVisitorsMax && chance(15)) {
    constexpr std::array<std::size_t, 4> kPieces = {40, 1000, 10'000, 1'000'000};
    Visitor visitor;
    visitor.client = std::make_unique<Client>(life.network, life.network.peer_connect(kFrontDoor),
                                              experience_.statuses, is_calm_);
    visitor.piece_bytes_max = kPieces.at(below(kPieces.size()));
    visitor.pipelined_max = chance(50) ? 1 : 1 + below(24);
    visitor.breaks_off_percent = chance(20) ? 5 : 0;
    visitor.is_slow_reader = chance(10);
    visitors_.push_back(std::move(visitor));
  }
  for (Visitor& visitor : visitors_) {
    act(visitor);
  }
}

void Simulation::act(Visitor& visitor) {
  Client& client = *visitor.client;
  if (chance(30) && client.waiting() < visitor.pipelined_max && !client.has_finished()) {
    const std::size_t kind = chance(70) ? below(12) : below(RequestMaker::kKinds);
    client.ask(model_.add(requests_.make(kind, last_receipt_), life_number_));
  }
  if (client.has_unsent() && chance(80)) {
    client.send(1 + below(visitor.piece_bytes_max));
  }
  if (visitor.is_slow_reader && chance(20)) {
    client.set_reading(chance(30));
  }
  if (chance(visitor.breaks_off_percent)) {
    if (chance(50)) {
      client.finish();
    } else {
      client.reset();
    }
  } else if (chance(1)) {
    client.finish();
  }
}

void Simulation::turn(Life& life, std::uint64_t wait_ns_max) {
  life.turn(wait_ns_max);
  clock_.advance_ns(1);
  for (Visitor& visitor : visitors_) {
    visitor.client->read();
    if (!visitor.client->receipt().empty()) {
      last_receipt_ = visitor.client->receipt();
    }
  }
  std::erase_if(visitors_, [](const Visitor& visitor) { return visitor.client->is_over(); });
}

// The worker reads on and, as far as the shard is told, needs nothing before it.
void Simulation::consume(Life* life) {
  disk_.export_to(directory_.path());
  model_.consume(directory_.path());
  if (life != nullptr) {
    life->place.needed_from.store(model_.position());
    life->place.stored.store(model_.position());
  }
}

// The end of a life, wherever it was.
void Simulation::die(std::unique_ptr<Life> life) {
  for (Visitor& visitor : visitors_) {
    visitor.client->end();
  }
  visitors_.clear();
  experience_.take(life->numbers());
  experience_.removals_beside_writes += life->disk.removals_beside_writes();
  if (life->doom.is_dead()) {
    ++experience_.deaths[static_cast<std::size_t>(life->doom.died_at())];
  }
  const bool is_refusal_open = life->disk.is_refusal_open();
  life.reset();
  if (chance(50)) {
    ++experience_.power_cuts;
    disk_.cut_power();
    may_return_[life_number_] = is_refusal_open;
  } else {
    disk_.kill();
  }
}

// Faults end; the dataplane must become well by itself, forget every client, have counted
// everything, and answer every kind of request as if nothing had been.
void Simulation::recover_calmly(Life& life) {
  is_calm_ = true;
  disk_.refuse_writes(0, 0);
  disk_.refuse_renames(0, 0);
  disk_.set_full(false);
  disk_.set_delay_ns_max(kMillisecond);
  life.network.refuse_accepts(0, 0);
  life.clock.set_slow_percent(0);
  life.doom.arm(Point::count, 0);
  become_quiet(life);
  if (!testing::Test::HasFailure()) {
    check_numbers(life);
    check_health(life);
  }
  is_calm_ = false;
}

void Simulation::become_quiet(Life& life) {
  for (Visitor& visitor : visitors_) {
    visitor.client->set_reading(true);
    visitor.client->send(~std::size_t{0});
    visitor.client->finish();
  }
  const std::uint64_t until_ns = clock_.monotonic_ns() + kCalmNsMax;
  const std::uint64_t at_least_ns = clock_.monotonic_ns() + 31 * kSecond;  // the slowest disk
  while (clock_.monotonic_ns() < until_ns &&
         (!visitors_.empty() || clock_.monotonic_ns() < at_least_ns)) {
    turn(life, kSecond / 2);
    if (testing::Test::HasFailure()) {
      return;
    }
  }
  EXPECT_TRUE(visitors_.empty()) << "connections are not served to their end";
  // Segments go one by one, the ledger is written once more, and its flush shows 200 ms later.
  format::Sequence seen = 0;
  do {
    consume(&life);
    seen = model_.position();
    for (int count = 0; count < 40; ++count) {
      turn(life, kSecond / 10);
    }
    consume(&life);
  } while (seen != model_.position() && !testing::Test::HasFailure());
}

void Simulation::check_numbers(Life& life) {
  auto numbers = life.numbers();
  EXPECT_EQ(numbers[Metric::connections_open], 0U);
  EXPECT_EQ(numbers[Metric::proxy_open], 0U);
  EXPECT_EQ(numbers[Metric::log_not_writable], 0U);
  EXPECT_EQ(numbers[Metric::log_records], model_.position() - life_began_at_);
  EXPECT_EQ(numbers[Metric::events_accepted], model_.events() - events_before_life_);
  std::uint64_t unanswered = numbers[Metric::session_400];
  for (const Attempt& attempt : model_.attempts()) {
    const bool is_open = attempt.fate == Fate::partial || attempt.fate == Fate::waiting;
    EXPECT_FALSE(is_open && attempt.life == life_number_) << attempt.number;
    unanswered += attempt.life == life_number_ &&
                          (attempt.fate == Fate::unanswered || attempt.fate == Fate::broken_off)
                      ? 1U
                      : 0U;
  }
  const std::uint64_t answered = answered_of(numbers);
  EXPECT_LE(answered, numbers[Metric::requests]) << "answers to nothing";
  EXPECT_LE(numbers[Metric::requests], answered + unanswered) << "requests without an outcome";
}

void Simulation::check_health(Life& life) {
  const auto before = life.numbers();
  Visitor visitor;
  std::uint64_t asked = 0;
  for (std::size_t kind = 0; kind < RequestMaker::kKinds; ++kind) {
    check_health_of(life, visitor, kind);
    ++asked;
    if (testing::Test::HasFailure()) {
      return;
    }
  }
  visitor.client->finish();
  visitors_.push_back(std::move(visitor));
  for (int count = 0; count < 20; ++count) {
    turn(life, kSecond / 10);
  }
  consume(&life);
  auto after = life.numbers();
  auto earlier = before;
  const std::uint64_t session_400 = after[Metric::session_400] - earlier[Metric::session_400];
  EXPECT_EQ(session_400, 2U);
  EXPECT_EQ(after[Metric::requests] - earlier[Metric::requests], asked - 1);  // one was none
  EXPECT_EQ(answered_of(after) - answered_of(before), asked - 2);
  EXPECT_EQ(after[Metric::connections_open], 0U);
}

// The worker reads on, and segments go while a budget runs low; a refused removal is tried again
// after a second.
void Simulation::keep_up(Life& life) {
  if (!has_budget_) {
    return;
  }
  consume(&life);
  for (int count = 0; count < 3; ++count) {
    turn(life, kSecond / 10);  // what a shard shows of itself is up to 200 ms old
  }
  const auto runs_low = [&](Metric bytes, Metric budget) {
    auto numbers = life.numbers();
    return numbers[bytes] > numbers[budget] / 2;
  };
  for (int count = 0;
       count < 60 && (runs_low(Metric::log_bytes_events, Metric::log_budget_events) ||
                      runs_low(Metric::log_bytes_replay, Metric::log_budget_replay));
       ++count) {
    turn(life, kSecond / 10);
  }
}

// One request on a connection that stays as long as it may.
void Simulation::check_health_of(Life& life, Visitor& visitor, std::size_t kind) {
  if (visitor.client == nullptr || visitor.client->is_over()) {
    visitor.client = std::make_unique<Client>(life.network, life.network.peer_connect(kFrontDoor),
                                              experience_.statuses, true);
  }
  keep_up(life);
  Attempt& attempt = model_.add(requests_.make(kind, last_receipt_), life_number_);
  const bool ends_session = attempt.ends_session;
  visitor.client->ask(attempt);
  visitor.client->send(~std::size_t{0});
  const std::uint64_t until_ns = clock_.monotonic_ns() + 5 * kSecond;
  while (clock_.monotonic_ns() < until_ns && !visitor.client->is_over() &&
         (visitor.client->waiting() > 0 || ends_session)) {
    turn(life, 10 * kMillisecond);
    visitor.client->read();
    if (ends_session && visitor.client->waiting() == 0 && !visitor.client->has_finished()) {
      visitor.client->finish();
    }
  }
  const bool is_answered = attempt.fate == Fate::acknowledged || attempt.fate == Fate::refused;
  EXPECT_TRUE(is_answered) << "request " << attempt.number << " of kind " << kind
                           << " gets no answer";
  if (attempt.stored) {
    EXPECT_EQ(attempt.fate, Fate::acknowledged) << "kind " << kind;
  }
  if (!visitor.client->receipt().empty()) {
    last_receipt_ = visitor.client->receipt();
  }
}

// Everything has been answered: the ledger holds what the log holds.
void Simulation::stop_orderly(Life& life) {
  life.shard->request_stop(-1);
  for (int count = 0; count < 100; ++count) {
    turn(life, kSecond / 10);
  }
  consume(nullptr);
  if (!has_budget_) {
    EXPECT_EQ(model_.counted_events() - counted_before_life_,
              model_.events() - events_before_life_);
  }
}

}  // namespace sim
