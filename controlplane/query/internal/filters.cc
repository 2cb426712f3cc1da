// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/query/internal/filters.h"

#include "controlplane/hog/sql_text.h"

#include <charconv>
#include <cmath>
#include <utility>

namespace cp::query {
namespace {

constexpr int kFilterNestingMax = 10;

std::string joined(const std::vector<std::string>& conditions, const char* word) {
  std::string sql;
  for (const std::string& condition : conditions) {
    if (condition.empty()) {
      continue;
    }
    if (!sql.empty()) {
      sql += word;
    }
    sql += "(" + condition + ")";
  }
  return sql;
}

// A filter value as the text that a property of that value reads as; nothing for objects and lists.
std::optional<std::string> value_text(const boost::json::value& value) {
  if (value.is_string()) {
    return std::string(value.get_string());
  }
  if (value.is_bool()) {
    return value.get_bool() ? "true" : "false";
  }
  if (!value.is_number()) {
    return std::nullopt;
  }
  if (value.is_double() && value.get_double() == std::floor(value.get_double()) &&
      std::abs(value.get_double()) < 1e15) {
    return std::to_string(static_cast<std::int64_t>(value.get_double()));
  }
  if (!value.is_double()) {
    return boost::json::serialize(value);
  }
  std::string text(32, '\0');
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value.get_double());
  text.resize(error == std::errc{} ? static_cast<std::size_t>(end - text.data()) : 0);
  return text;
}

std::optional<double> number_of(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::string null_is(const std::string& condition, bool when_null) {
  return "ifNull(" + condition + (when_null ? ", 1)" : ", 0)");
}

// One filter on one event property.
class PropertyFilter {
 public:
  PropertyFilter(const JsonReader& filter, const Environment& environment)
      : filter_(filter),
        environment_(environment),
        property_(event_property(filter.required_text("key"))) {}

  std::string condition() {
    const std::string operation = filter_.text("operator").value_or("exact");
    if (operation == "is_set") {
      return "isNotNull(" + property_ + ")";
    }
    if (operation == "is_not_set") {
      return "isNull(" + property_ + ")";
    }
    if (operation == "exact" || operation == "in") {
      return membership(false);
    }
    if (operation == "is_not" || operation == "not_in") {
      return membership(true);
    }
    if (operation == "icontains" || operation == "icontains_multi") {
      return contains(false);
    }
    if (operation == "not_icontains" || operation == "not_icontains_multi") {
      return contains(true);
    }
    if (operation == "regex") {
      return null_is(match(), false);
    }
    if (operation == "not_regex") {
      return null_is("not(" + match() + ")", true);
    }
    if (operation == "gt") {
      return order(">");
    }
    if (operation == "gte" || operation == "min") {
      return order(">=");
    }
    if (operation == "lt") {
      return order("<");
    }
    if (operation == "lte" || operation == "max") {
      return order("<=");
    }
    if (operation == "between" || operation == "not_between") {
      return between(operation == "between");
    }
    if (operation.starts_with("is_date_")) {
      return date(operation);
    }
    filter_.fail(
        "operator",
        "one of exact, is_not, is_set, is_not_set, icontains, not_icontains, regex, not_regex, "
        "gt, gte, lt, lte, between, not_between, in, not_in, is_date_exact, is_date_before, "
        "is_date_after");
  }

 private:
  std::vector<std::string> values() {
    const boost::json::value* value = filter_.find("value");
    if (value == nullptr) {
      filter_.fail("value", "a value to compare with");
    }
    std::vector<std::string> texts;
    if (const boost::json::array* list = value->if_array()) {
      if (list->size() > kFilterEntriesMax) {
        filter_.fail("value", "at most 200 values");
      }
      for (const boost::json::value& each : *list) {
        texts.push_back(scalar(each));
      }
    } else {
      texts.push_back(scalar(*value));
    }
    return texts;
  }

  std::string single() {
    const std::vector<std::string> texts = values();
    if (texts.size() != 1) {
      filter_.fail("value", "one value");
    }
    return texts.front();
  }

  std::string scalar(const boost::json::value& value) {
    std::optional<std::string> text = value_text(value);
    if (!text) {
      filter_.fail("value", "a string, a number, true or false, or a list of these");
    }
    return std::move(*text);
  }

  // An empty list filters nothing, as upstream.
  std::string membership(bool is_negated) {
    const std::vector<std::string> texts = values();
    if (texts.empty()) {
      return {};
    }
    std::string list;
    for (const std::string& text : texts) {
      list += (list.empty() ? "" : ", ") + hog::sql_string(text);
    }
    const std::string test = texts.size() == 1
                                 ? property_ + (is_negated ? " != " : " = ") + list
                                 : property_ + (is_negated ? " NOT IN (" : " IN (") + list + ")";
    return null_is(test, is_negated);
  }

  std::string contains(bool is_negated) {
    std::string any;
    for (const std::string& text : values()) {
      any += (any.empty() ? "" : " OR ") + property_ + " ILIKE " +
             hog::sql_string("%" + hog::like_literal(text) + "%");
    }
    if (any.empty()) {
      return {};
    }
    return is_negated ? null_is("not(" + any + ")", true) : null_is("(" + any + ")", false);
  }

  std::string match() { return "match(" + property_ + ", " + hog::sql_string(single()) + ")"; }

  // Numbers compare as numbers, and so does text that looks like one; the rest compares as text.
  std::string order(const char* operation) {
    const std::string text = single();
    if (number_of(text)) {
      return null_is("toFloat64OrNull(" + property_ + ") " + operation + " " + text, false);
    }
    return null_is(property_ + " " + operation + " " + hog::sql_string(text), false);
  }

  std::string between(bool is_inside) {
    const std::vector<std::string> texts = values();
    const std::optional<double> low = texts.size() == 2 ? number_of(texts[0]) : std::nullopt;
    const std::optional<double> high = texts.size() == 2 ? number_of(texts[1]) : std::nullopt;
    if (!low || !high || *low > *high) {
      filter_.fail("value", "two numbers, the smaller first");
    }
    const std::string number = "toFloat64OrNull(" + property_ + ")";
    return is_inside
               ? null_is(
                     "(" + number + " >= " + texts[0] + " AND " + number + " <= " + texts[1] + ")",
                     false)
               : null_is("(" + number + " < " + texts[0] + " OR " + number + " > " + texts[1] + ")",
                         false);
  }

  std::string date(const std::string& operation) {
    const std::optional<ParsedDate> moment = parse_date(single(), environment_.calendar, false);
    if (!moment) {
      filter_.fail("value", "a date such as 2024-01-31 or -7d");
    }
    const std::string property = "parseDateTime64BestEffortOrNull(" + property_ + ", 6, " +
                                 hog::sql_string(environment_.hogql.timezone) + ")";
    const char* comparison = operation == "is_date_exact"    ? " = "
                             : operation == "is_date_before" ? " < "
                             : operation == "is_date_after"  ? " > "
                                                             : nullptr;
    if (comparison == nullptr) {
      filter_.fail("operator", "is_date_exact, is_date_before or is_date_after");
    }
    return null_is(property + comparison + sql_moment(moment->moment), false);
  }

  const JsonReader& filter_;
  const Environment& environment_;
  std::string property_;
};

std::string node_condition(const JsonReader& node, const Environment& environment, int nesting);

std::string list_condition(const boost::json::array& list, const std::string& path,
                           const char* word, const Environment& environment, int nesting) {
  std::vector<std::string> conditions;
  for (std::size_t index = 0; index < list.size(); ++index) {
    const JsonReader node(list[index], path + "." + std::to_string(index));
    conditions.push_back(node_condition(node, environment, nesting));
  }
  return joined(conditions, word);
}

// A group has `values`; anything else is a filter.
std::string node_condition(const JsonReader& node, const Environment& environment, int nesting) {
  if (nesting > kFilterNestingMax) {
    node.fail("values", "groups nested at most 10 levels deep");
  }
  if (node.find("values") != nullptr) {
    const std::string type = node.choice("type", "AND", {"AND", "OR"});
    return list_condition(node.array("values", kFilterEntriesMax), node.path_of("values"),
                          type == "AND" ? " AND " : " OR ", environment, nesting + 1);
  }
  const std::string type = node.text("type").value_or("event");
  if (type == "hogql") {
    return environment.expression(node.required_text("key"), node.path_of("key"));
  }
  if (type != "event" && type != "feature") {
    node.fail("type", "event, feature or hogql (the other filter types are not supported yet)");
  }
  return PropertyFilter(node, environment).condition();
}

}  // namespace

std::string event_property(const std::string& key) {
  return hog::property_text("events.properties", &key, 1);
}

std::string property_condition(const JsonReader& object, std::string_view field,
                               const Environment& environment) {
  const boost::json::value* value = object.find(field);
  if (value == nullptr) {
    return {};
  }
  const std::string path = object.path_of(field);
  if (value->is_array()) {
    return list_condition(object.array(field, kFilterEntriesMax), path, " AND ", environment, 0);
  }
  if (!value->is_object()) {
    object.fail(field, "a list of filters or a group of them");
  }
  if (value->get_object().empty()) {
    return {};
  }
  return node_condition(JsonReader(*value, path), environment, 0);
}

Entity read_entity(const JsonReader& node, std::string_view event_field,
                   const Environment& environment) {
  Entity entity;
  entity.event = node.text(event_field);
  if (entity.event && entity.event->empty()) {
    entity.event.reset();
  }
  entity.name = node.text("name").value_or(entity.event.value_or("All events"));
  entity.custom_name = node.text("custom_name");
  if (entity.custom_name && entity.custom_name->empty()) {
    entity.custom_name.reset();
  }
  if (const boost::json::value* properties = node.find("properties")) {
    entity.properties = *properties;
  }
  entity.condition = all_of({
      entity.event ? "events.event = " + hog::sql_string(*entity.event) : "",
      property_condition(node, "properties", environment),
      property_condition(node, "fixedProperties", environment),
  });
  return entity;
}

std::vector<SeriesNode> read_series(const JsonReader& query, std::size_t least,
                                    const Environment& environment) {
  const boost::json::array& list = query.array("series", kSeriesMax);
  if (list.size() < least) {
    query.fail("series",
               "at least " + std::to_string(least) + (least == 1 ? " entry" : " entries"));
  }
  std::vector<SeriesNode> series;
  for (std::size_t index = 0; index < list.size(); ++index) {
    const JsonReader node(list[index], query.path_of("series") + "." + std::to_string(index));
    if (node.text("kind").value_or("EventsNode") != "EventsNode") {
      node.fail("kind", "EventsNode (actions and warehouse tables are not supported yet)");
    }
    series.push_back(SeriesNode{read_entity(node, "event", environment), node});
  }
  return series;
}

}  // namespace cp::query
