// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/parser.h"
#include "controlplane/hog/sql_text.h"
#include "controlplane/query/internal/filters.h"
#include "controlplane/query/internal/runners.h"
#include "controlplane/query/internal/table.h"

#include <algorithm>
#include <utility>

namespace cp::query {
namespace {

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kPropertiesNestingMax = 256;
constexpr Micros kFutureMicros = 5 * kSecondMicros;  // clocks of clients differ a little

// `*` and `person` are read as arrays and become objects in the answer.
constexpr const char* kStar =
    "tuple(events.uuid, events.event, events.properties, events.timestamp, events.team_id, "
    "events.distinct_id, events.elements_chain, events.created_at, events.person_id)";
constexpr const char* kPerson = "tuple(events.person_id, events.distinct_id)";

enum class Shape : std::uint8_t { plain, star, person };

struct Column {
  std::string name;  // as the caller wrote it
  std::string sql;
  Shape shape = Shape::plain;
  bool is_aggregate = false;
};

Column read_column(const std::string& text, const std::string& attr,
                   const Environment& environment) {
  if (text == "*") {
    return Column{text, kStar, Shape::star, false};
  }
  if (text == "person") {
    return Column{text, kPerson, Shape::person, false};
  }
  try {
    const hog::SelectItem item = hog::parse_select_item(text);
    return Column{text, hog::print_expression(item.expression, environment.hogql), Shape::plain,
                  hog::has_aggregate(item.expression)};
  } catch (const hog::HogqlError& error) {
    throw InvalidQuery(attr, attr + ": " + error.what());
  }
}

std::vector<Column> read_columns(const JsonReader& query, const Environment& environment) {
  std::vector<std::string> texts = query.texts("select", kColumnsMax);
  if (texts.empty()) {
    texts = {"*"};
  }
  std::vector<Column> columns;
  columns.reserve(texts.size());
  for (std::size_t index = 0; index < texts.size(); ++index) {
    columns.push_back(read_column(
        texts[index], query.path_of("select") + "." + std::to_string(index), environment));
  }
  return columns;
}

Micros read_moment(const JsonReader& query, std::string_view name, bool is_start,
                   const Environment& environment) {
  const std::optional<ParsedDate> date =
      parse_date(query.required_text(name), environment.calendar, is_start);
  if (!date) {
    query.fail(name, "a date such as 2024-01-31, 2024-01-31T10:00:00Z or -24h");
  }
  return date->moment;
}

// Without `after` the last 24 hours; `all` has no lower end.
std::string range_condition(const JsonReader& query, const Environment& environment) {
  const Micros now = environment.calendar.now;
  std::string after;
  if (query.find("after") == nullptr) {
    after = "events.timestamp > " + sql_moment(now - Micros{86'400} * kSecondMicros);
  } else if (query.text("after") != "all") {
    after = "events.timestamp > " + sql_moment(read_moment(query, "after", false, environment));
  }
  const Micros before = query.find("before") == nullptr
                            ? now + kFutureMicros
                            : read_moment(query, "before", false, environment);
  return all_of({after, "events.timestamp < " + sql_moment(before)});
}

std::string event_condition(const JsonReader& query) {
  std::vector<std::string> names = query.texts("events", kFilterEntriesMax);
  if (const std::optional<std::string> event = query.text("event"); event && !event->empty()) {
    names.push_back(*event);
  }
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + hog::sql_string(name);
  }
  return list.empty() ? "" : "events.event IN (" + list + ")";
}

std::string person_condition(const JsonReader& query) {
  const std::optional<std::string> person = query.text("personId");
  if (!person || person->empty()) {
    return {};
  }
  return "events.person_id = toUUIDOrZero(" + hog::sql_string(*person) + ")";
}

std::string where_condition(const JsonReader& query, const Environment& environment) {
  std::vector<std::string> conditions;
  const std::vector<std::string> texts = query.texts("where", kFilterEntriesMax);
  conditions.reserve(texts.size());
  for (std::size_t index = 0; index < texts.size(); ++index) {
    conditions.push_back(
        environment.expression(texts[index], query.path_of("where") + "." + std::to_string(index)));
  }
  return conditions.empty() ? "" : all_of(conditions);
}

// By time, newest first, unless the caller orders or the rows are aggregates.
std::string order_sql(const JsonReader& query, const std::vector<Column>& columns,
                      bool is_aggregated, const Environment& environment) {
  std::vector<std::string> texts = query.texts("orderBy", kColumnsMax);
  std::string sql;
  for (std::size_t index = 0; index < texts.size(); ++index) {
    const std::string attr = query.path_of("orderBy") + "." + std::to_string(index);
    try {
      const hog::OrderItem item = hog::parse_order_item(texts[index]);
      sql += (sql.empty() ? " ORDER BY " : ", ") +
             hog::print_expression(item.expression, environment.hogql) +
             (item.descending ? " DESC" : " ASC");
    } catch (const hog::HogqlError& error) {
      throw InvalidQuery(attr, attr + ": " + error.what());
    }
  }
  if (!sql.empty()) {
    return is_aggregated ? sql : sql + ", events.uuid DESC";
  }
  if (!is_aggregated) {
    return " ORDER BY events.timestamp DESC, events.uuid DESC";
  }
  const auto aggregate = std::find_if(columns.begin(), columns.end(),
                                      [](const Column& column) { return column.is_aggregate; });
  return " ORDER BY " + aggregate->sql + " DESC";
}

std::string group_sql(const std::vector<Column>& columns) {
  std::string sql;
  for (const Column& column : columns) {
    if (!column.is_aggregate) {
      sql += (sql.empty() ? " GROUP BY " : ", ") + column.sql;
    }
  }
  return sql;
}

// As an object, or as the text it is when it is no JSON that we can read.
boost::json::value properties_value(const boost::json::string& text) {
  boost::json::parse_options options;
  options.max_depth = kPropertiesNestingMax;
  boost::system::error_code error;
  boost::json::value properties = boost::json::parse(text, error, {}, options);
  return error ? boost::json::value(text) : properties;
}

boost::json::value star_object(const boost::json::array& tuple) {
  boost::json::object event;
  event["uuid"] = tuple.at(0);
  event["event"] = tuple.at(1);
  event["properties"] = properties_value(tuple.at(2).as_string());
  event["timestamp"] = tuple.at(3);
  event["team_id"] = tuple.at(4);
  event["distinct_id"] = tuple.at(5);
  event["elements_chain"] = tuple.at(6);
  event["created_at"] = tuple.at(7);
  event["person_id"] = tuple.at(8);
  return event;
}

boost::json::value person_object(const boost::json::array& tuple) {
  return boost::json::object{{"id", tuple.at(0)},
                             {"uuid", tuple.at(0)},
                             {"distinct_id", tuple.at(1)},
                             {"distinct_ids", boost::json::array{tuple.at(1)}},
                             {"properties", boost::json::object()}};
}

void shape_rows(const std::vector<Column>& columns, std::vector<std::string>& rows) {
  const bool is_plain = std::all_of(columns.begin(), columns.end(), [](const Column& column) {
    return column.shape == Shape::plain;
  });
  if (is_plain) {
    return;
  }
  for (std::string& text : rows) {
    boost::json::value row = boost::json::parse(text);
    for (std::size_t index = 0; index < columns.size(); ++index) {
      boost::json::value& cell = row.as_array().at(index);
      if (columns[index].shape == Shape::star) {
        cell = star_object(cell.as_array());
      }
      if (columns[index].shape == Shape::person) {
        cell = person_object(cell.as_array());
      }
    }
    text = boost::json::serialize(row);
  }
}

}  // namespace

std::string run_events(const JsonReader& query, const Environment& environment) {
  query.refuse({"actionId", "actionSteps", "source"});
  const std::vector<Column> columns = read_columns(query, environment);
  const bool is_aggregated = std::any_of(columns.begin(), columns.end(),
                                         [](const Column& column) { return column.is_aggregate; });
  const auto limit = static_cast<std::uint64_t>(
      query.integer("limit", hog::kRowsDefault, 1, static_cast<std::int64_t>(hog::kRowsMax)));
  const std::int64_t offset = query.integer("offset", 0, 0, 1'000'000'000);

  std::string sql = "SELECT ";
  for (const Column& column : columns) {
    sql += (&column == &columns.front() ? "" : ", ") + column.sql;
  }
  sql += " FROM events AS events WHERE " +
         all_of({hog::project_guard(environment.hogql), range_condition(query, environment),
                 event_condition(query), person_condition(query),
                 property_condition(query, "properties", environment),
                 property_condition(query, "fixedProperties", environment),
                 where_condition(query, environment)});
  if (is_aggregated) {
    sql += group_sql(columns);
  }
  sql += order_sql(query, columns, is_aggregated, environment) + " LIMIT " +
         std::to_string(limit + 1) + " OFFSET " + std::to_string(offset);

  Table table = read_table(sql, limit, "select", environment);
  shape_rows(columns, table.rows);
  boost::json::array names;
  for (const Column& column : columns) {
    names.emplace_back(column.name);
  }
  boost::json::object response;
  response["columns"] = std::move(names);
  response["types"] = std::move(table.types);
  response["hasMore"] = table.has_more;
  response["limit"] = limit;
  response["offset"] = offset;
  response["timezone"] = environment.hogql.timezone;
  std::string body = boost::json::serialize(response);
  body.insert(1, "\"results\":" + rows_json(table.rows) + ",");
  return body;
}

}  // namespace cp::query
