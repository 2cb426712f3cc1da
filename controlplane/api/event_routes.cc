// SPDX-License-Identifier: LicenseRef-Project
// Stored events, and the names of events and properties seen so far; all from ClickHouse.
#include "controlplane/api/internal/elements.h"
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/request_parameters.h"
#include "controlplane/api/internal/routes.h"
#include "controlplane/web/url.h"

#include <functional>

namespace cp::api {
namespace {

constexpr std::int64_t kEventsDefault = 100;
constexpr std::int64_t kEventsMax = 10'000;
constexpr std::int64_t kDefinitionsDefault = 100;
constexpr std::int64_t kDefinitionsMax = 1'000;
constexpr std::int64_t kOffsetMax = 1'000'000;

/// Bounds of every statement here; the definitions answer with what they have seen by then.
olap::Parameters bounded(const model::Project& project) {
  return {{"param_team", std::to_string(project.id)},
          {"readonly", "2"},
          {"max_execution_time", "30"},
          {"output_format_json_quote_64bit_integers", "0"}};
}

olap::Parameters sampled(const model::Project& project) {
  auto parameters = bounded(project);
  parameters["max_rows_to_read"] = "20000000";
  parameters["read_overflow_mode"] = "break";
  parameters["timeout_overflow_mode"] = "break";
  parameters["max_execution_time"] = "10";
  return parameters;
}

/// Runs a statement ending in FORMAT JSONCompactEachRow and gives each row, an array, to `use`.
void for_each_row(const Services& services, const std::string& sql,
                  const olap::Parameters& parameters,
                  const std::function<void(boost::json::array&)>& use) {
  const auto answer = services.clickhouse.query(sql, parameters);
  for (std::string_view rest = answer; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (end > 0) {
      auto row = boost::json::parse(rest.substr(0, end));
      use(row.as_array());
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

/// One page of a list whose rows all carry the total in their last column.
web::Response page(const Services& services, const web::Request& request,
                   boost::json::array results, std::int64_t total) {
  const auto limit = number_parameter(request, "limit", kDefinitionsDefault, 1, kDefinitionsMax);
  const auto offset = number_parameter(request, "offset", 0, 0, kOffsetMax);
  const auto link = [&](std::int64_t at) {
    return boost::json::value(
        address_with(request, services.site_url,
                     {{"limit", std::to_string(limit)}, {"offset", std::to_string(at)}}));
  };
  return json_response(
      {{"count", total},
       {"next", offset + limit < total ? link(offset + limit) : boost::json::value(nullptr)},
       {"previous",
        offset > 0 ? link(std::max<std::int64_t>(offset - limit, 0)) : boost::json::value(nullptr)},
       {"results", std::move(results)}});
}

/// `%` and `_` of a search text stand for themselves.
std::string like_pattern(const std::string& search) {
  std::string pattern = "%";
  for (const char c : search) {
    if (c == '%' || c == '_' || c == '\\') {
      pattern += '\\';
    }
    pattern += c;
  }
  return pattern + "%";
}

/// The text form of a query parameter: ClickHouse reads `param_*` as a tab-separated field.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\\':
        result += "\\\\";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\n':
        result += "\\n";
        break;
      default:
        result += c;
    }
  }
  return result;
}

/// The text form of an Array(String) parameter.
std::string array_text(const std::vector<std::string>& values) {
  std::string text = "[";
  for (const auto& value : values) {
    text += text.size() > 1 ? ",'" : "'";
    for (const char c : value) {
      if (c == '\'' || c == '\\') {
        text += '\\';
      }
      text += c;
    }
    text += '\'';
  }
  return text + "]";
}

/// The uuid that a `next` link names beside its time, or empty.
std::string uuid_parameter(const web::Request& request, const std::string& name) {
  auto text = text_parameter(request, name);
  if (!text.empty() && (text.size() != 36 ||
                        text.find_first_not_of("0123456789abcdefABCDEF-") != std::string::npos)) {
    throw invalid_field(name, "Expected a UUID.");
  }
  return text;
}

boost::json::object event_json(boost::json::array& row) {
  boost::system::error_code error;
  auto properties = boost::json::parse(row[3].as_string(), error);
  return {
      {"id", row[0]},
      {"event", row[1]},
      {"distinct_id", row[2]},
      {"properties", error ? boost::json::value(boost::json::object()) : std::move(properties)},
      {"timestamp", row[4]},
      {"person", boost::json::object{{"uuid", row[6]},
                                     {"distinct_ids", boost::json::array{row[2]}},
                                     {"properties", boost::json::object()}}},
      {"elements", elements_of_chain(row[5].as_string())},
      {"elements_chain", row[5]},
  };
}

}  // namespace

web::Response events(const Services& services, const web::Request& request,
                     const model::Project& project) {
  const auto limit = number_parameter(request, "limit", kEventsDefault, 1, kEventsMax);
  const auto offset = number_parameter(request, "offset", 0, 0, kOffsetMax);
  const auto after = time_parameter(request, "after");
  const auto before = time_parameter(request, "before");
  auto parameters = bounded(project);
  std::string sql =
      "SELECT toString(uuid), event, distinct_id, properties, "
      "concat(replaceOne(toString(timestamp), ' ', 'T'), 'Z'), elements_chain, toString(person_id) "
      "FROM events WHERE team_id = {team:Int64}";
  const auto add = [&](const char* condition, const char* name, const std::string& value) {
    if (!value.empty()) {
      sql += condition;
      parameters[std::string("param_") + name] = escaped(value);
    }
  };
  add(" AND event = {event:String}", "event", text_parameter(request, "event"));
  add(" AND distinct_id = {distinct_id:String}", "distinct_id",
      text_parameter(request, "distinct_id"));
  add(" AND timestamp > parseDateTime64BestEffort({after:String}, 6, 'UTC')", "after", after);
  const auto before_uuid = uuid_parameter(request, "before_uuid");
  if (before.empty() || before_uuid.empty()) {
    add(" AND timestamp < parseDateTime64BestEffort({before:String}, 6, 'UTC')", "before", before);
  } else {
    add(" AND (timestamp, uuid) < (parseDateTime64BestEffort({before:String}, 6, 'UTC'), ",
        "before", before);
    add("{before_uuid:UUID})", "before_uuid", before_uuid);
  }
  sql += " ORDER BY timestamp DESC, uuid DESC LIMIT " + std::to_string(limit + 1) + " OFFSET " +
         std::to_string(offset) + " FORMAT JSONCompactEachRow";
  boost::json::array results;
  for_each_row(services, sql, parameters,
               [&](boost::json::array& row) { results.push_back(event_json(row)); });
  boost::json::value next = nullptr;
  if (std::cmp_greater(results.size(), limit)) {
    results.pop_back();
    // The next page begins after the last row of this one, wherever new events are sorted in.
    const auto& last = results.back().as_object();
    next = address_with(request, services.site_url,
                        {{"before", std::string(last.at("timestamp").as_string())},
                         {"before_uuid", std::string(last.at("id").as_string())},
                         {"offset", "0"}});
  }
  return json_response({{"next", next}, {"results", std::move(results)}});
}

web::Response event_definitions(const Services& services, const web::Request& request,
                                const model::Project& project) {
  auto parameters = sampled(project);
  parameters["param_search"] = escaped(like_pattern(text_parameter(request, "search")));
  const std::string sql =
      "SELECT toString(reinterpretAsUUID(MD5(concat({team:String}, ':event:', event)))), event, "
      "concat(replaceOne(toString(max(timestamp)), ' ', 'T'), 'Z'), count() AS volume, "
      "count() OVER () FROM events "
      "WHERE team_id = {team:Int64} AND event ILIKE {search:String} "
      "AND timestamp > now() - toIntervalDay(90) "
      "GROUP BY event ORDER BY volume DESC, event LIMIT " +
      std::to_string(number_parameter(request, "limit", kDefinitionsDefault, 1, kDefinitionsMax)) +
      " OFFSET " + std::to_string(number_parameter(request, "offset", 0, 0, kOffsetMax)) +
      " FORMAT JSONCompactEachRow";
  boost::json::array results;
  std::int64_t total = 0;
  for_each_row(services, sql, parameters, [&](boost::json::array& row) {
    results.push_back(
        {{"id", row[0]}, {"name", row[1]}, {"last_seen_at", row[2]}, {"volume", row[3]}});
    total = row[4].to_number<std::int64_t>();
  });
  return page(services, request, std::move(results), total);
}

namespace {

/// `event_names` is a JSON list of names (as PostHog's page sends it); a comma list works too.
std::vector<std::string> event_names_of(const web::Request& request) {
  const auto text = text_parameter(request, "event_names");
  if (!text.starts_with('[')) {
    return list_parameter(request, "event_names");
  }
  boost::system::error_code error;
  const auto parsed = boost::json::parse(text, error);
  std::vector<std::string> names;
  if (!error && parsed.is_array()) {
    for (const auto& name : parsed.get_array()) {
      if (!name.is_string()) {
        throw invalid_field("event_names", "Expected a list of strings.");
      }
      names.emplace_back(name.get_string());
    }
    return names;
  }
  throw invalid_field("event_names", "Expected a JSON list of strings.");
}

}  // namespace

web::Response property_definitions(const Services& services, const web::Request& request,
                                   const model::Project& project) {
  auto parameters = sampled(project);
  parameters["param_search"] = escaped(like_pattern(text_parameter(request, "search")));
  const auto names = event_names_of(request);
  if (!names.empty()) {
    parameters["param_events"] = array_text(names);
  }
  // A sample of every event's rows is enough to see its properties; the type is the one seen most.
  const std::string sql =
      "SELECT toString(reinterpretAsUUID(MD5(concat({team:String}, ':property:', key)))), key, "
      "argMax(type, seen), count() OVER (), sum(seen) AS total FROM ("
      "SELECT pair.1 AS key, multiIf("
      "match(pair.2, '^\"\\\\d{4}-\\\\d{2}-\\\\d{2}([T ]|\"$)'), 'DateTime', "
      "startsWith(pair.2, '\"'), 'String', match(pair.2, '^-?\\\\d'), 'Numeric', "
      "pair.2 IN ('true', 'false'), 'Boolean', '') AS type, count() AS seen FROM ("
      "SELECT arrayJoin(JSONExtractKeysAndValuesRaw(properties)) AS pair FROM ("
      "SELECT event, properties FROM events WHERE team_id = {team:Int64} "
      "AND timestamp > now() - toIntervalDay(30)" +
      std::string(names.empty() ? "" : " AND event IN {events:Array(String)}") +
      " LIMIT 200 BY event)) WHERE key ILIKE {search:String} GROUP BY key, type) "
      "GROUP BY key ORDER BY total DESC, key LIMIT " +
      std::to_string(number_parameter(request, "limit", kDefinitionsDefault, 1, kDefinitionsMax)) +
      " OFFSET " + std::to_string(number_parameter(request, "offset", 0, 0, kOffsetMax)) +
      " FORMAT JSONCompactEachRow";
  boost::json::array results;
  std::int64_t total = 0;
  for_each_row(services, sql, parameters, [&](boost::json::array& row) {
    const auto& type = row[2].as_string();
    results.push_back({{"id", row[0]},
                       {"name", row[1]},
                       {"property_type", type.empty() ? boost::json::value(nullptr) : row[2]},
                       {"is_numerical", type == "Numeric"}});
    total = row[3].to_number<std::int64_t>();
  });
  return page(services, request, std::move(results), total);
}

}  // namespace cp::api
