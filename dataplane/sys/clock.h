// SPDX-License-Identifier: LicenseRef-Project
// Time as the dataplane sees it: given from outside, so that tests and the simulation own it.
#pragma once

#include <cstdint>

namespace dp::sys {

/// A source of time. Thread: any, unless an implementation says otherwise.
class Clock {
 public:
  /// Nanoseconds since an arbitrary start; never goes back.
  [[nodiscard]] virtual std::uint64_t monotonic_ns() const noexcept = 0;

  /// Microseconds since 1970 UTC; may jump when the machine's clock is set.
  [[nodiscard]] virtual std::int64_t realtime_us() const noexcept = 0;

 protected:
  ~Clock() = default;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::uint64_t monotonic_ns() const noexcept override;
  [[nodiscard]] std::int64_t realtime_us() const noexcept override;
};

/// A clock that stands still until it is told to move. Thread: the simulation's only one.
class SimClock final : public Clock {
 public:
  [[nodiscard]] std::uint64_t monotonic_ns() const noexcept override { return now_ns_; }
  [[nodiscard]] std::int64_t realtime_us() const noexcept override {
    return kStartUs + static_cast<std::int64_t>(now_ns_ / 1000);
  }

  void advance_ns(std::uint64_t nanoseconds) noexcept { now_ns_ += nanoseconds; }

 private:
  static constexpr std::int64_t kStartUs = 1'700'000'000'000'000;
  std::uint64_t now_ns_ = 1;
};

}  // namespace dp::sys
