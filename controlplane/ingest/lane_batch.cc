// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/lane_batch.h"

#include "controlplane/event/client_warning.h"
#include "controlplane/ingest/internal/row_binary.h"

#include <numeric>

namespace cp::ingest {
namespace {

/// Room for the numbers of a row and the lengths of its texts.
constexpr std::size_t kFixedBytes = 160;
constexpr std::size_t kCapacityKept = std::size_t{64} << 20;
/// The column tells who warned; the worker, for the client.
constexpr std::string_view kSource = "ingestion";

}  // namespace

std::uint64_t LaneCounters::heatmap_events_dropped() const noexcept {
  return std::accumulate(heatmaps_dropped.begin(), heatmaps_dropped.end(), std::uint64_t{0});
}

void LaneBatch::start() {
  if (heatmaps_.capacity() > kCapacityKept) {
    std::string().swap(heatmaps_);
    reader_ = std::make_unique<event::HeatmapReader>();
  }
  heatmaps_.clear();
  warnings_.clear();
  start_record();
  slice_ends_.clear();
  counters_ = {};
}

bool LaneBatch::add(const event::ProcessedEvent& event, const LaneOrigin& origin) {
  return event.lane == event::Lane::heatmaps ? add_heatmap(event, origin)
                                             : add_warning(event, origin);
}

bool LaneBatch::add_heatmap(const event::ProcessedEvent& event, const LaneOrigin& origin) {
  const auto outcome = reader_->read(event, heatmap_);
  if (outcome != event::HeatmapOutcome::read) {
    ++counters_.heatmaps_dropped[static_cast<std::size_t>(outcome)];
    return false;
  }
  counters_.points_dropped += heatmap_.dropped;
  std::uint32_t index = 0;
  for (const auto& point : heatmap_.points) {
    const std::size_t bytes_max = kFixedBytes + heatmap_.session_id.size() +
                                  event.distinct_id.size() + point.url.size() + point.type.size();
    if (heatmaps_.size() - record_begin_ + bytes_max > kRecordBytesMax) {
      counters_.points_dropped += heatmap_.points.size() - index;
      break;
    }
    internal::RowWriter writer(heatmaps_, bytes_max);
    writer.text(heatmap_.session_id);
    writer.number(origin.project_id);
    writer.text(event.distinct_id);
    writer.number(event.timestamp_us);
    writer.number(point.x);
    writer.number(point.y);
    writer.number(event::kHeatmapScale);
    writer.number(heatmap_.viewport_width);
    writer.number(heatmap_.viewport_height);
    writer.number(static_cast<std::uint8_t>(point.is_target_fixed ? 1 : 0));
    writer.text(point.url);
    writer.text(point.type);
    writer.uuid(event.uuid);
    writer.number(index++);
    writer.number(origin.partition);
    writer.number(origin.sequence);
    writer.finish();
  }
  counters_.heatmap_points += index;
  const std::size_t begin = slice_ends_.empty() ? 0 : slice_ends_.back();
  if (heatmaps_.size() - begin >= slice_bytes_) {
    slice_ends_.push_back(heatmaps_.size());
  }
  return true;
}

bool LaneBatch::add_warning(const event::ProcessedEvent& event, const LaneOrigin& origin) {
  if (record_warnings_ == kWarningsPerRecordMax) {
    ++counters_.warnings_dropped;
    return false;
  }
  ++record_warnings_;
  const std::string details = event::client_warning_details(event);
  internal::RowWriter writer(
      warnings_, kFixedBytes + kSource.size() + event::kClientWarningType.size() + details.size());
  writer.number(origin.project_id);
  writer.text(kSource);
  writer.text(event::kClientWarningType);
  writer.text(details);
  writer.number(event.created_us);
  writer.uuid(event.uuid);
  writer.number(origin.partition);
  writer.number(origin.sequence);
  writer.finish();
  ++counters_.warnings;
  return true;
}

std::vector<LaneSlice> LaneBatch::slices(const std::string& batch_token) const {
  std::vector<LaneSlice> slices;
  const std::string_view bytes = heatmaps_;
  std::size_t begin = 0;
  const auto cut = [&](std::size_t end) {
    if (end > begin) {
      slices.push_back({LaneTable::heatmaps, batch_token + "-h" + std::to_string(slices.size()),
                        bytes.substr(begin, end - begin)});
      begin = end;
    }
  };
  for (const std::size_t end : slice_ends_) {
    cut(end);
  }
  cut(bytes.size());
  if (!warnings_.empty()) {
    slices.push_back({LaneTable::warnings, batch_token + "-w", warnings_});
  }
  return slices;
}

}  // namespace cp::ingest
