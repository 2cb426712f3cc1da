// SPDX-License-Identifier: LicenseRef-Project
// SQL returns sparse (breakdown, interval, value) rows; the axis and its zeros are made here, so
// that intervals follow the project's calendar exactly on every ClickHouse.
#include "controlplane/hog/sql_text.h"
#include "controlplane/query/internal/filters.h"
#include "controlplane/query/internal/runners.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace cp::query {
namespace {

constexpr const char* kOther = "$$_posthog_breakdown_other_$$";
constexpr const char* kNone = "$$_posthog_breakdown_null_$$";
constexpr std::int64_t kBreakdownLimit = 25;
constexpr std::int64_t kBreakdownLimitMax = 200;

// A series' aggregate; ClickHouse can keep its state and finish it later, which lets one pass over
// the events serve both the ranking of breakdown values and the folding of the small ones.
struct Aggregate {
  std::string function;
  std::string parameters;  // "(0.5)"
  std::string arguments;

  [[nodiscard]] std::string value() const { return finished(function + parameters, arguments); }
  [[nodiscard]] std::string state() const {
    return function + "State" + parameters + "(" + arguments + ")";
  }
  [[nodiscard]] std::string merged(const std::string& states) const {
    return finished(function + "Merge" + parameters, states);
  }

 private:
  // No number at all is 0.
  static std::string finished(const std::string& call, const std::string& over) {
    return "ifNull(" + call + "(" + over + "), 0)";
  }
};

Aggregate read_aggregate(const SeriesNode& node) {
  const std::string math = node.reader.text("math").value_or("total");
  if (math == "total") {
    return {"count", "", ""};
  }
  if (math == "dau") {
    return {"uniqExact", "", "events.person_id"};
  }
  if (math == "unique_session") {
    return {"uniqExactIf", "", "events.`$session_id`, events.`$session_id` != ''"};
  }
  static constexpr std::array<std::array<const char*, 3>, 9> kPropertyMath = {{
      {"avg", "avg", ""},
      {"sum", "sum", ""},
      {"min", "min", ""},
      {"max", "max", ""},
      {"median", "quantile", "(0.5)"},
      {"p75", "quantile", "(0.75)"},
      {"p90", "quantile", "(0.9)"},
      {"p95", "quantile", "(0.95)"},
      {"p99", "quantile", "(0.99)"},
  }};
  for (const auto& [name, function, parameters] : kPropertyMath) {
    if (math != name) {
      continue;
    }
    const std::string property = event_property(node.reader.required_text("math_property"));
    return {function, parameters, "toFloat64OrNull(" + property + ")"};
  }
  node.reader.fail(
      "math", "one of total, dau, unique_session, avg, sum, min, max, median, p75, p90, p95, p99");
}

// What the whole query says about every series.
struct Plan {
  DateRange range;
  std::vector<Micros> axis;
  std::string conditions;  // guard, range and global filters
  std::optional<std::string> breakdown;
  std::int64_t breakdown_limit = kBreakdownLimit;
  bool hides_other = false;
  bool is_total = false;  // one number per series instead of a line
  bool is_cumulative = false;
  std::size_t series_count = 0;
};

void read_display(const JsonReader& query, Plan& plan) {
  const std::optional<JsonReader> filter = query.object("trendsFilter");
  if (!filter) {
    return;
  }
  filter->refuse({"formula", "formulas", "formulaNodes"});
  if (filter->integer("smoothingIntervals", 1, 1, 1000) != 1) {
    throw InvalidQuery("trendsFilter.smoothingIntervals",
                       "trendsFilter.smoothingIntervals is not supported yet");
  }
  const std::string display =
      filter->choice("display", "ActionsLineGraph",
                     {"ActionsLineGraph", "ActionsLineGraphCumulative", "ActionsAreaGraph",
                      "ActionsBar", "ActionsUnstackedBar", "ActionsStackedBar", "BoldNumber",
                      "ActionsPie", "ActionsBarValue", "ActionsTable", "WorldMap"});
  plan.is_cumulative = display == "ActionsLineGraphCumulative";
  plan.is_total = display == "BoldNumber" || display == "ActionsPie" ||
                  display == "ActionsBarValue" || display == "ActionsTable" ||
                  display == "WorldMap";
}

void read_breakdown(const JsonReader& query, Plan& plan) {
  const std::optional<JsonReader> filter = query.object("breakdownFilter");
  if (!filter) {
    return;
  }
  filter->refuse(
      {"breakdown_histogram_bin_count", "breakdown_normalize_url", "breakdown_group_type_index"});
  plan.breakdown_limit = filter->integer("breakdown_limit", kBreakdownLimit, 1, kBreakdownLimitMax);
  plan.hides_other = filter->boolean("breakdown_hide_other_aggregation", false);
  std::optional<std::string> property;
  const boost::json::array& list = filter->array("breakdowns", 1);
  if (!list.empty()) {
    const JsonReader entry(list.front(), filter->path_of("breakdowns") + ".0");
    entry.check_choice("type", {"event"});
    property = entry.required_text("property");
  } else if (filter->find("breakdown") != nullptr) {
    filter->check_choice("breakdown_type", {"event"});
    property = filter->required_text("breakdown");
  }
  if (!property) {
    return;
  }
  plan.breakdown = "ifNull(" + event_property(*property) + ", " + hog::sql_string(kNone) + ")";
}

// The buckets of the axis as a ClickHouse expression: the start of the interval, in seconds.
std::string bucket_sql(const std::vector<Micros>& axis) {
  std::string bounds;
  for (const Micros point : axis) {
    bounds += (bounds.empty() ? "" : ", ") + std::to_string(point / kSecondMicros);
  }
  return "roundDown(toInt64(toUnixTimestamp(events.timestamp)), CAST([" + bounds +
         "], 'Array(Int64)'))";
}

// Values of one line of the chart, by interval.
using Line = std::vector<double>;

// One breakdown value and its line.
struct ValueLine {
  std::string value;
  std::int64_t place = 0;
  Line line;
};

class SeriesRun {
 public:
  SeriesRun(const SeriesNode& node, const Plan& plan, const Environment& environment)
      : plan_(plan), environment_(environment), aggregate_(read_aggregate(node)) {
    rows_ =
        " FROM events AS events WHERE " + plan.conditions + " AND (" + node.entity.condition + ")";
    bucket_ = plan.is_total ? "toInt64(" + std::to_string(plan.axis.front() / kSecondMicros) + ")"
                            : bucket_sql(plan.axis);
  }

  // Lines in the order they are shown: the largest first, then the ones without a value, then the
  // rest.
  std::vector<ValueLine> run() {
    std::map<std::string, ValueLine> lines;
    if (!plan_.breakdown) {
      lines[""] = ValueLine{"", 0, Line(plan_.axis.size())};
    }
    for (const boost::json::array& row : environment_.rows(
             plan_.breakdown ? breakdown_statement(*plan_.breakdown) : plain_statement())) {
      add(row, lines[std::string(row.at(0).as_string())]);
    }
    if (plan_.hides_other) {
      lines.erase(kOther);
    }
    std::vector<ValueLine> result;
    result.reserve(lines.size());
    for (auto& [value, line] : lines) {
      result.push_back(std::move(line));
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const ValueLine& left, const ValueLine& right) {
                       return std::pair(rank(left.value), left.place) <
                              std::pair(rank(right.value), right.place);
                     });
    return result;
  }

 private:
  static int rank(const std::string& value) { return value == kOther ? 2 : value == kNone ? 1 : 0; }

  [[nodiscard]] std::string plain_statement() const {
    return "SELECT '' AS breakdown, " + bucket_ + " AS bucket, " + aggregate_.value() +
           " AS value, 0" + rows_ + " GROUP BY breakdown, bucket";
  }

  // Innermost: a state per value and interval. Around it: values ranked by the sum of their
  // intervals, the ones without the property last. Outermost: all but the first folded into one.
  [[nodiscard]] std::string breakdown_statement(const std::string& breakdown) const {
    const std::string none = hog::sql_string(kNone);
    return "SELECT if(breakdown = " + none +
           " OR place <= " + std::to_string(plan_.breakdown_limit) + ", breakdown, " +
           hog::sql_string(kOther) + ") AS shown, item.1 AS bucket, " +
           aggregate_.merged("item.2") +
           " AS value, min(place) FROM (SELECT breakdown, items, row_number() OVER (ORDER BY "
           "breakdown = " +
           none +
           " ASC, total DESC, breakdown ASC) AS place FROM (SELECT breakdown, "
           "groupArray((bucket, " +
           "state)) AS items, sum(finalizeAggregation(state)) AS total FROM (SELECT " + breakdown +
           " AS breakdown, " + bucket_ + " AS bucket, " + aggregate_.state() + " AS state" + rows_ +
           " GROUP BY breakdown, bucket) GROUP BY breakdown)) ARRAY JOIN items AS item GROUP BY "
           "shown, bucket";
  }

  void add(const boost::json::array& row, ValueLine& line) const {
    line.value = row.at(0).as_string();
    line.place = row.at(3).to_number<std::int64_t>();
    line.line.resize(plan_.axis.size());
    const Micros bucket = row.at(1).to_number<std::int64_t>() * kSecondMicros;
    const auto point = std::lower_bound(plan_.axis.begin(), plan_.axis.end(), bucket);
    if (point == plan_.axis.end()) {
      return;
    }
    line.line[static_cast<std::size_t>(point - plan_.axis.begin())] =
        row.at(2).is_null() ? 0 : row.at(2).to_number<double>();
  }

  const Plan& plan_;
  const Environment& environment_;
  Aggregate aggregate_;
  std::string rows_;
  std::string bucket_;
};

std::string line_label(const SeriesNode& node, const Plan& plan, const std::string& value) {
  if (!plan.breakdown) {
    return node.entity.label();
  }
  const std::string shown_value = value == kNone ? "none" : value == kOther ? "Other" : value;
  return plan.series_count == 1 ? shown_value : node.entity.label() + " - " + shown_value;
}

boost::json::object action_json(const SeriesNode& node, std::size_t order,
                                const boost::json::array& days) {
  const Entity& entity = node.entity;
  boost::json::object action;
  action["id"] = entity.event ? boost::json::value(*entity.event) : nullptr;
  action["name"] = entity.name;
  action["custom_name"] = entity.custom_name ? boost::json::value(*entity.custom_name) : nullptr;
  action["type"] = "events";
  action["order"] = order;
  action["math"] = node.reader.text("math").value_or("total");
  const std::optional<std::string> property = node.reader.text("math_property");
  action["math_property"] = property ? boost::json::value(*property) : nullptr;
  action["math_hogql"] = nullptr;
  action["math_group_type_index"] = nullptr;
  action["properties"] = entity.properties;
  action["days"] = days;
  return action;
}

// The lines of every series over one range, appended to `results`.
class PeriodRun {
 public:
  PeriodRun(const Plan& plan, const Environment& environment, const char* compare_label)
      : plan_(plan), environment_(environment), compare_label_(compare_label) {
    for (const Micros point : plan.axis) {
      days_.emplace_back(day_text(plan.range.interval, point, environment.calendar));
      labels_.emplace_back(label_text(plan.range.interval, point, environment.calendar));
    }
  }

  void run(const SeriesNode& node, std::size_t order, boost::json::array& results) {
    for (auto& [value, place, line] : SeriesRun(node, plan_, environment_).run()) {
      has_other_ = has_other_ || value == kOther;
      boost::json::object item = line_json(line);
      item["label"] = line_label(node, plan_, value);
      item["action"] = action_json(node, order, days_);
      if (plan_.breakdown) {
        item["breakdown_value"] = value;
      }
      if (compare_label_ != nullptr) {
        item["compare"] = true;
        item["compare_label"] = compare_label_;
      }
      results.push_back(std::move(item));
    }
  }

  [[nodiscard]] bool has_other() const { return has_other_; }

 private:
  boost::json::object line_json(Line& line) {
    boost::json::object item;
    if (plan_.is_total) {
      item["data"] = boost::json::array();
      item["labels"] = boost::json::array();
      item["days"] = days_;
      item["count"] = 0;
      item["aggregated_value"] = json_number(line.front());
      return item;
    }
    double sum = 0;
    boost::json::array data;
    for (double& value : line) {
      sum += value;
      if (plan_.is_cumulative) {
        value = sum;
      }
      data.push_back(json_number(value));
    }
    item["data"] = std::move(data);
    item["labels"] = labels_;
    item["days"] = days_;
    item["count"] = json_number(sum);
    return item;
  }

  const Plan& plan_;
  const Environment& environment_;
  const char* compare_label_;
  boost::json::array days_;
  boost::json::array labels_;
  bool has_other_ = false;
};

// Fills what follows from the range: the axis and the SQL conditions.
void set_range(Plan& plan, const DateRange& range, const std::string& filters,
               const Environment& environment) {
  plan.range = range;
  plan.axis = axis(range.interval, range.from, range.to, environment.calendar, kPointsMax);
  if (plan.axis.size() > kPointsMax) {
    throw InvalidQuery("dateRange", "dateRange: expected at most " + std::to_string(kPointsMax) +
                                        " intervals; choose a longer interval or a shorter range");
  }
  plan.conditions = all_of(
      {hog::project_guard(environment.hogql), time_condition(range.from, range.to), filters});
}

// The same number of intervals right before, or both ends moved by `compare_to`.
DateRange previous_range(const JsonReader& compare, const Plan& plan,
                         const Environment& environment) {
  const Calendar& calendar = environment.calendar;
  DateRange range = plan.range;
  if (compare.find("compare_to") != nullptr) {
    for (Micros* end : {&range.from, &range.to}) {
      Calendar then = calendar;
      then.now = *end;
      const std::optional<ParsedDate> moved =
          parse_date(compare.required_text("compare_to"), then, false);
      if (!moved || !moved->is_relative) {
        compare.fail("compare_to", "a relative date such as -1w");
      }
      *end = moved->moment;
    }
    return range;
  }
  const Micros start = plan.axis.front();
  const auto count = static_cast<std::int64_t>(plan.axis.size());
  const Micros shift = start - step(range.interval, start, -count, calendar);
  range.from -= shift;
  range.to = std::min(range.to - shift, plan.axis.front() - 1);
  return range;
}

}  // namespace

std::string run_trends(const JsonReader& query, const Environment& environment) {
  query.refuse({"samplingFactor", "aggregation_group_type_index", "conversionGoal",
                "calendarHeatmapFilter"});
  Plan plan;
  read_display(query, plan);
  read_breakdown(query, plan);
  const std::string filters = property_condition(query, "properties", environment);
  set_range(plan, read_date_range(query, environment), filters, environment);
  const std::vector<SeriesNode> series = read_series(query, 1, environment);
  plan.series_count = series.size();

  const std::optional<JsonReader> compare = query.object("compareFilter");
  const bool compares = compare && compare->boolean("compare", false);
  Plan previous = plan;
  if (compares) {
    set_range(previous, previous_range(*compare, plan, environment), filters, environment);
  }
  PeriodRun current_run(plan, environment, compares ? "current" : nullptr);
  PeriodRun previous_run(previous, environment, "previous");

  boost::json::array results;
  for (std::size_t index = 0; index < series.size(); ++index) {
    current_run.run(series[index], index, results);
  }
  for (std::size_t index = 0; compares && index < series.size(); ++index) {
    previous_run.run(series[index], index, results);
  }
  boost::json::object response;
  response["results"] = std::move(results);
  response["hasMore"] = current_run.has_other() || previous_run.has_other();
  response["timezone"] = environment.hogql.timezone;
  response["resolved_date_range"] = {{"date_from", iso_text(plan.range.from, environment.calendar)},
                                     {"date_to", iso_text(plan.range.to, environment.calendar)}};
  return boost::json::serialize(response);
}

}  // namespace cp::query
