// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/parser.h"
#include "controlplane/hog/sql_text.h"
#include "controlplane/query/internal/filters.h"
#include "controlplane/query/internal/runners.h"
#include "controlplane/query/internal/table.h"

namespace cp::query {
namespace {

constexpr std::size_t kValuesMax = 100;

std::string literal(const JsonReader& values, std::string_view name,
                    const boost::json::value& value);

std::string list_literal(const JsonReader& values, std::string_view name,
                         const boost::json::array& entries) {
  std::string list;
  for (const boost::json::value& entry : entries) {
    if (entry.is_array()) {
      values.fail(name, "a list of strings and numbers");
    }
    list += (list.empty() ? "" : ", ") + literal(values, name, entry);
  }
  return "[" + list + "]";
}

std::string literal(const JsonReader& values, std::string_view name,
                    const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "NULL";
    case boost::json::kind::string:
      return hog::sql_string(value.get_string());
    case boost::json::kind::array:
      return list_literal(values, name, value.get_array());
    case boost::json::kind::object:
      values.fail(name, "a string, a number, true, false, null or a list of these");
    default:
      return boost::json::serialize(value);
  }
}

// {filters}: the date range and the properties of `filters`; true when there are none.
std::string filters_condition(const JsonReader& query, const Environment& environment) {
  const std::optional<JsonReader> filters = query.object("filters");
  if (!filters) {
    return "1";
  }
  std::string range;
  if (filters->find("dateRange") != nullptr) {
    const DateRange dates = read_date_range(*filters, environment);
    range = time_condition(dates.from, dates.to);
  }
  return "(" + all_of({range, property_condition(*filters, "properties", environment)}) + ")";
}

}  // namespace

std::string run_hogql(const JsonReader& query, const Environment& environment) {
  const std::string text = query.required_text("query");
  hog::Context context = environment.hogql;
  if (const boost::json::value* given = query.find("values")) {
    const JsonReader values(*given, "values");
    if (given->get_object().size() > kValuesMax) {
      query.fail("values", "at most 100 values");
    }
    for (const auto& [name, value] : given->get_object()) {
      context.placeholders[std::string(name)] = literal(values, name, value);
    }
  }
  context.placeholders["filters"] = filters_condition(query, environment);
  hog::PrintedSelect printed;
  try {
    printed = hog::print_select(hog::parse_select(text), context);
  } catch (const hog::HogqlError& error) {
    throw InvalidQuery("query", error.what());
  }
  const Table table = read_table(printed.sql, printed.limit, "query", environment);
  boost::json::array columns;
  boost::json::array types;
  for (std::size_t index = 0; index < printed.columns.size(); ++index) {
    columns.emplace_back(printed.columns[index]);
    types.push_back(boost::json::array{printed.columns[index], table.types.at(index)});
  }
  boost::json::object response;
  response["columns"] = std::move(columns);
  response["types"] = std::move(types);
  response["hogql"] = text;
  response["query"] = text;
  response["hasMore"] = table.has_more;
  response["limit"] = printed.limit;
  response["offset"] = printed.offset;
  response["error"] = nullptr;
  response["timezone"] = environment.hogql.timezone;
  std::string body = boost::json::serialize(response);
  body.insert(1, "\"results\":" + rows_json(table.rows) + ",");
  return body;
}

}  // namespace cp::query
