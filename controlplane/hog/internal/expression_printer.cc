// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/internal/expression_printer.h"

#include "controlplane/hog/sql_text.h"

namespace cp::hog {

std::string interval_function(std::string_view unit) {
  std::string name = "toInterval";
  name.push_back(static_cast<char>(unit.front() - 'a' + 'A'));
  name += unit.substr(1);
  return name;
}

std::string ExpressionPrinter::print(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::null_value:
      return "NULL";
    case ExpressionKind::boolean:
    case ExpressionKind::number:
      return expression.text;
    case ExpressionKind::string:
      return sql_string(expression.text);
    case ExpressionKind::field:
      return print_field(expression);
    case ExpressionKind::star:
      throw HogqlError("\"*\" is only possible alone in a select list or in count(*)",
                       expression.position);
    case ExpressionKind::placeholder:
      return print_placeholder(expression);
    case ExpressionKind::call:
      return print_call(expression);
    case ExpressionKind::unary:
      return expression.text == "not" ? "not(" + print(expression.children[0]) + ")"
                                      : "negate(" + numeric(expression.children[0]) + ")";
    case ExpressionKind::binary:
      return print_binary(expression);
    case ExpressionKind::comparison:
      return print_comparison(expression.text, expression.children[0], expression.children[1]);
    case ExpressionKind::is_null:
      return (expression.text == "is null" ? "isNull(" : "isNotNull(") +
             print(expression.children[0]) + ")";
    case ExpressionKind::between:
      return print_between(expression);
    case ExpressionKind::logical:
      return expression.text + "(" + print_list(expression.children) + ")";
    case ExpressionKind::conditional:
      return (expression.children.size() == 3 ? "if(" : "multiIf(") +
             print_list(expression.children) + ")";
    case ExpressionKind::interval:
      return interval_function(expression.text) + "(" + numeric(expression.children[0]) + ")";
    case ExpressionKind::array:
      return "[" + print_list(expression.children) + "]";
    case ExpressionKind::tuple:
      return "tuple(" + print_list(expression.children) + ")";
    case ExpressionKind::element:
      return print_element(expression);
  }
  throw HogqlError("This expression is not supported yet", expression.position);
}

std::string ExpressionPrinter::print_list(const std::vector<Expression>& list) {
  std::string out;
  for (const Expression& expression : list) {
    if (!out.empty()) {
      out += ", ";
    }
    out += print(expression);
  }
  return out;
}

std::vector<std::string> ExpressionPrinter::local_path(const Expression& field) const {
  std::vector<std::string> path = field.path;
  if (path.size() > 1 &&
      (path.front() == names_.table_alias || path.front() == names_.table->name)) {
    path.erase(path.begin());
  }
  if (path.size() == 2 && path[0] == "person" && path[1] == "id") {
    path = {"person_id"};
  }
  return path;
}

const ValueType* ExpressionPrinter::find_alias(const Expression& field) const {
  if (field.path.size() != 1) {
    return nullptr;
  }
  if (!names_.aliases_win && find_column(*names_.table, field.path.front()) != nullptr) {
    return nullptr;
  }
  const auto found = names_.aliases.find(field.path.front());
  return found == names_.aliases.end() ? nullptr : &found->second;
}

std::string ExpressionPrinter::print_field(const Expression& field) {
  if (find_alias(field) != nullptr) {
    return sql_identifier(field.path.front());
  }
  const std::vector<std::string> path = local_path(field);
  const Column* column = find_column(*names_.table, path.front());
  if (column == nullptr || !names_.has_table) {
    fail_unknown(field, path.front());
  }
  if (path.size() == 1) {
    return print_column(*column);
  }
  if (!is_property_path(path)) {
    throw HogqlError("The column \"" + path.front() + "\" has no members", field.position);
  }
  return property_text("events.properties", path.data() + 1, path.size() - 1);
}

void ExpressionPrinter::fail_unknown(const Expression& field, const std::string& name) const {
  if (is_joined_name(name)) {
    throw HogqlError("\"" + name + "\" is not supported yet, except person.id", field.position);
  }
  if (!names_.has_table) {
    throw HogqlError("\"" + name + "\" needs FROM events", field.position);
  }
  throw HogqlError("There is no column \"" + name + "\" in " + std::string(names_.table->name),
                   field.position);
}

std::string ExpressionPrinter::print_column(const Column& column) const {
  std::string sql = column_sql(column.name);
  if (column.type != ValueType::datetime) {
    return sql;
  }
  return "toTimeZone(" + sql + ", " + timezone() + ")";
}

std::string ExpressionPrinter::print_placeholder(const Expression& placeholder) {
  const auto found = context_.placeholders.find(placeholder.text);
  if (found == context_.placeholders.end()) {
    throw HogqlError("There is no value for the placeholder {" + placeholder.text + "}",
                     placeholder.position);
  }
  return found->second;
}

std::string ExpressionPrinter::timezone() const { return sql_string(context_.timezone); }

std::string ExpressionPrinter::print_binary(const Expression& expression) {
  const Expression& left = expression.children[0];
  const Expression& right = expression.children[1];
  if (expression.text == "||") {
    return "concat(" + text_or_empty(left) + ", " + text_or_empty(right) + ")";
  }
  const bool is_calendar =
      type_of(left) == ValueType::interval || type_of(right) == ValueType::interval;
  const auto side = [&](const Expression& operand) {
    return is_calendar && type_of(operand) != ValueType::interval ? moment(operand)
                                                                  : numeric(operand);
  };
  return "(" + side(left) + " " + expression.text + " " + side(right) + ")";
}

std::string ExpressionPrinter::text_or_empty(const Expression& expression) {
  return "ifNull(toString(" + print(expression) + "), '')";
}

std::string ExpressionPrinter::print_element(const Expression& expression) {
  return (expression.text == "." ? "tupleElement(" : "arrayElement(") +
         print(expression.children[0]) + ", " + print(expression.children[1]) + ")";
}

std::string ExpressionPrinter::comparable(const Expression& side, const Expression& other) {
  const ValueType own = type_of(side);
  const ValueType wanted = type_of(other);
  if (wanted == ValueType::number && own == ValueType::property) {
    return numeric(side);
  }
  if (wanted == ValueType::property && side.kind == ExpressionKind::boolean) {
    return sql_string(side.text);
  }
  const bool own_is_text = own == ValueType::text || own == ValueType::property;
  if (wanted == ValueType::datetime && own_is_text) {
    return moment(side);
  }
  const bool other_is_moment = wanted == ValueType::datetime || wanted == ValueType::text;
  if (own == ValueType::datetime && other_is_moment) {
    return instant(side);
  }
  // ClickHouse reads a constant as a UUID by itself, but not a column.
  const bool other_is_text = wanted == ValueType::text || wanted == ValueType::property;
  if (own == ValueType::uuid && other_is_text && other.kind != ExpressionKind::string) {
    return "toString(" + print(side) + ")";
  }
  return print(side);
}

std::string ExpressionPrinter::instant(const Expression& side) {
  if (side.kind == ExpressionKind::field && find_alias(side) == nullptr) {
    return column_sql(local_path(side).front());
  }
  return print(side);
}

std::string ExpressionPrinter::print_comparison(const std::string& operation,
                                                const Expression& left, const Expression& right) {
  const bool is_negative =
      operation == "!=" || operation.starts_with("not ") || operation[0] == '!';
  if (operation == "=" || operation == "!=") {
    const bool left_is_null = left.kind == ExpressionKind::null_value;
    if (left_is_null || right.kind == ExpressionKind::null_value) {
      return (is_negative ? "isNotNull(" : "isNull(") + print(left_is_null ? right : left) + ")";
    }
  }
  std::string sql;
  if (operation == "in" || operation == "not in") {
    sql = print_membership(operation, left, right);
  } else if (operation.find('~') != std::string::npos) {
    const std::string pattern =
        operation.ends_with('*') ? "concat('(?i)', " + print(right) + ")" : print(right);
    sql = "match(" + print(left) + ", " + pattern + ")";
    if (is_negative) {
      sql = "not(" + sql + ")";
    }
  } else {
    sql = "(" + comparable(left, right) + " " + operation + " " + comparable(right, left) + ")";
  }
  if (!may_be_null(left) && !may_be_null(right)) {
    return sql;
  }
  return "ifNull(" + sql + (is_negative ? ", 1)" : ", 0)");
}

std::string ExpressionPrinter::print_membership(const std::string& operation,
                                                const Expression& left, const Expression& right) {
  const bool is_list = right.kind == ExpressionKind::tuple || right.kind == ExpressionKind::array;
  const char* function = operation == "in" ? "in(" : "notIn(";
  if (!is_list || right.children.empty()) {
    return function + print(left) + ", " + print(right) + ")";
  }
  const Expression& sample = right.children.front();
  std::string values;
  for (const Expression& value : right.children) {
    if (!values.empty()) {
      values += ", ";
    }
    values += comparable(value, left);
  }
  return function + comparable(left, sample) + ", tuple(" + values + "))";
}

std::string ExpressionPrinter::print_between(const Expression& expression) {
  const Expression& value = expression.children[0];
  std::string sql = "and(" + print_comparison(">=", value, expression.children[1]) + ", " +
                    print_comparison("<=", value, expression.children[2]) + ")";
  return expression.text == "between" ? sql : "not(" + sql + ")";
}

}  // namespace cp::hog
