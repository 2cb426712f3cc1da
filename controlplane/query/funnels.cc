// SPDX-License-Identifier: LicenseRef-Project
// ClickHouse returns each actor's matching events in order; the funnel itself is evaluated here.
#include "controlplane/hog/sql_text.h"
#include "controlplane/query/funnel_steps.h"
#include "controlplane/query/internal/filters.h"
#include "controlplane/query/internal/row_binary.h"
#include "controlplane/query/internal/runners.h"

#include <algorithm>
#include <map>
#include <utility>

namespace cp::query {
namespace {

constexpr std::int64_t kWindowDefault = 14;
constexpr std::int64_t kWindowMax = 100'000;
constexpr std::size_t kBreakdownLimit = 25;

struct Plan {
  DateRange range;
  std::vector<SeriesNode> steps;
  std::int64_t window_micros = 0;
  std::optional<std::string> breakdown;  // SQL of an actor's value
  std::string filters;
};

// A month is 30 days, as in upstream's evaluator of windows in seconds.
std::int64_t unit_seconds(const std::string& unit) {
  static const std::map<std::string, std::int64_t> seconds_of_unit = {
      {"second", 1},   {"minute", 60},       {"hour", 3'600},
      {"day", 86'400}, {"week", 7 * 86'400}, {"month", 30 * 86'400}};
  return seconds_of_unit.at(unit);
}

void read_filter(const JsonReader& query, Plan& plan) {
  std::int64_t window = kWindowDefault;
  std::string unit = "day";
  if (const std::optional<JsonReader> filter = query.object("funnelsFilter")) {
    filter->check_choice("funnelVizType", {"steps"});
    filter->check_choice("funnelOrderType", {"ordered"});
    filter->refuse({"exclusions", "funnelAggregateByHogQL"});
    window = filter->integer("funnelWindowInterval", kWindowDefault, 1, kWindowMax);
    unit = filter->choice("funnelWindowIntervalUnit", "day",
                          {"second", "minute", "hour", "day", "week", "month"});
  }
  plan.window_micros = window * unit_seconds(unit) * kSecondMicros;
}

// The first (or last) value of the property among the actor's matching events.
void read_breakdown(const JsonReader& query, Plan& plan) {
  const std::optional<JsonReader> filter = query.object("breakdownFilter");
  if (!filter || (filter->find("breakdown") == nullptr && filter->array("breakdowns", 1).empty())) {
    return;
  }
  filter->refuse({"breakdowns", "breakdown_normalize_url", "breakdown_group_type_index"});
  filter->check_choice("breakdown_type", {"event"});
  const boost::json::value* breakdown = filter->find("breakdown");
  std::string key;
  if (const boost::json::array* list = breakdown->if_array();
      list != nullptr && list->size() == 1 && list->front().is_string()) {
    key = list->front().get_string();
  } else {
    key = filter->required_text("breakdown");
  }
  std::string attribution = "first_touch";
  if (const std::optional<JsonReader> funnel = query.object("funnelsFilter")) {
    attribution =
        funnel->choice("breakdownAttributionType", attribution, {"first_touch", "last_touch"});
  }
  const std::string property = event_property(key);
  plan.breakdown = std::string(attribution == "first_touch" ? "argMinIf(" : "argMaxIf(") +
                   "ifNull(" + property + ", ''), events.timestamp, isNotNull(" + property + "))";
}

Plan read_plan(const JsonReader& query, const Environment& environment) {
  query.refuse({"samplingFactor", "aggregation_group_type_index"});
  Plan plan;
  plan.steps = read_series(query, 2, environment);
  for (const SeriesNode& step : plan.steps) {
    step.reader.check_choice("math", {"total"});
    step.reader.refuse({"optionalInFunnel"});
  }
  read_filter(query, plan);
  read_breakdown(query, plan);
  plan.filters = property_condition(query, "properties", environment);
  if (const std::optional<JsonReader> compare = query.object("compareFilter")) {
    compare->refuse({"compare"});
  }
  plan.range = read_date_range(query, environment);
  return plan;
}

std::string statement(const Plan& plan, const Environment& environment) {
  std::string mask;
  std::string any;
  for (std::size_t step = 0; step < plan.steps.size(); ++step) {
    const std::string& condition = plan.steps[step].entity.condition;
    mask += (step == 0 ? "" : " + ") + std::string("if(") + condition + ", " +
            std::to_string(std::uint32_t{1} << step) + ", 0)";
    any += (step == 0 ? "(" : " OR (") + condition + ")";
  }
  const std::string where =
      all_of({hog::project_guard(environment.hogql), time_condition(plan.range.from, plan.range.to),
              any, plan.filters});
  // Who never did the first step can not be in the funnel.
  return "SELECT " + plan.breakdown.value_or("''") +
         " AS breakdown, arraySort(groupArray((toInt64(toUnixTimestamp64Micro(events.timestamp)), "
         "toUInt32(" +
         mask + ")))) AS steps FROM events AS events WHERE " + where +
         " GROUP BY events.person_id HAVING countIf(" + plan.steps.front().entity.condition +
         ") > 0 FORMAT RowBinary";
}

// What the actors of one breakdown value did.
struct Totals {
  std::vector<std::uint64_t> counts;           // actors who reached at least step k
  std::vector<std::vector<double>> durations;  // seconds from step k - 1 to step k, 0 left out
  std::vector<double> conversions;             // seconds from the first step to the last

  explicit Totals(std::size_t steps = 0) : counts(steps), durations(steps) {}

  void add(const FunnelProgress& progress) {
    const auto seconds = [&](std::size_t from, std::size_t to) {
      return static_cast<double>(progress.times[to] - progress.times[from]) /
             static_cast<double>(kSecondMicros);
    };
    for (std::size_t step = 0; step < progress.steps_reached; ++step) {
      ++counts[step];
      const double duration = step == 0 ? 0 : seconds(step - 1, step);
      if (duration > 0) {
        durations[step].push_back(duration);
      }
    }
    if (progress.steps_reached != counts.size()) {
      return;
    }
    const double total = seconds(0, counts.size() - 1);
    if (total > 0) {
      conversions.push_back(total);
    }
  }

  void merge(const Totals& other) {
    for (std::size_t step = 0; step < counts.size(); ++step) {
      counts[step] += other.counts[step];
      durations[step].insert(durations[step].end(), other.durations[step].begin(),
                             other.durations[step].end());
    }
    conversions.insert(conversions.end(), other.conversions.begin(), other.conversions.end());
  }
};

std::map<std::string, Totals> evaluate(const Plan& plan, std::string_view body) {
  std::map<std::string, Totals> totals;
  RowBinaryReader reader(body);
  std::vector<FunnelEvent> events;
  while (!reader.is_done()) {
    const std::string breakdown(reader.text());
    events.resize(reader.length());
    for (FunnelEvent& event : events) {
      event.micros = reader.number<std::int64_t>();
      event.steps = reader.number<std::uint32_t>();
    }
    const auto place = totals.try_emplace(breakdown, plan.steps.size()).first;
    place->second.add(evaluate_funnel(events, plan.steps.size(), plan.window_micros));
  }
  return totals;
}

boost::json::value average(const std::vector<double>& values) {
  if (values.empty()) {
    return nullptr;
  }
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return json_number(sum / static_cast<double>(values.size()));
}

boost::json::value median(std::vector<double> values) {
  if (values.empty()) {
    return nullptr;
  }
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return json_number(values.size() % 2 == 1 ? values[middle]
                                            : (values[middle - 1] + values[middle]) / 2);
}

boost::json::array steps_json(const Plan& plan, const Totals& totals,
                              const std::string* breakdown) {
  boost::json::array steps;
  for (std::size_t index = 0; index < plan.steps.size(); ++index) {
    const Entity& entity = plan.steps[index].entity;
    boost::json::object step;
    step["action_id"] = entity.event ? boost::json::value(*entity.event) : nullptr;
    step["name"] = entity.event ? *entity.event : entity.name;
    step["custom_name"] = entity.custom_name ? boost::json::value(*entity.custom_name) : nullptr;
    step["order"] = index;
    step["people"] = boost::json::array();
    step["count"] = totals.counts[index];
    step["type"] = "events";
    step["average_conversion_time"] = average(totals.durations[index]);
    step["median_conversion_time"] = median(totals.durations[index]);
    if (index + 1 == plan.steps.size()) {
      step["total_median_conversion_time"] = median(totals.conversions);
    }
    if (breakdown != nullptr) {
      step["breakdown"] = boost::json::array{*breakdown};
      step["breakdown_value"] = boost::json::array{*breakdown};
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

// The values with the most actors, largest first; the rest becomes "Other".
boost::json::array breakdown_json(const Plan& plan, const std::map<std::string, Totals>& totals) {
  std::vector<std::pair<std::string, Totals>> ranked(totals.begin(), totals.end());
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& left, const auto& right) {
    return left.second.counts.front() > right.second.counts.front();
  });
  if (ranked.size() > kBreakdownLimit) {
    Totals other(plan.steps.size());
    for (std::size_t index = kBreakdownLimit; index < ranked.size(); ++index) {
      other.merge(ranked[index].second);
    }
    ranked.resize(kBreakdownLimit);
    ranked.emplace_back("Other", std::move(other));
  }
  boost::json::array results;
  for (const auto& [value, each] : ranked) {
    results.push_back(steps_json(plan, each, &value));
  }
  return results;
}

}  // namespace

std::string run_funnels(const JsonReader& query, const Environment& environment) {
  const Plan plan = read_plan(query, environment);
  const std::string body = environment.run(statement(plan, environment));
  const std::map<std::string, Totals> totals = evaluate(plan, body);
  boost::json::object response;
  if (plan.breakdown) {
    response["results"] = breakdown_json(plan, totals);
  } else {
    const auto all = totals.find("");
    response["results"] =
        steps_json(plan, all == totals.end() ? Totals(plan.steps.size()) : all->second, nullptr);
  }
  response["hasMore"] = false;
  response["timezone"] = environment.hogql.timezone;
  response["resolved_date_range"] = {{"date_from", iso_text(plan.range.from, environment.calendar)},
                                     {"date_to", iso_text(plan.range.to, environment.calendar)}};
  return boost::json::serialize(response);
}

}  // namespace cp::query
