// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/query/retention_matrix.h"

#include <bit>

namespace cp::query {

namespace {

// Counts the actors of one group in the row of one of its cohorts.
void add(const RetentionGroup& group, std::size_t cohort, bool cumulative,
         std::vector<std::uint64_t>& row) {
  row[0] += group.actors;
  const std::uint64_t later = group.returns >> cohort;
  const std::uint64_t furthest = 64 - static_cast<std::uint64_t>(std::countl_zero(later));
  for (std::size_t column = 1; column < row.size() - cohort; ++column) {
    const bool came_back = cumulative ? column < furthest : (later >> column & 1U) != 0;
    if (came_back) {
      row[column] += group.actors;
    }
  }
}

}  // namespace

std::vector<std::vector<std::uint64_t>> retention_matrix(std::span<const RetentionGroup> groups,
                                                         std::size_t intervals, bool cumulative) {
  std::vector<std::vector<std::uint64_t>> matrix(intervals, std::vector<std::uint64_t>(intervals));
  for (const RetentionGroup& group : groups) {
    for (std::size_t cohort = 0; cohort < intervals; ++cohort) {
      if ((group.cohorts >> cohort & 1U) != 0) {
        add(group, cohort, cumulative, matrix[cohort]);
      }
    }
  }
  return matrix;
}

}  // namespace cp::query
