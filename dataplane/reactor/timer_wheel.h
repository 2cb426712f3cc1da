// SPDX-License-Identifier: LicenseRef-Project
// Millisecond timers in a hierarchical wheel: arm and disarm in constant time, no memory of its own
// per timer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dp::reactor {

class Timer;

/// Told when a timer fires; the timer is disarmed by then and may be armed again from here.
class TimerListener {
 public:
  virtual void timer_fired(Timer& timer) noexcept = 0;

 protected:
  ~TimerListener() = default;
};

/// One timer, inside the object that uses it. Must be disarmed before it is destroyed.
class Timer {
 public:
  explicit Timer(TimerListener& listener) noexcept : listener_(&listener) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  Timer(Timer&&) = delete;
  Timer& operator=(Timer&&) = delete;
  ~Timer();

  [[nodiscard]] bool is_armed() const noexcept { return next_ != nullptr; }

 private:
  friend class TimerWheel;
  TimerListener* listener_;
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  std::uint64_t due_ms_ = 0;
};

/// All timers of one shard. Owner: its reactor. Thread: its own.
/// Fires never early and at most one turn of the reactor late. Bounds: 64^4 ms (4.6 hours); longer
/// waits are cut.
class TimerWheel {
 public:
  explicit TimerWheel(std::uint64_t now_ms) noexcept;
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  TimerWheel(TimerWheel&&) = delete;
  TimerWheel& operator=(TimerWheel&&) = delete;
  ~TimerWheel();

  /// (Re)arms `timer` to fire `delay_ms` from now; at least one millisecond.
  void arm(Timer& timer, std::uint64_t delay_ms) noexcept;
  static void disarm(Timer& timer) noexcept;

  /// Moves to `now_ms` and fires what is due. Returns how many fired.
  std::uint32_t advance(std::uint64_t now_ms) noexcept;

  /// Milliseconds until something may be due, ~0 when nothing is armed. Never later than the next
  /// timer.
  [[nodiscard]] std::uint64_t idle_ms() const noexcept;

 private:
  static constexpr std::size_t kLevels = 4;
  static constexpr std::size_t kSlotBits = 6;
  static constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;

  void place(Timer& timer) noexcept;
  std::uint32_t fire_slot(std::size_t slot) noexcept;
  void cascade(std::size_t level) noexcept;
  [[nodiscard]] static bool is_empty(const Timer& head) noexcept { return head.next_ == &head; }
  static void unlink(Timer& timer) noexcept;

  std::uint64_t now_ms_;
  std::array<std::array<Timer*, kSlots>, kLevels> slots_{};
};

}  // namespace dp::reactor
