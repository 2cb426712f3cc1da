// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/internal/lane_splitter.h"

#include "controlplane/event/internal/json_text.h"

#include <algorithm>
#include <array>

namespace cp::event::internal {
namespace {

constexpr std::string_view kHeatmap = "$$heatmap";
constexpr std::string_view kClientWarning = "$$client_ingestion_warning";

/// What a heatmap needs. PostHog also copies what its ids are made of; ours are made before.
constexpr std::array<std::string_view, 7> kHeatmapProperties = {
    "$heatmap_data",           "$viewport_height",          "$viewport_width", "$session_id",
    "$prev_pageview_pathname", "$prev_pageview_max_scroll", "$current_url"};

Lane lane_of(std::string_view name) noexcept {
  if (!name.starts_with("$$")) {
    return Lane::events;
  }
  return name == kHeatmap ? Lane::heatmaps : name == kClientWarning ? Lane::warnings : Lane::events;
}

void copy_heatmap_properties(std::string& out, std::string_view properties) {
  out.assign(1, '{');
  MemberScanner scanner(properties);
  Member member;
  while (scanner.next(member)) {
    if (std::find(kHeatmapProperties.begin(), kHeatmapProperties.end(), member.key) !=
        kHeatmapProperties.end()) {
      out.append(out.size() == 1 ? "" : ",").append(member.whole);
    }
  }
  out += '}';
}

}  // namespace

void LaneSplitter::deliver(ProcessedEvent event, std::string_view sent_properties, bool has_heatmap,
                           EventSink& sink) {
  event.lane = lane_of(event.name);
  if (event.lane != Lane::heatmaps) {
    sink.add(event);
    if (!has_heatmap || event.lane == Lane::warnings) {
      return;
    }
    event.is_part = true;
  }
  copy_heatmap_properties(heatmap_json_, sent_properties);
  event.lane = Lane::heatmaps;
  event.name = kHeatmap;
  event.properties_json = heatmap_json_;
  event.elements_chain = {};
  sink.add(event);
}

}  // namespace cp::event::internal
