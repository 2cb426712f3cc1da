// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/reactor/reactor.h"

#include "dataplane/base/check.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

namespace dp::reactor {
namespace {

constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;

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

// How long the loop may sleep: not at all with work left, else until the next timer.
std::uint64_t Reactor::wait_ns(std::uint64_t wait_ns_max) const noexcept {
  if (has_more_work_) {
    return 0;
  }
  const std::uint64_t idle_ms = timers_.idle_ms();
  if (idle_ms > sys::EventQueue::kForever / kNanosecondsPerMillisecond) {
    return wait_ns_max;
  }
  return std::min(wait_ns_max, idle_ms * kNanosecondsPerMillisecond);
}

std::uint32_t Reactor::turn(std::uint64_t wait_ns_max) noexcept {
  const std::uint64_t wait = wait_ns(wait_ns_max);
  events_.wait(wait);
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
  add(counters_.idle_waits, wait > 0 ? 1 : 0);
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
