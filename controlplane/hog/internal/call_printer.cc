// SPDX-License-Identifier: LicenseRef-Project
// Function calls: the permitted ones, with their arity, arguments and special forms.
#include "controlplane/hog/internal/expression_printer.h"
#include "controlplane/hog/sql_text.h"

#include <array>
#include <set>

namespace cp::hog {
namespace {

constexpr auto kComparisonFunctions = std::to_array<std::array<std::string_view, 2>>({
    {"equals", "="},
    {"notEquals", "!="},
    {"less", "<"},
    {"greater", ">"},
    {"lessOrEquals", "<="},
    {"greaterOrEquals", ">="},
    {"like", "like"},
    {"ilike", "ilike"},
    {"notLike", "not like"},
    {"notILike", "not ilike"},
    {"in", "in"},
    {"notIn", "not in"},
});

}  // namespace

std::string ExpressionPrinter::print_call(const Expression& call) {
  const Function* function = find_function(call.text);
  if (function == nullptr) {
    throw HogqlError("The function \"" + call.text + "\" is not supported", call.position);
  }
  check_arguments(call, *function);
  switch (function->form) {
    case Form::cast:
      return "accurateCastOrNull(" + print(call.children[0]) + ", '" +
             std::string(function->clickhouse) + "')";
    case Form::special:
      return print_special(call, *function);
    case Form::plain:
      break;
  }
  const bool is_count_star = call.children.size() == 1 &&
                             call.children[0].kind == ExpressionKind::star &&
                             function->name == "count";
  return std::string(function->clickhouse) + print_parameters(call, *function) + "(" +
         (call.distinct ? "DISTINCT " : "") +
         (is_count_star ? "" : print_arguments(call, *function)) + ")";
}

void ExpressionPrinter::check_arguments(const Expression& call, const Function& function) {
  const std::size_t count = call.children.size();
  if (count < function.arguments_min || count > function.arguments_max) {
    std::string expected = std::to_string(function.arguments_min);
    if (function.arguments_max != function.arguments_min) {
      expected += " to " + std::to_string(function.arguments_max);
    }
    throw HogqlError("The function \"" + call.text + "\" takes " + expected + " arguments, not " +
                         std::to_string(count),
                     call.position);
  }
  if (call.distinct && (!function.is_aggregate || count == 0)) {
    throw HogqlError("DISTINCT is not possible in \"" + call.text + "\"", call.position);
  }
  if (!call.parameters.empty() && !function.takes_parameters) {
    throw HogqlError("The function \"" + call.text + "\" takes no parameters", call.position);
  }
}

std::string ExpressionPrinter::print_parameters(const Expression& call, const Function& function) {
  if (call.parameters.empty()) {
    return {};
  }
  std::string out;
  for (const Expression& parameter : call.parameters) {
    if (parameter.kind != ExpressionKind::number) {
      throw HogqlError("The parameters of \"" + std::string(function.name) + "\" are numbers",
                       parameter.position);
    }
    out += (out.empty() ? "(" : ", ") + parameter.text;
  }
  return out + ")";
}

std::string ExpressionPrinter::print_arguments(const Expression& call, const Function& function) {
  // The last argument of countIf, sumIf, … is a condition.
  const std::size_t values =
      call.children.size() - (is_conditional_aggregate(function.name) ? 1 : 0);
  std::string out;
  for (std::size_t index = 0; index < call.children.size(); ++index) {
    if (index > 0) {
      out += ", ";
    }
    const Expression& argument = call.children[index];
    if (index < values && function.arguments == Arguments::numeric) {
      out += numeric(argument);
    } else if (index == 0 && function.arguments == Arguments::datetime) {
      out += moment(argument);
    } else {
      out += print(argument);
    }
  }
  return out;
}

std::string ExpressionPrinter::print_special(const Expression& call, const Function& function) {
  for (const auto& [name, operation] : kComparisonFunctions) {
    if (function.name == name) {
      return print_comparison(std::string(operation), call.children[0], call.children[1]);
    }
  }
  const std::string_view name = function.name;
  if (name == "and" || name == "or" || name == "not") {
    return std::string(name) + "(" + print_list(call.children) + ")";
  }
  if (name == "concat") {
    return print_concat(call);
  }
  if (name == "toIntOrZero") {
    return "ifNull(accurateCastOrNull(" + print(call.children[0]) + ", 'Int64'), 0)";
  }
  if (name == "toFloatOrZero" || name == "toFloatOrDefault") {
    const std::string fallback = name == "toFloatOrZero" ? "0" : print(call.children[1]);
    return "ifNull(accurateCastOrNull(" + print(call.children[0]) + ", 'Float64'), " + fallback +
           ")";
  }
  return print_date_function(call, name);
}

std::string ExpressionPrinter::print_concat(const Expression& call) {
  std::string out;
  for (const Expression& argument : call.children) {
    out += (out.empty() ? "concat(" : ", ") + text_or_empty(argument);
  }
  return out + ")";
}

std::string ExpressionPrinter::print_date_function(const Expression& call, std::string_view name) {
  if (name == "now") {
    return "now64(6, " + timezone() + ")";
  }
  if (name == "today") {
    return "toDate(now(" + timezone() + "))";
  }
  if (name == "yesterday") {
    return "(toDate(now(" + timezone() + ")) - 1)";
  }
  if (name == "toDate") {
    return "toDate(" + moment(call.children[0]) + ")";
  }
  if (name == "toDateTime") {
    return print_to_datetime(call);
  }
  if (name == "toTimeZone") {
    return "toTimeZone(" + moment(call.children[0]) + ", " +
           literal(call.children[1], "a time zone") + ")";
  }
  if (name == "toStartOfWeek") {
    const std::string mode = call.children.size() == 2     ? print(call.children[1])
                             : context_.week_starts_monday ? "3"
                                                           : "0";
    return "toStartOfWeek(" + moment(call.children[0]) + ", " + mode + ")";
  }
  if (name == "dateTrunc" || name == "date_trunc") {
    return "dateTrunc('" + unit(call.children[0]) + "', " + moment(call.children[1]) + ")";
  }
  if (name == "dateDiff" || name == "date_diff") {
    return "dateDiff('" + unit(call.children[0]) + "', " + moment(call.children[1]) + ", " +
           moment(call.children[2]) + ", " + timezone() + ")";
  }
  return print_date_arithmetic(call, name == "dateAdd" ? " + " : " - ");
}

std::string ExpressionPrinter::print_to_datetime(const Expression& call) {
  const Expression& value = call.children[0];
  const ValueType type = type_of(value);
  const std::string zone =
      call.children.size() == 2 ? literal(call.children[1], "a time zone") : timezone();
  if (type == ValueType::text || type == ValueType::property) {
    return "parseDateTime64BestEffortOrNull(" + print(value) + ", 6, " + zone + ")";
  }
  return "toDateTime(" + print(value) + ", " + zone + ")";
}

std::string ExpressionPrinter::print_date_arithmetic(const Expression& call, const char* sign) {
  if (call.children.size() == 2) {
    return "(" + moment(call.children[0]) + sign + print(call.children[1]) + ")";
  }
  return "(" + moment(call.children[2]) + sign + interval_function(unit(call.children[0])) + "(" +
         numeric(call.children[1]) + "))";
}

std::string ExpressionPrinter::literal(const Expression& expression, const char* what) {
  if (expression.kind != ExpressionKind::string) {
    throw HogqlError(std::string("Expected ") + what + " in quotes", expression.position);
  }
  return sql_string(expression.text);
}

std::string ExpressionPrinter::unit(const Expression& expression) {
  static const std::set<std::string_view> units = {"second", "minute", "hour",    "day",
                                                   "week",   "month",  "quarter", "year"};
  std::string word;
  if (expression.kind == ExpressionKind::string) {
    word = expression.text;
  }
  if (expression.kind == ExpressionKind::field && expression.path.size() == 1) {
    word = expression.path.front();
  }
  for (char& byte : word) {
    if (byte >= 'A' && byte <= 'Z') {
      byte = static_cast<char>(byte - 'A' + 'a');
    }
  }
  if (!units.contains(word)) {
    throw HogqlError(
        "Expected a unit of time: second, minute, hour, day, week, month, quarter or year",
        expression.position);
  }
  return word;
}

}  // namespace cp::hog
