// SPDX-License-Identifier: LicenseRef-Project
// When requests are meant to leave, whatever became of the earlier ones: that makes the load open.
#pragma once

#include "bench/load/random.h"

#include <cstdint>

namespace load {

enum class Spacing : std::uint8_t { fixed, poisson };

/// The intended times of requests at a mean rate, in nanoseconds from the start.
/// Owner: the driver. Bounds: none; the same seed gives the same times. Never fails.
class Schedule {
 public:
  /// `rate_per_second` must be above 0.
  Schedule(double rate_per_second, Spacing spacing, std::uint64_t seed);

  /// When the next request is due.
  [[nodiscard]] std::uint64_t next_ns() const noexcept { return static_cast<std::uint64_t>(next_); }

  /// The one after it becomes the next.
  void advance() noexcept;

 private:
  double gap_ns_;
  double next_ = 0;
  Spacing spacing_;
  Random random_;
};

}  // namespace load
