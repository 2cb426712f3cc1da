// SPDX-License-Identifier: LicenseRef-Project
// What is known of an expression before ClickHouse sees it, and what that changes in its SQL.
#include "controlplane/hog/internal/expression_printer.h"

#include <algorithm>
#include <set>

namespace cp::hog {
ValueType ExpressionPrinter::type_of(const Expression& expression) const {
  switch (expression.kind) {
    case ExpressionKind::number:
      return ValueType::number;
    case ExpressionKind::string:
      return ValueType::text;
    case ExpressionKind::boolean:
    case ExpressionKind::comparison:
    case ExpressionKind::is_null:
    case ExpressionKind::between:
    case ExpressionKind::logical:
      return ValueType::boolean;
    case ExpressionKind::interval:
      return ValueType::interval;
    case ExpressionKind::field:
      return field_type(expression);
    case ExpressionKind::call:
      return call_type(expression);
    case ExpressionKind::unary:
      return expression.text == "not" ? ValueType::boolean : ValueType::number;
    case ExpressionKind::binary:
      return binary_type(expression);
    default:
      return ValueType::unknown;
  }
}

ValueType ExpressionPrinter::field_type(const Expression& field) const {
  if (const ValueType* alias = find_alias(field)) {
    return *alias;
  }
  const std::vector<std::string> path = local_path(field);
  if (is_property_path(path)) {
    return ValueType::property;
  }
  const Column* column = find_column(*names_.table, path.front());
  return column == nullptr ? ValueType::unknown : column->type;
}

ValueType ExpressionPrinter::call_type(const Expression& call) const {
  const Function* function = find_function(call.text);
  if (function == nullptr) {
    return ValueType::unknown;
  }
  static const std::set<std::string_view> first_argument_functions = {
      "min",    "max",      "any",    "anyLast", "argMin",
      "argMax", "coalesce", "ifNull", "nullIf",  "assumeNotNull"};
  if (first_argument_functions.contains(function->name) && !call.children.empty()) {
    return type_of(call.children.front());
  }
  return function->result;
}

ValueType ExpressionPrinter::binary_type(const Expression& expression) const {
  if (expression.text == "||") {
    return ValueType::text;
  }
  const ValueType left = type_of(expression.children[0]);
  const ValueType right = type_of(expression.children[1]);
  if (left == ValueType::interval || right == ValueType::interval) {
    return ValueType::datetime;
  }
  return left == ValueType::date ? ValueType::date : ValueType::number;
}

bool ExpressionPrinter::may_be_null(const Expression& expression) const {
  switch (expression.kind) {
    case ExpressionKind::null_value:
    case ExpressionKind::element:
      return true;
    case ExpressionKind::field:
      return find_alias(expression) != nullptr || field_type(expression) == ValueType::property;
    case ExpressionKind::call: {
      const Function* function = find_function(expression.text);
      if (function == nullptr || function->form == Form::cast || function->name == "nullIf") {
        return true;
      }
      break;
    }
    default:
      break;
  }
  return std::any_of(expression.children.begin(), expression.children.end(),
                     [this](const Expression& child) { return may_be_null(child); });
}

std::string ExpressionPrinter::numeric(const Expression& expression) {
  std::string sql = print(expression);
  return type_of(expression) == ValueType::property ? "toFloat64OrNull(" + sql + ")" : sql;
}

std::string ExpressionPrinter::moment(const Expression& expression) {
  std::string sql = print(expression);
  if (expression.kind == ExpressionKind::string) {
    return "parseDateTime64BestEffort(" + sql + ", 6, " + timezone() + ")";
  }
  const ValueType type = type_of(expression);
  if (type == ValueType::property || type == ValueType::text) {
    return "parseDateTime64BestEffortOrNull(" + sql + ", 6, " + timezone() + ")";
  }
  return sql;
}

}  // namespace cp::hog
