// SPDX-License-Identifier: LicenseRef-Project
// The event queue of the simulation: operations end when the simulated clock gets there.
#pragma once

#include "dataplane/sys/clock.h"
#include "dataplane/sys/event_queue.h"

#include <cstdint>
#include <vector>

namespace dp::sys {

/// Ends operations in the order of their due time, equal times in the order they were scheduled.
/// Waiting moves the clock; a shard that must not move a shared clock waits 0. Thread: the
/// simulation's only one.
class SimEvents final : public EventQueue {
 public:
  explicit SimEvents(SimClock& clock) noexcept : clock_(clock) {}
  SimEvents(const SimEvents&) = delete;
  SimEvents& operator=(const SimEvents&) = delete;
  SimEvents(SimEvents&&) = delete;
  SimEvents& operator=(SimEvents&&) = delete;
  ~SimEvents() = default;

  /// Ends `completion` with `result` after `delay_ns`.
  void schedule(std::uint64_t delay_ns, Completion& completion, std::int32_t result);

  void attach_thread() noexcept override {}
  void wait(std::uint64_t timeout_ns, std::uint32_t completions_wanted) noexcept override;
  void watch(std::uint64_t timeout_ns) noexcept override { wait(timeout_ns, 1); }
  std::uint32_t dispatch() noexcept override;
  void wake() noexcept override { is_woken_ = true; }
  void shut_down() noexcept override { events_.clear(); }
  [[nodiscard]] std::uint64_t kernel_entries() const noexcept override { return waits_; }

 private:
  struct Event {
    std::uint64_t due_ns = 0;
    std::uint64_t order = 0;
    Completion* completion = nullptr;
    std::int32_t result = 0;
  };
  static bool is_later(const Event& left, const Event& right) noexcept;

  SimClock& clock_;
  std::vector<Event> events_;  // a heap, the next one in front
  std::uint64_t scheduled_ = 0;
  std::uint64_t waits_ = 0;
  bool is_woken_ = false;
};

}  // namespace dp::sys
