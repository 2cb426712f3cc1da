// SPDX-License-Identifier: LicenseRef-Project
#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace load {
namespace {

/// Values below 2048 have a bucket each; every further doubling is cut into 1024, so that a bucket
/// is at most 1/1024 of its values wide.
constexpr std::uint32_t kSubBits = 11;
constexpr std::uint64_t kSubCount = std::uint64_t{1} << kSubBits;
constexpr std::uint64_t kHalfCount = kSubCount / 2;

/// How many low bits `value` loses in its bucket.
constexpr std::uint32_t dropped_bits(std::uint64_t value) {
  const auto width = static_cast<std::uint32_t>(std::bit_width(value));
  return width > kSubBits ? width - kSubBits : 0;
}

constexpr std::uint64_t index_of(std::uint64_t value) {
  const auto bits = dropped_bits(value);
  return bits * kHalfCount + (value >> bits);
}

constexpr std::uint64_t highest_of(std::uint64_t index) {
  if (index < kSubCount) {
    return index;
  }
  const auto bits = index / kHalfCount - 1;
  return ((index - bits * kHalfCount + 1) << bits) - 1;
}
static_assert(highest_of(index_of(2047)) == 2047 && highest_of(index_of(2048)) == 2049);

}  // namespace

Histogram::Histogram() : counts_(index_of(kValueMax) + 1) {}

void Histogram::record(std::uint64_t microseconds) noexcept {
  const auto value = std::clamp<std::uint64_t>(microseconds, 1, kValueMax);
  ++counts_[index_of(value)];
  ++count_;
  max_ = std::max(max_, value);
}

std::uint64_t Histogram::percentile(double percent) const noexcept {
  if (count_ == 0) {
    return 0;
  }
  // 99.9 percent of 1000 is 999, whatever the division leaves behind the point.
  const auto share = std::ceil(percent / 100.0 * static_cast<double>(count_) - 1e-6);
  const auto wanted = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(share), 1, count_);
  std::uint64_t passed = 0;
  for (std::uint64_t index = 0; index < counts_.size(); ++index) {
    passed += counts_[index];
    if (passed >= wanted) {
      return std::min(highest_of(index), max_);
    }
  }
  return max_;
}

}  // namespace load
