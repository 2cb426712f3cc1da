// SPDX-License-Identifier: LicenseRef-Project
// The loop of one shard: harvest completions, poll, fire timers, submit, and block when there is
// nothing to do.
#pragma once

#include "dataplane/reactor/timer_wheel.h"
#include "dataplane/sys/clock.h"
#include "dataplane/sys/event_queue.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace dp::reactor {

/// A wish about the next wait: at most `ns_max`, and, for `completions` above 1, that a few
/// completions alone need not end it early, or that the thread stay awake instead.
struct Sleep {
  std::uint64_t ns_max = sys::EventQueue::kForever;
  std::uint32_t completions = 1;
  bool is_awake = false;
};

/// Work that a module does once per turn of the loop, between harvesting and submitting. Whoever
/// leaves work for a poller that has already had its turn must return a full budget, or the loop
/// may sleep on it.
class Poller {
 public:
  /// Does at most about `budget` pieces of work and returns how many; a full budget asks for
  /// another turn at once.
  virtual std::uint32_t poll(std::uint64_t now_ns, std::uint32_t budget) noexcept = 0;

  /// How the loop may sleep before this poller's next turn. Asked after the last poll of each turn.
  [[nodiscard]] virtual Sleep sleep_allowed() const noexcept { return {}; }

 protected:
  ~Poller() = default;
};

/// One shard's loop. Owner: the daemon. Everything reachable from it is used on its thread only,
/// but for `stop` and `counters`. Order of a turn: wait, completions, timers,
/// pollers in the order they were added.
class Reactor {
 public:
  struct Options {
    std::int32_t cpu = -1;       ///< Pins the thread that calls `run`; -1 leaves it to the kernel.
    std::uint32_t budget = 512;  ///< Pieces of work per poller and turn.
  };

  /// Numbers for /metrics; one writer, readable from any thread.
  struct Counters {
    std::atomic<std::uint64_t> turns{0};
    std::atomic<std::uint64_t> idle_waits{0};  ///< Turns that could sleep in the kernel.
    std::atomic<std::uint64_t> work{0};        ///< Completions, poller work and timers.
    std::atomic<std::uint64_t> busy_ns{0};     ///< Time outside of waiting.
    std::atomic<std::uint64_t> longest_turn_ns{0};
  };

  static constexpr std::size_t kPollersMax = 8;

  Reactor(sys::EventQueue& events, const sys::Clock& clock, Options options) noexcept;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  Reactor(Reactor&&) = delete;
  Reactor& operator=(Reactor&&) = delete;
  ~Reactor() = default;

  /// Adds a poller before `run`; they are polled in this order (the log's writer before the
  /// transport, so that answers leave in the same submission). At most kPollersMax.
  void add_poller(Poller& poller) noexcept;

  /// Runs on the calling thread until `stop`, then shuts the event queue down.
  void run() noexcept;

  /// One turn. `wait_ns_max` bounds the wait (0: never blocks). For tests and simulations; `run`
  /// repeats it. Returns the work done.
  std::uint32_t turn(std::uint64_t wait_ns_max) noexcept;

  /// Ends `run`. Any thread, and signal handlers.
  void stop() noexcept;

  [[nodiscard]] TimerWheel& timers() noexcept { return timers_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

  /// Time at the start of this turn; cheap, and the same for everything that happens in it.
  [[nodiscard]] std::uint64_t now_ns() const noexcept { return now_ns_; }
  [[nodiscard]] std::int64_t realtime_us() const noexcept { return realtime_us_; }

 private:
  void read_clock() noexcept;
  [[nodiscard]] Sleep next_sleep(std::uint64_t wait_ns_max) const noexcept;
  void pin_thread() const noexcept;

  sys::EventQueue& events_;
  const sys::Clock& clock_;
  Options options_;
  std::uint64_t now_ns_ = 0;
  std::int64_t realtime_us_ = 0;
  bool has_more_work_ = true;  // the first turn polls before it sleeps
  std::size_t poller_count_ = 0;
  std::array<Poller*, kPollersMax> pollers_{};
  TimerWheel timers_;
  std::atomic<bool> is_stopping_{false};
  Counters counters_;
};

}  // namespace dp::reactor
