// SPDX-License-Identifier: LicenseRef-Project
// What is wrong with the conservation ledger, as the worker leaves it in the event log.
#pragma once

#include "appliance/health/problems.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ap::health {

/// Minutes that do not balance, events that wait too long, a check that is overdue, at `now_s`
/// (seconds since 1970). None where no worker has checked a ledger yet.
std::vector<Problem> ledger_problems(const std::filesystem::path& event_log, std::int64_t now_s);

}  // namespace ap::health
