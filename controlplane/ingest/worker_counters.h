// SPDX-License-Identifier: LicenseRef-Project
// What the worker counts, and the line in which it says so.
#pragma once

#include "controlplane/ingest/cookieless.h"

#include <array>
#include <cstdint>
#include <string>

namespace cp::ingest {

/// What happened since a moment.
struct WorkerCounters {
  std::uint64_t records = 0;
  std::uint64_t rows = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t unknown_tokens = 0;  ///< Records whose token no project has.
  std::uint64_t undecodable = 0;     ///< Records whose body does not decode.
  std::uint64_t missing = 0;         ///< Records that the log no longer holds.
  std::uint64_t unbalanced = 0;      ///< Minutes found that do not add up (the ledger).
  std::uint64_t batches = 0;
  std::uint64_t recordings = 0;          ///< Messages of session recordings that were stored.
  std::uint64_t recording_items = 0;     ///< What was in them.
  std::uint64_t recordings_dropped = 0;  ///< Messages without session, items or a credible time.
  std::uint64_t heatmap_points = 0;      ///< Stored, of `$$heatmap` and of other events.
  std::uint64_t heatmap_points_dropped = 0;
  std::uint64_t heatmaps_dropped = 0;  ///< Events of the lane with no usable viewport, person, …
  std::uint64_t client_warnings = 0;
  std::uint64_t client_warnings_dropped = 0;
  std::array<std::uint64_t, kCookielessOutcomes> cookieless{};  ///< By CookielessOutcome.
};

/// What happened between two states, as ` name=number` each.
std::string describe(const WorkerCounters& now, const WorkerCounters& before);

}  // namespace cp::ingest
