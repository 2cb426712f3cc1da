// SPDX-License-Identifier: LicenseRef-Project
// What an event of the lane `warnings` says, as a row of `ingestion_warnings` holds it.
#pragma once

#include "controlplane/event/record_decoder.h"

#include <string>
#include <string_view>

namespace cp::event {

inline constexpr std::string_view kClientWarningType = "client_ingestion_warning";

/// The details as JSON, in PostHog's words; the client's message stands in it at most once, cut to
/// 4 KiB.
std::string client_warning_details(const ProcessedEvent& event);

}  // namespace cp::event
