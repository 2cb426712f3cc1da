// SPDX-License-Identifier: LicenseRef-Project
// Which events the AI routes take (capture-protocol sections 14 and 16).
#pragma once

#include "dataplane/format/log_record.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace format::codec {

/// What every AI event's name starts with.
inline constexpr std::string_view kAiNamePrefix = "$ai_";

/// The names of the AI lane; other `$ai_…` names are ordinary events.
inline constexpr std::array<std::string_view, 11> kAiLaneNames = {"$ai_generation",
                                                                  "$ai_embedding",
                                                                  "$ai_evaluation",
                                                                  "$ai_span",
                                                                  "$ai_trace",
                                                                  "$ai_metric",
                                                                  "$ai_feedback",
                                                                  "$ai_tag",
                                                                  "$ai_generation_summary",
                                                                  "$ai_trace_summary",
                                                                  "$ai_evaluation_report"};

/// Whether the route takes an event of that name. Routes that are not for AI take every name.
[[nodiscard]] constexpr bool takes_name(Endpoint endpoint, std::string_view name) noexcept {
  switch (endpoint) {
    case Endpoint::ai_batch:
    case Endpoint::ai_v1:
      return std::find(kAiLaneNames.begin(), kAiLaneNames.end(), name) != kAiLaneNames.end();
    case Endpoint::ai_event:
      return name.starts_with(kAiNamePrefix);
    default:
      return true;
  }
}

}  // namespace format::codec
