// SPDX-License-Identifier: LicenseRef-Project
// Goal: percentiles are those of the values recorded, within the promised three digits, over the
// whole range. Method: compare with a sorted list of the same values.
#include "bench/load/histogram.h"

#include "bench/load/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace load {
namespace {

std::uint64_t exact(const std::vector<std::uint64_t>& sorted, double percent) {
  const auto rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()) - 1e-6);
  return sorted[static_cast<std::size_t>(rank) - 1];
}

TEST(HistogramTest, PercentilesAgreeWithSortedValues) {
  Histogram histogram;
  Random random(7);
  std::vector<std::uint64_t> values;
  for (int count = 0; count < 100'000; ++count) {
    // Even over the magnitudes, so that every kind of bucket is used.
    const auto value = static_cast<std::uint64_t>(std::exp(random.unit() * std::log(6e7))) + 1;
    values.push_back(std::min(value, Histogram::kValueMax));
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const auto percent : {0.001, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto truth = exact(values, percent);
    const auto told = histogram.percentile(percent);
    EXPECT_GE(told, truth) << percent;
    EXPECT_LE(static_cast<double>(told), static_cast<double>(truth) * 1.001) << percent;
  }
  EXPECT_EQ(histogram.count(), values.size());
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(HistogramTest, SmallValuesAreExact) {
  for (std::uint64_t value = 1; value < 2048; ++value) {
    Histogram histogram;
    histogram.record(value);
    histogram.record(Histogram::kValueMax);
    EXPECT_EQ(histogram.percentile(50), value);
  }
}

TEST(HistogramTest, EndsOfTheRangeTakeWhatLiesOutside) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(99), 0U);
  histogram.record(0);
  EXPECT_EQ(histogram.percentile(50), 1U);
  histogram.record(Histogram::kValueMax + 1);
  EXPECT_EQ(histogram.percentile(100), Histogram::kValueMax);
}

TEST(HistogramTest, OneLateValueShowsOnlyWhereItIs) {
  Histogram histogram;
  for (int count = 0; count < 999; ++count) {
    histogram.record(100);
  }
  histogram.record(5'000'000);
  EXPECT_EQ(histogram.percentile(99.9), 100U);
  EXPECT_EQ(histogram.percentile(99.91), 5'000'000U);
}

}  // namespace
}  // namespace load
