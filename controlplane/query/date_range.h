// SPDX-License-Identifier: LicenseRef-Project
// Date ranges of insights: relative and absolute dates, and the axis of intervals, in the project's
// zone.
#pragma once

#include "controlplane/zone/time_zone.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cp::query {

using zone::TimeZone;

enum class Interval : std::uint8_t { hour, day, week, month };

/// Moments are microseconds since 1970 UTC.
using Micros = std::int64_t;
inline constexpr Micros kSecondMicros = 1'000'000;

/// The project's calendar at the moment a query runs.
struct Calendar {
  TimeZone zone;
  bool week_starts_monday = false;
  Micros now = 0;
};

/// A date as written in a query, resolved.
struct ParsedDate {
  Micros moment = 0;
  bool is_relative = false;
  bool is_hours = false;  ///< relative in hours or finer, which keeps its time of day
};

/// Reads `-7d`, `mStart`, `-1dEnd`, `2024-01-31`, `2024-01-31T10:00:00+01:00`, …
/// (analytics.md 4.1). With `is_start`, a relative date in days or longer begins at 00:00. Nothing
/// when it is none of these.
std::optional<ParsedDate> parse_date(std::string_view text, const Calendar& calendar,
                                     bool is_start);

/// The start of the interval that holds `moment`.
Micros floor_to(Interval interval, Micros moment, const Calendar& calendar);

/// The start of the interval `count` intervals after the one that starts at `start`.
Micros step(Interval interval, Micros start, std::int64_t count, const Calendar& calendar);

/// The last microsecond of the local day of `moment`.
Micros end_of_day(Micros moment, const Calendar& calendar);

/// From the interval that holds `from` to the one that holds `to`; stops after `count_max` + 1
/// points.
std::vector<Micros> axis(Interval interval, Micros from, Micros to, const Calendar& calendar,
                         std::size_t count_max);

/// `2020-01-09`, or `2020-01-09 13:00:00` for hours.
std::string day_text(Interval interval, Micros moment, const Calendar& calendar);

/// `9-Jan-2020`, or `9-Jan-2020 13:00` for hours.
std::string label_text(Interval interval, Micros moment, const Calendar& calendar);

/// ISO 8601 with the zone's offset: `2020-01-09T00:00:00+01:00`; `Z` when it is zero.
std::string iso_text(Micros moment, const Calendar& calendar);

/// `moment` as a ClickHouse literal of type DateTime64(6, 'UTC').
std::string sql_moment(Micros moment);

}  // namespace cp::query
