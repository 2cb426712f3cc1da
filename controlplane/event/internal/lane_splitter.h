// SPDX-License-Identifier: LicenseRef-Project
// Sends a decoded event to its lane, and what it tells about a page to the heatmaps.
#pragma once

#include "controlplane/event/properties.h"
#include "controlplane/event/record_decoder.h"

#include <string>
#include <string_view>

namespace cp::event::internal {

/// Reuses its memory. Owner: a decoder; one thread.
class LaneSplitter {
 public:
  /// `event` as it is stored, `sent_properties` as the client sent them: a heatmap is made of
  /// those.
  void deliver(ProcessedEvent event, std::string_view sent_properties, bool has_heatmap,
               EventSink& sink);

 private:
  std::string heatmap_json_;
};

}  // namespace cp::event::internal
