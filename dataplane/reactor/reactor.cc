// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/reactor/reactor.h"

#include "dataplane/base/check.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

namespace dp::reactor {
namespace {

constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;

/// The longest sleep that completions may be kept waiting for (Sleep::completions).
constexpr std::uint64_t kSleepOverCompletionsNsMax = kNanosecondsPerMillisecond;

// One writer: a plain add that readers may see late.
void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

Reactor::Reactor(sys::EventQueue& events, const sys::Clock& clock, Options options) noexcept
    : events_(events),
      clock_(clock),
      options_(options),
      now_ns_(clock.monotonic_ns()),
      realtime_us_(clock.realtime_us()),
      timers_(now_ns_ / kNanosecondsPerMillisecond) {}

void Reactor::add_poller(Poller& poller) noexcept {
  CHECK(poller_count_ < kPollersMax);
  pollers_[poller_count_++] = &poller;
}

void Reactor::read_clock() noexcept {
  now_ns_ = clock_.monotonic_ns();
  realtime_us_ = clock_.realtime_us();
  timers_.observe(now_ns_ / kNanosecondsPerMillisecond);
}

// How the loop may sleep: not at all with work left, else until the next timer or as the pollers
// say. Only a short sleep may pass over completions, so that nobody waits for long.
Sleep Reactor::next_sleep(std::uint64_t wait_ns_max) const noexcept {
  if (has_more_work_) {
    return {0, 1};
  }
  Sleep sleep{wait_ns_max, 1};
  for (std::size_t index = 0; index < poller_count_; ++index) {
    const Sleep allowed = pollers_[index]->sleep_allowed();
    sleep.ns_max = std::min(sleep.ns_max, allowed.ns_max);
    sleep.completions = std::max(sleep.completions, allowed.completions);
    sleep.is_awake = sleep.is_awake || allowed.is_awake;
  }
  if (sleep.ns_max > kSleepOverCompletionsNsMax) {
    sleep.completions = 1;
  }
  const std::uint64_t idle_ms = timers_.idle_ms();
  if (idle_ms <= sys::EventQueue::kForever / kNanosecondsPerMillisecond) {
    sleep.ns_max = std::min(sleep.ns_max, idle_ms * kNanosecondsPerMillisecond);
  }
  return sleep;
}

std::uint32_t Reactor::turn(std::uint64_t wait_ns_max) noexcept {
  const Sleep sleep = next_sleep(wait_ns_max);
  const bool is_watching = sleep.is_awake && sleep.ns_max > 0;
  if (is_watching) {
    events_.watch(sleep.ns_max);
  } else {
    events_.wait(sleep.ns_max, sleep.completions);
  }
  read_clock();
  const std::uint64_t begin_ns = now_ns_;
  std::uint32_t work = events_.dispatch();
  work += timers_.fire_due();
  has_more_work_ = false;
  for (std::size_t index = 0; index < poller_count_; ++index) {
    const std::uint32_t done = pollers_[index]->poll(now_ns_, options_.budget);
    has_more_work_ = has_more_work_ || done >= options_.budget;
    work += done;
  }
  add(counters_.turns, 1);
  add(counters_.work, work);
  add(counters_.idle_waits, sleep.ns_max > 0 && !is_watching ? 1 : 0);
  const std::uint64_t busy_ns = clock_.monotonic_ns() - begin_ns;
  add(counters_.busy_ns, busy_ns);
  if (busy_ns > counters_.longest_turn_ns.load(std::memory_order_relaxed)) {
    counters_.longest_turn_ns.store(busy_ns, std::memory_order_relaxed);
  }
  return work;
}

void Reactor::pin_thread() const noexcept {
  if (options_.cpu < 0) {
    return;
  }
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(static_cast<std::size_t>(options_.cpu), &cpus);
  // A forbidden or missing core leaves the thread where the kernel puts it.
  static_cast<void>(::pthread_setaffinity_np(::pthread_self(), sizeof(cpus), &cpus));
}

void Reactor::run() noexcept {
  pin_thread();
  events_.attach_thread();
  while (!is_stopping_.load(std::memory_order_acquire)) {
    turn(sys::EventQueue::kForever);
  }
  events_.shut_down();
}

void Reactor::stop() noexcept {
  is_stopping_.store(true, std::memory_order_release);
  events_.wake();
}

}  // namespace dp::reactor
