// SPDX-License-Identifier: LicenseRef-Project
// Goal: requests are due at the asked rate, evenly or as a Poisson process, and repeatably.
#include "bench/load/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace load {
namespace {

std::vector<double> gaps(Spacing spacing, std::uint64_t seed) {
  constexpr double kRate = 10'000;
  Schedule schedule(kRate, spacing, seed);
  std::vector<double> result;
  for (int count = 0; count < 100'000; ++count) {
    const auto before = schedule.next_ns();
    schedule.advance();
    result.push_back(static_cast<double>(schedule.next_ns() - before));
  }
  return result;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const auto value : values) {
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
  const auto middle = mean(values);
  double squares = 0;
  for (const auto value : values) {
    squares += (value - middle) * (value - middle);
  }
  return std::sqrt(squares / static_cast<double>(values.size()));
}

TEST(ScheduleTest, FixedGapsAreAllTheSame) {
  const auto found = gaps(Spacing::fixed, 1);
  EXPECT_NEAR(mean(found), 100'000, 1);
  EXPECT_LT(deviation(found), 1);
}

TEST(ScheduleTest, FixedScheduleDoesNotDrift) {
  // 3 per second has no whole number of nanoseconds; after a day it must still be on time.
  Schedule schedule(3, Spacing::fixed, 1);
  for (int count = 0; count < 3 * 86'400; ++count) {
    schedule.advance();
  }
  EXPECT_NEAR(static_cast<double>(schedule.next_ns()), 86'400e9, 1e6);
}

TEST(ScheduleTest, PoissonGapsAreExponential) {
  // An exponential distribution has its mean as deviation, and 1/e of it lies above the mean.
  const auto found = gaps(Spacing::poisson, 1);
  EXPECT_NEAR(mean(found), 100'000, 1'500);
  EXPECT_NEAR(deviation(found), 100'000, 2'500);
  std::size_t above = 0;
  for (const auto gap : found) {
    above += gap > 100'000 ? 1U : 0U;
  }
  EXPECT_NEAR(static_cast<double>(above) / static_cast<double>(found.size()), 1 / 2.718281828,
              0.01);
}

TEST(ScheduleTest, SeedDecidesTheTimes) {
  EXPECT_EQ(gaps(Spacing::poisson, 5), gaps(Spacing::poisson, 5));
  EXPECT_NE(gaps(Spacing::poisson, 5), gaps(Spacing::poisson, 6));
}

}  // namespace
}  // namespace load
