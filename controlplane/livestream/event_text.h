// SPDX-License-Identifier: LicenseRef-Project
// What a subscriber of the live stream asked for, and the JSON text of one event for it
// (pipeline.md 9).
#pragma once

#include "controlplane/event/record_decoder.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cp::livestream {

/// Which events, and how much of them. Empty members ask for everything.
struct Filter {
  std::vector<std::string> event_types;  ///< names, any of them
  std::string distinct_id;
  std::optional<std::vector<std::string>> columns;  ///< property names; absent: all, empty: none
};

/// Whether `event` is wanted.
bool matches(const Filter& filter, const event::ProcessedEvent& event);

/// `{"uuid","timestamp","distinct_id","person_id","event","properties"}` on one line.
std::string event_text(std::int64_t project_id, const Filter& filter,
                       const event::ProcessedEvent& event);

}  // namespace cp::livestream
