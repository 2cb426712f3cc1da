// SPDX-License-Identifier: LicenseRef-Project
// Log lines of the controlplane: standard error, one line per event, the journal adds the rest.
#pragma once

#include <string_view>

namespace cp::daemon {

/// Writes `<time> <line>` in one call, so that lines of several threads never mix. Line breaks
/// become blanks.
void write_log(std::string_view line) noexcept;

}  // namespace cp::daemon
