// SPDX-License-Identifier: LicenseRef-Project
// The retention matrix out of actors' interval sets (analytics.md 4.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cp::query {

inline constexpr std::size_t kRetentionIntervalsMax = 64;

/// `actors` people who share the same sets: bit i of `cohorts` means "belongs to the cohort of
/// interval i", bit i of `returns` "did the returning event in interval i".
struct RetentionGroup {
  std::uint64_t cohorts = 0;
  std::uint64_t returns = 0;
  std::uint64_t actors = 0;
};

/// Row i, column k: how many of cohort i came back in interval i + k; column 0 is the cohort's
/// size. Every row has `intervals` columns, the future ones are 0. `cumulative` counts who came
/// back in interval i + k or later.
std::vector<std::vector<std::uint64_t>> retention_matrix(std::span<const RetentionGroup> groups,
                                                         std::size_t intervals, bool cumulative);

}  // namespace cp::query
