// SPDX-License-Identifier: LicenseRef-Project
// One function per query kind: the query's JSON in, the response's JSON text out.
// All throw InvalidQuery for the caller's mistakes and olap::QueryError when ClickHouse fails.
#pragma once

#include "controlplane/query/internal/environment.h"

#include <string>

namespace cp::query {

/// Counts per interval, series and breakdown value (analytics.md 4.2).
std::string run_trends(const JsonReader& query, const Environment& environment);

/// Ordered funnels shown as steps (analytics.md 4.3, 4.4).
std::string run_funnels(const JsonReader& query, const Environment& environment);

/// First-time and recurring retention (analytics.md 4.5).
std::string run_retention(const JsonReader& query, const Environment& environment);

/// A table of events (analytics.md 4.9).
std::string run_events(const JsonReader& query, const Environment& environment);

/// A HogQL statement (analytics.md 3).
std::string run_hogql(const JsonReader& query, const Environment& environment);

}  // namespace cp::query
