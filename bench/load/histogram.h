// SPDX-License-Identifier: LicenseRef-Project
// Latencies with three significant digits from 1 us to 60 s, in the bucket layout of HdrHistogram.
#pragma once

#include <cstdint>
#include <vector>

namespace load {

/// Counts of values in microseconds. A value is told back as the highest value of its bucket, so it
/// is never understated and overstated by less than 1/1000. Owner: anybody; thread: the owner's.
/// Bounds: values outside 1 us to 60 s count as the nearer end; about 200 KB. Never fails.
class Histogram {
 public:
  static constexpr std::uint64_t kValueMax = 60'000'000;

  Histogram();

  void record(std::uint64_t microseconds) noexcept;

  /// The value at or below which `percent` of all values lie; 0 when there are none.
  [[nodiscard]] std::uint64_t percentile(double percent) const noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// The largest value recorded, exactly.
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace load
