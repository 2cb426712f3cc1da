// SPDX-License-Identifier: LicenseRef-Project
// Goal: interval sets of actors become upstream's matrices.
// Method: worked expectations 1 and 2 of analytics.md section 8, then first-time and cumulative
// rules.
#include "controlplane/query/retention_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace cp::query {
namespace {

using ::testing::ElementsAre;
using Row = std::vector<std::uint64_t>;

std::uint64_t bits(std::initializer_list<unsigned> intervals) {
  std::uint64_t set = 0;
  for (const unsigned interval : intervals) {
    set |= std::uint64_t{1} << interval;
  }
  return set;
}

// An actor whose target and returning events are the same.
RetentionGroup recurring(std::initializer_list<unsigned> intervals) {
  return {bits(intervals), bits(intervals), 1};
}

Row padded(Row row, std::size_t size) {
  row.resize(size);
  return row;
}

TEST(RetentionMatrixTest, DailyExpectation) {
  const std::vector<RetentionGroup> groups = {recurring({0, 1, 2, 5, 6}), recurring({1, 2, 3, 6})};
  const std::vector<Row> expected = {{1, 1, 1, 0, 0, 1, 1},
                                     {2, 2, 1, 0, 1, 2},
                                     {2, 1, 0, 1, 2},
                                     {1, 0, 0, 1},
                                     {0},
                                     {1, 1},
                                     {2},
                                     {0},
                                     {0},
                                     {0},
                                     {0}};
  const auto matrix = retention_matrix(groups, 11, false);
  for (std::size_t row = 0; row < 11; ++row) {
    EXPECT_EQ(matrix[row], padded(expected[row], 11)) << row;
  }
}

TEST(RetentionMatrixTest, MonthlyExpectation) {
  const std::vector<RetentionGroup> groups = {recurring({0, 1, 2, 4, 5, 8}),
                                              recurring({0, 1, 2, 5, 6, 10})};
  const auto matrix = retention_matrix(groups, 11, false);
  EXPECT_THAT(matrix[0], ElementsAre(2, 2, 2, 0, 1, 2, 1, 0, 1, 0, 1));
  EXPECT_EQ(matrix[1], padded({2, 2, 0, 1, 2, 1, 0, 1, 0, 1}, 11));
  EXPECT_EQ(matrix[2], padded({2, 0, 1, 2, 1, 0, 1, 0, 1}, 11));
  EXPECT_EQ(matrix[3], Row(11));
}

TEST(RetentionMatrixTest, CountsActorsOfAGroupTogether) {
  const std::vector<RetentionGroup> groups = {{bits({0}), bits({1}), 5}, {bits({0}), 0, 7}};
  EXPECT_THAT(retention_matrix(groups, 2, false),
              ElementsAre(ElementsAre(12, 5), ElementsAre(0, 0)));
}

TEST(RetentionMatrixTest, TheCohortItselfIsNotAReturn) {
  const std::vector<RetentionGroup> groups = {{bits({1}), bits({0, 1}), 1}};
  EXPECT_THAT(retention_matrix(groups, 3, false),
              ElementsAre(ElementsAre(0, 0, 0), ElementsAre(1, 0, 0), ElementsAre(0, 0, 0)));
}

TEST(RetentionMatrixTest, CumulativeCountsLaterReturns) {
  const std::vector<RetentionGroup> groups = {{bits({0}), bits({3}), 2}, {bits({0}), bits({1}), 1}};
  EXPECT_THAT(retention_matrix(groups, 5, true)[0], ElementsAre(3, 3, 2, 2, 0));
}

TEST(RetentionMatrixTest, TakesSixtyFourIntervals) {
  const std::vector<RetentionGroup> groups = {{bits({0, 63}), bits({63}), 1}};
  const auto matrix = retention_matrix(groups, 64, false);
  EXPECT_EQ(matrix[0][63], 1U);
  EXPECT_EQ(matrix[63][0], 1U);
  EXPECT_EQ(retention_matrix(groups, 64, true)[0][1], 1U);
}

}  // namespace
}  // namespace cp::query
