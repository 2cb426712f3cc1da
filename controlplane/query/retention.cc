// SPDX-License-Identifier: LicenseRef-Project
// Per actor one bit set of intervals for each entity; ClickHouse groups the actors that share both
// sets, so that the answer stays small for any number of actors.
#include "controlplane/query/internal/filters.h"
#include "controlplane/query/internal/runners.h"
#include "controlplane/query/retention_matrix.h"

#include <utility>

namespace cp::query {
namespace {

constexpr std::int64_t kIntervalsDefault = 8;

struct Plan {
  Interval period = Interval::day;
  std::string period_name;
  std::vector<Micros> starts;  // of each interval
  Micros end = 0;              // exclusive
  bool is_first_time = true;
  bool is_cumulative = false;
  std::string target;
  std::string returning;
  std::string filters;
};

// The entity of `field`; absent means the event $pageview, as upstream.
std::string entity_condition(const JsonReader& filter, std::string_view field,
                             const Environment& environment) {
  const std::optional<JsonReader> entity = filter.object(field);
  if (!entity) {
    return "events.event = '$pageview'";
  }
  if (entity->text("type").value_or("events") != "events") {
    entity->fail("type", "events (actions are not supported yet)");
  }
  return read_entity(*entity, "id", environment).condition;
}

void read_intervals(const JsonReader& query, const JsonReader& filter,
                    const Environment& environment, Plan& plan) {
  const Calendar& calendar = environment.calendar;
  plan.period_name = filter.choice("period", "Day", {"Hour", "Day", "Week", "Month"});
  plan.period = plan.period_name == "Hour"    ? Interval::hour
                : plan.period_name == "Week"  ? Interval::week
                : plan.period_name == "Month" ? Interval::month
                                              : Interval::day;
  const std::int64_t count = filter.integer("totalIntervals", kIntervalsDefault, 1,
                                            static_cast<std::int64_t>(kRetentionIntervalsMax));
  Micros to = calendar.now;
  const std::optional<JsonReader> range = query.object("dateRange");
  if (range && range->find("date_to") != nullptr) {
    const std::optional<ParsedDate> date =
        parse_date(range->required_text("date_to"), calendar, false);
    if (!date) {
      range->fail("date_to", "a date such as 2024-01-31, -7d, -1mStart or dStart");
    }
    to = date->moment;
  }
  // An hourly range ends with the hour it names, every other one with its day.
  if (plan.period != Interval::hour) {
    to = end_of_day(to, calendar);
  }
  const Micros last = floor_to(plan.period, to, calendar);
  plan.end = step(plan.period, last, 1, calendar);
  for (std::int64_t index = 0; index < count; ++index) {
    plan.starts.push_back(step(plan.period, last, index - count + 1, calendar));
  }
  if (plan.starts.front() < 0) {
    query.fail("dateRange", "dates after 1970");
  }
}

Plan read_plan(const JsonReader& query, const Environment& environment) {
  query.refuse({"samplingFactor", "aggregation_group_type_index", "breakdownFilter"});
  const std::optional<JsonReader> given = query.object("retentionFilter");
  static const boost::json::value empty = boost::json::object();
  const JsonReader filter = given ? *given : JsonReader(empty, "retentionFilter");
  filter.refuse({"retentionCustomBrackets", "aggregationProperty"});
  filter.check_choice("timeWindowMode", {"strict_calendar_dates"});
  filter.check_choice("aggregationType", {"count"});
  if (filter.integer("minimumOccurrences", 1, 1, 1'000) != 1) {
    filter.fail("minimumOccurrences", "1 (more is not supported yet)");
  }
  Plan plan;
  read_intervals(query, filter, environment, plan);
  plan.is_first_time =
      filter.choice("retentionType", "retention_first_time",
                    {"retention_first_time", "retention_recurring"}) == "retention_first_time";
  plan.is_cumulative = filter.boolean("cumulative", false);
  plan.target = entity_condition(filter, "targetEntity", environment);
  plan.returning = entity_condition(filter, "returningEntity", environment);
  plan.filters = property_condition(query, "properties", environment);
  return plan;
}

// Bit i for a moment in interval i; `moment` is SQL of seconds since 1970.
std::string bit_sql(const Plan& plan, const std::string& moment) {
  std::string starts;
  for (const Micros start : plan.starts) {
    starts += (starts.empty() ? "" : ", ") + std::to_string(start / kSecondMicros);
  }
  const std::string list = "CAST([" + starts + "], 'Array(Int64)')";
  return "toUInt64(bitShiftLeft(toUInt64(1), toUInt8(indexOf(" + list + ", roundDown(toInt64(" +
         moment + "), " + list + ")) - 1)))";
}

std::string statement(const Plan& plan, const Environment& environment) {
  const std::string in_range = "events.timestamp >= " + sql_moment(plan.starts.front());
  const std::string before_end = "events.timestamp < " + sql_moment(plan.end);
  const std::string event_bit = bit_sql(plan, "toUnixTimestamp(events.timestamp)");
  const std::string target = "(" + plan.target + ")";
  const std::string returning = "((" + plan.returning + ") AND " + in_range + ")";
  // Only the first target event of all time counts, so history before the range has to be read,
  // too.
  const std::string cohorts =
      plan.is_first_time
          ? "if(minIf(events.timestamp, " + target + ") >= " + sql_moment(plan.starts.front()) +
                ", " + bit_sql(plan, "toUnixTimestamp(minIf(events.timestamp, " + target + "))") +
                ", toUInt64(0))"
          : "groupBitOrIf(" + event_bit + ", " + target + ")";
  const std::string rows = all_of({
      hog::project_guard(environment.hogql),
      before_end,
      plan.is_first_time ? "" : in_range,
      target + " OR " + returning,
      plan.filters,
  });
  return "SELECT cohorts, returns, count() AS actors FROM (SELECT " + cohorts +
         " AS cohorts, groupBitOrIf(" + event_bit + ", " + returning +
         ") AS returns FROM events AS events WHERE " + rows +
         " GROUP BY events.person_id HAVING countIf(" + target +
         ") > 0) WHERE cohorts != 0 GROUP BY cohorts, returns";
}

std::vector<RetentionGroup> read_groups(const Plan& plan, const Environment& environment) {
  std::vector<RetentionGroup> groups;
  for (const boost::json::array& row : environment.rows(statement(plan, environment))) {
    groups.push_back({row.at(0).to_number<std::uint64_t>(), row.at(1).to_number<std::uint64_t>(),
                      row.at(2).to_number<std::uint64_t>()});
  }
  return groups;
}

}  // namespace

std::string run_retention(const JsonReader& query, const Environment& environment) {
  const Plan plan = read_plan(query, environment);
  const auto matrix =
      retention_matrix(read_groups(plan, environment), plan.starts.size(), plan.is_cumulative);
  boost::json::array results;
  for (std::size_t row = 0; row < matrix.size(); ++row) {
    boost::json::array values;
    for (std::size_t column = 0; column < matrix[row].size(); ++column) {
      values.push_back(
          boost::json::object{{"count", matrix[row][column]},
                              {"label", plan.period_name + " " + std::to_string(column)}});
    }
    results.push_back(
        boost::json::object{{"label", plan.period_name + " " + std::to_string(row)},
                            {"date", iso_text(plan.starts[row], environment.calendar)},
                            {"values", std::move(values)}});
  }
  boost::json::object response;
  response["results"] = std::move(results);
  response["timezone"] = environment.hogql.timezone;
  response["resolved_date_range"] = {
      {"date_from", iso_text(plan.starts.front(), environment.calendar)},
      {"date_to", iso_text(plan.end - 1, environment.calendar)}};
  return boost::json::serialize(response);
}

}  // namespace cp::query
