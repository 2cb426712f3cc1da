// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/sys/sim_events.h"

#include <algorithm>
#include <utility>

namespace dp::sys {

bool SimEvents::is_later(const Event& left, const Event& right) noexcept {
  return std::pair(left.due_ns, left.order) > std::pair(right.due_ns, right.order);
}

void SimEvents::schedule(std::uint64_t delay_ns, Completion& completion, std::int32_t result) {
  events_.push_back(Event{clock_.monotonic_ns() + delay_ns, scheduled_++, &completion, result});
  std::push_heap(events_.begin(), events_.end(), is_later);
}

void SimEvents::wait(std::uint64_t timeout_ns, std::uint32_t /*completions_wanted*/) noexcept {
  ++waits_;
  const std::uint64_t now_ns = clock_.monotonic_ns();
  if (std::exchange(is_woken_, false) || timeout_ns == 0) {
    return;
  }
  std::uint64_t sleep_ns = timeout_ns;
  if (!events_.empty()) {
    const std::uint64_t due_ns = events_.front().due_ns;
    sleep_ns = std::min(sleep_ns, due_ns > now_ns ? due_ns - now_ns : 0);
  }
  if (sleep_ns != kForever) {
    clock_.advance_ns(sleep_ns);
  }
}

std::uint32_t SimEvents::dispatch() noexcept {
  const std::uint64_t now_ns = clock_.monotonic_ns();
  const std::uint64_t scheduled_before = scheduled_;
  std::uint32_t dispatched = 0;
  while (!events_.empty() && events_.front().due_ns <= now_ns &&
         events_.front().order < scheduled_before) {
    std::pop_heap(events_.begin(), events_.end(), is_later);
    const Event event = events_.back();
    events_.pop_back();
    event.completion->completed(event.result);
    ++dispatched;
  }
  return dispatched;
}

}  // namespace dp::sys
