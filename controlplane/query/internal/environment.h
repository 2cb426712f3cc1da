// SPDX-License-Identifier: LicenseRef-Project
// What every runner needs: the project, its calendar at this moment, and the way to ClickHouse.
#pragma once

#include "controlplane/hog/printer.h"
#include "controlplane/query/date_range.h"
#include "controlplane/query/internal/json_reader.h"
#include "controlplane/query/query_runner.h"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cp::query {

/// Bounds of one query.
inline constexpr std::size_t kSeriesMax = 20;
inline constexpr std::size_t kPointsMax = 5'000;
inline constexpr std::size_t kFilterEntriesMax = 200;

/// Lives as long as one call of QueryRunner::run.
struct Environment {
  const RunSql& run_sql;
  Calendar calendar;
  hog::Context hogql;

  /// Runs a statement and returns the body, read-only and bounded in time.
  [[nodiscard]] std::string run(const std::string& sql) const;

  /// Runs a statement without FORMAT and returns its rows as JSON arrays.
  [[nodiscard]] std::vector<boost::json::array> rows(const std::string& sql) const;

  /// Compiles a user's expression; HogqlError becomes InvalidQuery about `attr`.
  [[nodiscard]] std::string expression(const std::string& text, const std::string& attr) const;
};

/// The range of an insight: events with `from` <= timestamp <= `to`.
struct DateRange {
  Micros from = 0;
  Micros to = 0;
  Interval interval = Interval::day;
  bool is_hour_start = false;  ///< date_from was relative in hours: not floored to the day
};

/// Reads `interval` and `dateRange` of an insight by the rules of analytics.md 4.1; asks ClickHouse
/// for the earliest event when date_from is `all`.
DateRange read_date_range(const JsonReader& query, const Environment& environment);

/// Reads `interval`.
Interval read_interval(const JsonReader& query);

/// `a AND b` over the conditions that are not empty; `1` when all are.
std::string all_of(const std::vector<std::string>& conditions);

/// A number that JSON shows without an exponent or a fraction when it is whole.
boost::json::value json_number(double value);

/// `events.timestamp` between two moments, both inclusive.
std::string time_condition(Micros from, Micros to);

}  // namespace cp::query
