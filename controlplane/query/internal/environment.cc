// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/query/internal/environment.h"

#include "controlplane/hog/parser.h"

#include <algorithm>
#include <cmath>

namespace cp::query {
namespace {

// DateTime64 of ClickHouse and the 32-bit seconds of its bucket arithmetic hold 1970 to 2105.
constexpr Micros kMomentMax = Micros{4'262'304'000} * kSecondMicros;

// ClickHouse reads no statement beyond its max_query_size, 256 KiB by default.
constexpr std::size_t kStatementBytesMax = 260'000;

const olap::Parameters& settings() {
  static const olap::Parameters always = {
      {"readonly", "2"},
      {"max_execution_time", "60"},
      // An answer is held in memory, so a huge one is refused.
      {"max_result_bytes", "536870912"},
      {"result_overflow_mode", "throw"},
      {"date_time_output_format", "iso"},
      {"output_format_json_quote_64bit_integers", "0"},
      {"output_format_json_escape_forward_slashes", "0"},
  };
  return always;
}

Micros earliest_event(const Environment& environment) {
  const auto rows = environment.rows(
      "SELECT count() > 0 ? toUnixTimestamp64Micro(min(events.timestamp)) : -1 "
      "FROM events AS events WHERE " +
      hog::project_guard(environment.hogql));
  const Micros earliest = rows.empty() ? -1 : rows.front().at(0).to_number<std::int64_t>();
  return earliest < 0 ? environment.calendar.now : earliest;
}

ParsedDate read_date(const JsonReader& range, std::string_view name, const Calendar& calendar,
                     bool is_start) {
  const std::string text = range.required_text(name);
  const std::optional<ParsedDate> date = parse_date(text, calendar, is_start);
  if (!date) {
    range.fail(name, "a date such as 2024-01-31, -7d, -1mStart or dStart");
  }
  return *date;
}

}  // namespace

std::string Environment::run(const std::string& sql) const {
  if (sql.size() > kStatementBytesMax) {
    throw InvalidQuery("query", "query: expected fewer or shorter expressions and filters");
  }
  return run_sql(sql, settings());
}

std::vector<boost::json::array> Environment::rows(const std::string& sql) const {
  const std::string body = run(sql + " FORMAT JSONCompactEachRow");
  std::vector<boost::json::array> rows;
  std::string_view rest = body;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.empty()) {
      rows.push_back(boost::json::parse(line).as_array());
    }
  }
  return rows;
}

std::string Environment::expression(const std::string& text, const std::string& attr) const {
  try {
    return hog::print_expression(hog::parse_expression(text), hogql);
  } catch (const hog::HogqlError& error) {
    throw InvalidQuery(attr, attr + ": " + error.what());
  }
}

Interval read_interval(const JsonReader& query) {
  const std::string name = query.choice("interval", "day", {"hour", "day", "week", "month"});
  if (name == "hour") {
    return Interval::hour;
  }
  if (name == "week") {
    return Interval::week;
  }
  return name == "month" ? Interval::month : Interval::day;
}

DateRange read_date_range(const JsonReader& query, const Environment& environment) {
  const Calendar& calendar = environment.calendar;
  const std::optional<JsonReader> fields = query.object("dateRange");
  DateRange range;
  range.interval = read_interval(query);
  range.from = step(Interval::day, floor_to(Interval::day, calendar.now, calendar), -7, calendar);
  range.to = calendar.now;
  bool is_end_relative = true;
  if (fields && fields->find("date_from") != nullptr) {
    if (fields->text("date_from") == "all") {
      range.from = earliest_event(environment);
    } else {
      const ParsedDate date = read_date(*fields, "date_from", calendar, true);
      range.from = date.moment;
      range.is_hour_start = date.is_hours;
    }
  }
  if (fields && fields->find("date_to") != nullptr) {
    const ParsedDate date = read_date(*fields, "date_to", calendar, false);
    range.to = date.moment;
    is_end_relative = date.is_relative;
  }
  const bool is_exact = fields && fields->boolean("explicitDate", false);
  if (!is_exact && range.interval != Interval::hour) {
    range.to = end_of_day(range.to, calendar);
  } else if (!is_exact && is_end_relative) {
    range.to = step(Interval::hour, floor_to(Interval::hour, range.to, calendar), 1, calendar) - 1;
  }
  range.from = std::clamp(range.from, Micros{0}, kMomentMax);
  range.to = std::clamp(range.to, Micros{0}, kMomentMax);
  const bool keeps_start =
      range.interval == Interval::hour || (range.interval == Interval::day && range.is_hour_start);
  if (!is_exact && !keeps_start) {
    range.from = floor_to(range.interval, range.from, calendar);
  }
  if (range.from > range.to) {
    throw InvalidQuery("dateRange", "dateRange: expected date_from before date_to");
  }
  return range;
}

std::string all_of(const std::vector<std::string>& conditions) {
  std::string sql;
  for (const std::string& condition : conditions) {
    if (condition.empty()) {
      continue;
    }
    if (!sql.empty()) {
      sql += " AND ";
    }
    sql += "(" + condition + ")";
  }
  return sql.empty() ? "1" : sql;
}

boost::json::value json_number(double value) {
  constexpr double kWholeMax = 9e15;  // below 2^53
  if (value == std::floor(value) && std::abs(value) < kWholeMax) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

std::string time_condition(Micros from, Micros to) {
  return "events.timestamp >= " + sql_moment(from) + " AND events.timestamp <= " + sql_moment(to);
}

}  // namespace cp::query
