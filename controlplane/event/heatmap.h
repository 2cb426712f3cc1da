// SPDX-License-Identifier: LicenseRef-Project
// What an event of the lane `heatmaps` says: where somebody clicked, moved or how far they
// scrolled, on a grid of 16 pixels.
#pragma once

#include "controlplane/event/record_decoder.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace cp::event {

/// Pixels per unit of every coordinate (PostHog's).
inline constexpr std::int16_t kHeatmapScale = 16;

/// One place on one page. Views live until the reader's next `read`.
struct HeatmapPoint {
  std::string_view type;  ///< `click`, `rageclick`, `mousemove`, `scrolldepth`.
  std::string_view url;
  std::int16_t x = 0;
  std::int16_t y = 0;
  bool is_target_fixed = false;
};

/// The points of one event and what they share.
struct Heatmap {
  std::string_view session_id;  ///< Empty when it is none, or longer than `kSessionBytesMax`.
  std::int16_t viewport_width = 0;
  std::int16_t viewport_height = 0;
  std::vector<HeatmapPoint> points;
  std::size_t dropped = 0;  ///< Points without a place or a type, or beyond a limit.
};

/// Why an event of the lane brings no points.
enum class HeatmapOutcome : std::uint8_t {
  read,
  invalid_distinct_id,
  invalid_viewport,
  invalid_data,  ///< `$heatmap_data` is no object, or `$current_url` no link.
  invalid_time,  ///< Older than the table keeps, or ahead of its receipt by more than a day.
};

/// Reads heatmaps one after another, reusing its memory. Thread: one. Bounds: `kPointsMax` points
/// an event, `kUrlBytesMax` a link, `kTypeBytesMax` a type.
class HeatmapReader {
 public:
  static constexpr std::size_t kPointsMax = 10'000;
  static constexpr std::size_t kUrlBytesMax = 4'096;
  static constexpr std::size_t kTypeBytesMax = 64;
  static constexpr std::size_t kSessionBytesMax = 200;
  static constexpr std::int64_t kDaysKept = 90;  ///< The TTL of the table `heatmaps`.

  HeatmapReader();
  HeatmapReader(const HeatmapReader&) = delete;
  HeatmapReader& operator=(const HeatmapReader&) = delete;
  HeatmapReader(HeatmapReader&&) = delete;
  HeatmapReader& operator=(HeatmapReader&&) = delete;
  ~HeatmapReader();

  /// Fills `heatmap`; it is empty unless the outcome is `read`.
  HeatmapOutcome read(const ProcessedEvent& event, Heatmap& heatmap);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cp::event
