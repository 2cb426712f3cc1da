// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/worker_counters.h"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace cp::ingest {
namespace {

using Counter = std::uint64_t WorkerCounters::*;

constexpr std::array<std::pair<std::string_view, Counter>, 16> kCounters{{
    {"records", &WorkerCounters::records},
    {"rows", &WorkerCounters::rows},
    {"duplicates", &WorkerCounters::duplicates},
    {"unknown_tokens", &WorkerCounters::unknown_tokens},
    {"undecodable", &WorkerCounters::undecodable},
    {"missing", &WorkerCounters::missing},
    {"unbalanced", &WorkerCounters::unbalanced},
    {"batches", &WorkerCounters::batches},
    {"recordings", &WorkerCounters::recordings},
    {"recording_items", &WorkerCounters::recording_items},
    {"recordings_dropped", &WorkerCounters::recordings_dropped},
    {"heatmap_points", &WorkerCounters::heatmap_points},
    {"heatmap_points_dropped", &WorkerCounters::heatmap_points_dropped},
    {"heatmaps_dropped", &WorkerCounters::heatmaps_dropped},
    {"client_warnings", &WorkerCounters::client_warnings},
    {"client_warnings_dropped", &WorkerCounters::client_warnings_dropped},
}};

}  // namespace

std::string describe(const WorkerCounters& now, const WorkerCounters& before) {
  std::string text;
  for (const auto& [name, counter] : kCounters) {
    text.append(" ").append(name).append("=");
    text.append(std::to_string(now.*counter - before.*counter));
  }
  // Most installations have no cookieless events: only what there was.
  for (std::size_t outcome = 0; outcome < kCookielessOutcomes; ++outcome) {
    const auto count = now.cookieless[outcome] - before.cookieless[outcome];
    if (count != 0) {
      text.append(" cookieless_").append(name_of(static_cast<CookielessOutcome>(outcome)));
      text.append("=").append(std::to_string(count));
    }
  }
  return text;
}

}  // namespace cp::ingest
