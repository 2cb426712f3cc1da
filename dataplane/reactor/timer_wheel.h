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

/// A place in one of the wheel's lists.
struct TimerLink {
  TimerLink* previous = nullptr;
  TimerLink* next = nullptr;
};

/// One timer, inside the object that uses it. Destroying an armed one disarms it.
class Timer : private TimerLink {
 public:
  explicit Timer(TimerListener& listener) noexcept : listener_(&listener) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  Timer(Timer&&) = delete;
  Timer& operator=(Timer&&) = delete;
  ~Timer();

  [[nodiscard]] bool is_armed() const noexcept { return next != nullptr; }

 private:
  friend class TimerWheel;
  TimerListener* listener_;
  std::uint64_t due_ms_ = 0;
};

/// All timers of one shard. Owner: its reactor; outlives the timers. Thread: its own.
/// Counts whole milliseconds: fires less than one too early, and at most one turn of the reactor
/// late. Bounds: about 64^4 ms (4.6 hours); longer waits are cut.
class TimerWheel {
 public:
  explicit TimerWheel(std::uint64_t now_ms) noexcept;
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  TimerWheel(TimerWheel&&) = delete;
  TimerWheel& operator=(TimerWheel&&) = delete;
  ~TimerWheel() = default;

  /// (Re)arms `timer` to fire `delay_ms` after the time last observed; at least one millisecond.
  void arm(Timer& timer, std::uint64_t delay_ms) noexcept;
  static void disarm(Timer& timer) noexcept;

  /// Tells the time without firing, so that what is armed next counts from it.
  void observe(std::uint64_t now_ms) noexcept;

  /// Fires what is due at the time last observed. Returns how many fired.
  std::uint32_t fire_due() noexcept;

  /// Milliseconds from the time last observed until something may be due, ~0 when nothing is armed.
  /// Never later than the next timer.
  [[nodiscard]] std::uint64_t idle_ms() const noexcept;

 private:
  static constexpr std::size_t kLevels = 4;
  static constexpr std::size_t kSlotBits = 6;
  static constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;

  void place(Timer& timer) noexcept;
  [[nodiscard]] std::uint64_t ms_to_next_slot() const noexcept;
  void cascade() noexcept;
  std::uint32_t fire_slot() noexcept;
  Timer* take_first(std::size_t level, std::size_t slot) noexcept;

  std::uint64_t position_ms_;  // the wheel has fired everything up to here
  std::uint64_t observed_ms_;
  std::array<std::uint64_t, kLevels> occupied_{};  // one bit per slot that may hold timers
  std::array<std::array<TimerLink, kSlots>, kLevels> slots_{};
};

}  // namespace dp::reactor
