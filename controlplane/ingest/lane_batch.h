// SPDX-License-Identifier: LicenseRef-Project
// What of a batch ends beside the table `events`: rows of `heatmaps` and `ingestion_warnings`,
// encoded for ClickHouse as they arrive.
#pragma once

#include "controlplane/event/heatmap.h"
#include "controlplane/event/record_decoder.h"
#include "dataplane/format/log_record.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cp::ingest {

/// The tables of the lanes.
enum class LaneTable : std::uint8_t { heatmaps, warnings };

/// One insert.
struct LaneSlice {
  LaneTable table = LaneTable::heatmaps;
  std::string token;
  std::string_view rows;
};

/// What the lanes of the records so far came to.
struct LaneCounters {
  std::uint64_t heatmap_points = 0;
  std::uint64_t points_dropped = 0;  ///< No place, no type, or beyond a limit.
  /// Events of the lane without a usable viewport, person, link or time, by HeatmapOutcome.
  std::array<std::uint64_t, 5> heatmaps_dropped{};
  std::uint64_t warnings = 0;
  std::uint64_t warnings_dropped = 0;  ///< Beyond kWarningsPerRecordMax.

  [[nodiscard]] std::uint64_t heatmap_events_dropped() const noexcept;
};

/// Where an event stands: its project and its record.
struct LaneOrigin {
  std::int64_t project_id = 0;
  std::uint32_t partition = 0;
  format::Sequence sequence = 0;
};

/// The rows of the lanes in a range of one partition; they depend on the records and the projects'
/// tokens alone. Reused from batch to batch; thread: one. Bounds: kRecordBytesMax of heatmap rows a
/// record, since a small request may name one long link with every point; kWarningsPerRecordMax.
class LaneBatch {
 public:
  static constexpr const char* kHeatmapColumns =
      "session_id, team_id, distinct_id, timestamp, x, y, scale_factor, viewport_width, "
      "viewport_height, pointer_target_fixed, current_url, type, uuid, _index, _partition, _offset";
  static constexpr const char* kWarningColumns =
      "team_id, source, type, details, timestamp, uuid, _partition, _offset";
  static constexpr std::size_t kRecordBytesMax = std::size_t{64} << 20;
  static constexpr std::size_t kWarningsPerRecordMax = 1'000;

  /// An insert of points is cut behind the event that reaches `slice_bytes`.
  explicit LaneBatch(std::size_t slice_bytes) : slice_bytes_(slice_bytes) {}

  /// Forgets everything. Memory that an unusually large batch took is given back.
  void start();

  /// The next events are those of another record.
  void start_record() noexcept {
    record_begin_ = heatmaps_.size();
    record_warnings_ = 0;
  }

  /// An event whose lane is not `events`; false when nothing of it is stored.
  bool add(const event::ProcessedEvent& event, const LaneOrigin& origin);

  [[nodiscard]] std::size_t bytes() const noexcept { return heatmaps_.size() + warnings_.size(); }
  [[nodiscard]] const LaneCounters& counters() const noexcept { return counters_; }

  /// The inserts to make, named after the batch; valid until the batch changes.
  [[nodiscard]] std::vector<LaneSlice> slices(const std::string& batch_token) const;

 private:
  bool add_heatmap(const event::ProcessedEvent& event, const LaneOrigin& origin);
  bool add_warning(const event::ProcessedEvent& event, const LaneOrigin& origin);

  std::size_t slice_bytes_;
  std::unique_ptr<event::HeatmapReader> reader_ = std::make_unique<event::HeatmapReader>();
  event::Heatmap heatmap_;
  std::string heatmaps_;
  std::string warnings_;
  std::size_t record_begin_ = 0;
  std::size_t record_warnings_ = 0;
  std::vector<std::size_t> slice_ends_;  ///< Of the slices of `heatmaps_` that are full.
  LaneCounters counters_;
};

}  // namespace cp::ingest
