// SPDX-License-Identifier: LicenseRef-Project
// Every name is looked up in a table, every literal is escaped: no user text reaches the SQL as
// written.
#include "controlplane/hog/printer.h"

#include "controlplane/hog/functions.h"
#include "controlplane/hog/sql_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace cp::hog {
namespace {

struct Column {
  std::string_view name;
  ValueType type;
};

constexpr auto kColumns = std::to_array<Column>({
    {"uuid", ValueType::uuid},
    {"event", ValueType::text},
    {"properties", ValueType::text},
    {"timestamp", ValueType::datetime},
    {"team_id", ValueType::number},
    {"distinct_id", ValueType::text},
    {"elements_chain", ValueType::text},
    {"created_at", ValueType::datetime},
    {"person_id", ValueType::uuid},
    {"$session_id", ValueType::text},
    {"$window_id", ValueType::text},
    {"person_mode", ValueType::unknown},
    {"historical_migration", ValueType::boolean},
    {"inserted_at", ValueType::datetime},
});

// Names HogQL resolves by joins that are not there yet.
constexpr auto kJoined =
    std::to_array<std::string_view>({"person", "pdi", "poe", "session", "override", "group_0",
                                     "group_1", "group_2", "group_3", "group_4"});

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

const Column* find_column(std::string_view name) {
  const auto found = std::find_if(kColumns.begin(), kColumns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == kColumns.end() ? nullptr : &*found;
}

std::string column_sql(std::string_view name) {
  const bool is_plain = name.find('$') == std::string_view::npos;
  return "events." + (is_plain ? std::string(name) : sql_identifier(name));
}

bool is_property_path(const std::vector<std::string>& path) {
  return path.size() > 1 && path.front() == "properties";
}

// toIntervalDay, from the unit "day".
std::string interval_function(std::string_view unit) {
  std::string name = "toInterval";
  name.push_back(static_cast<char>(unit.front() - 'a' + 'A'));
  name += unit.substr(1);
  return name;
}

class Printer {
 public:
  explicit Printer(const Context& context) : context_(context) {}

  PrintedSelect select(const Select& select) {
    PrintedSelect printed;
    has_table_ = select.table.has_value();
    table_alias_ = select.table_alias;
    std::string& sql = printed.sql;
    sql = select.distinct ? "SELECT DISTINCT " : "SELECT ";
    for (const SelectItem& item : select.items) {
      print_item(item, printed);
    }
    if (has_table_) {
      sql += " FROM events AS events WHERE " + project_guard(context_);
      if (select.where) {
        sql += " AND " + print(*select.where);
      }
    } else if (select.where) {
      sql += " WHERE " + print(*select.where);
    }
    aliases_win_ = true;
    if (!select.group_by.empty()) {
      sql += " GROUP BY " + print_list(select.group_by);
    }
    if (select.having) {
      sql += " HAVING " + print(*select.having);
    }
    print_order(select.order_by, sql);
    printed.limit = std::min(select.limit.value_or(kRowsDefault), kRowsMax);
    printed.offset = select.offset.value_or(0);
    sql += " LIMIT " + std::to_string(printed.limit + 1);
    if (printed.offset > 0) {
      sql += " OFFSET " + std::to_string(printed.offset);
    }
    return printed;
  }

  std::string print(const Expression& expression) {
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

 private:
  // --- Statement
  // ----------------------------------------------------------------------------------

  void print_item(const SelectItem& item, PrintedSelect& printed) {
    if (item.expression.kind == ExpressionKind::star) {
      if (!has_table_) {
        throw HogqlError("\"*\" needs a table", item.expression.position);
      }
      for (const std::string& column : star_columns()) {
        if (!printed.columns.empty()) {
          printed.sql += ", ";
        }
        printed.sql += print_column(*find_column(column));
        printed.columns.push_back(column);
      }
      return;
    }
    if (!printed.columns.empty()) {
      printed.sql += ", ";
    }
    printed.sql += print(item.expression);
    printed.columns.push_back(column_name(item));
    if (!item.alias) {
      return;
    }
    printed.sql += " AS " + sql_identifier(*item.alias);
    if (!aliases_.emplace(*item.alias, type_of(item.expression)).second) {
      throw HogqlError("The alias \"" + *item.alias + "\" is used twice", item.expression.position);
    }
  }

  void print_order(const std::vector<OrderItem>& items, std::string& sql) {
    for (std::size_t index = 0; index < items.size(); ++index) {
      sql += index == 0 ? " ORDER BY " : ", ";
      sql += print(items[index].expression) + (items[index].descending ? " DESC" : " ASC");
      const std::optional<bool>& nulls_first = items[index].nulls_first;
      if (nulls_first) {
        sql += *nulls_first ? " NULLS FIRST" : " NULLS LAST";
      }
    }
  }

  std::string print_list(const std::vector<Expression>& list) {
    std::string out;
    for (const Expression& expression : list) {
      if (!out.empty()) {
        out += ", ";
      }
      out += print(expression);
    }
    return out;
  }

  // --- Names
  // --------------------------------------------------------------------------------------

  [[nodiscard]] std::vector<std::string> local_path(const Expression& field) const {
    std::vector<std::string> path = field.path;
    if (path.size() > 1 && (path.front() == table_alias_ || path.front() == "events")) {
      path.erase(path.begin());
    }
    if (path.size() == 2 && path[0] == "person" && path[1] == "id") {
      path = {"person_id"};
    }
    return path;
  }

  // A field without a table before it may mean an alias of the select list.
  [[nodiscard]] const ValueType* find_alias(const Expression& field) const {
    if (field.path.size() != 1) {
      return nullptr;
    }
    if (!aliases_win_ && find_column(field.path.front()) != nullptr) {
      return nullptr;
    }
    const auto found = aliases_.find(field.path.front());
    return found == aliases_.end() ? nullptr : &found->second;
  }

  std::string print_field(const Expression& field) {
    if (find_alias(field) != nullptr) {
      return sql_identifier(field.path.front());
    }
    const std::vector<std::string> path = local_path(field);
    const Column* column = find_column(path.front());
    if (column == nullptr || !has_table_) {
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

  [[noreturn]] void fail_unknown(const Expression& field, const std::string& name) const {
    if (std::find(kJoined.begin(), kJoined.end(), name) != kJoined.end()) {
      throw HogqlError("\"" + name + "\" is not supported yet, except person.id", field.position);
    }
    if (!has_table_) {
      throw HogqlError("\"" + name + "\" needs FROM events", field.position);
    }
    throw HogqlError("There is no column \"" + name + "\" in events", field.position);
  }

  [[nodiscard]] std::string print_column(const Column& column) const {
    std::string sql = column_sql(column.name);
    if (column.type != ValueType::datetime) {
      return sql;
    }
    return "toTimeZone(" + sql + ", " + timezone() + ")";
  }

  std::string print_placeholder(const Expression& placeholder) {
    const auto found = context_.placeholders.find(placeholder.text);
    if (found == context_.placeholders.end()) {
      throw HogqlError("There is no value for the placeholder {" + placeholder.text + "}",
                       placeholder.position);
    }
    return found->second;
  }

  [[nodiscard]] std::string timezone() const { return sql_string(context_.timezone); }

  // --- Types
  // --------------------------------------------------------------------------------------

  [[nodiscard]] ValueType type_of(const Expression& expression) const {
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

  [[nodiscard]] ValueType field_type(const Expression& field) const {
    if (const ValueType* alias = find_alias(field)) {
      return *alias;
    }
    const std::vector<std::string> path = local_path(field);
    if (is_property_path(path)) {
      return ValueType::property;
    }
    const Column* column = find_column(path.front());
    return column == nullptr ? ValueType::unknown : column->type;
  }

  // min, max, any, coalesce, … have the type of their first argument.
  [[nodiscard]] ValueType call_type(const Expression& call) const {
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

  [[nodiscard]] ValueType binary_type(const Expression& expression) const {
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

  [[nodiscard]] bool may_be_null(const Expression& expression) const {
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

  // A property where a number is needed is read as one; NULL when it is none.
  std::string numeric(const Expression& expression) {
    std::string sql = print(expression);
    return type_of(expression) == ValueType::property ? "toFloat64OrNull(" + sql + ")" : sql;
  }

  // Text where a moment is needed is read in the project's time zone.
  std::string moment(const Expression& expression) {
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

  // --- Operators
  // ----------------------------------------------------------------------------------

  std::string print_binary(const Expression& expression) {
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

  std::string text_or_empty(const Expression& expression) {
    return "ifNull(toString(" + print(expression) + "), '')";
  }

  std::string print_element(const Expression& expression) {
    return (expression.text == "." ? "tupleElement(" : "arrayElement(") +
           print(expression.children[0]) + ", " + print(expression.children[1]) + ")";
  }

  // One side of a comparison, read as what the other side is.
  std::string comparable(const Expression& side, const Expression& other) {
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

  // Instants compare the same in every time zone; the bare column lets ClickHouse skip parts.
  std::string instant(const Expression& side) {
    if (side.kind == ExpressionKind::field && find_alias(side) == nullptr) {
      return column_sql(local_path(side).front());
    }
    return print(side);
  }

  std::string print_comparison(const std::string& operation, const Expression& left,
                               const Expression& right) {
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

  std::string print_membership(const std::string& operation, const Expression& left,
                               const Expression& right) {
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

  std::string print_between(const Expression& expression) {
    const Expression& value = expression.children[0];
    std::string sql = "and(" + print_comparison(">=", value, expression.children[1]) + ", " +
                      print_comparison("<=", value, expression.children[2]) + ")";
    return expression.text == "between" ? sql : "not(" + sql + ")";
  }

  // --- Calls
  // --------------------------------------------------------------------------------------

  std::string print_call(const Expression& call) {
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

  static void check_arguments(const Expression& call, const Function& function) {
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

  static std::string print_parameters(const Expression& call, const Function& function) {
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

  std::string print_arguments(const Expression& call, const Function& function) {
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

  std::string print_special(const Expression& call, const Function& function) {
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

  std::string print_concat(const Expression& call) {
    std::string out;
    for (const Expression& argument : call.children) {
      out += (out.empty() ? "concat(" : ", ") + text_or_empty(argument);
    }
    return out + ")";
  }

  std::string print_date_function(const Expression& call, std::string_view name) {
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

  std::string print_to_datetime(const Expression& call) {
    const Expression& value = call.children[0];
    const ValueType type = type_of(value);
    const std::string zone =
        call.children.size() == 2 ? literal(call.children[1], "a time zone") : timezone();
    if (type == ValueType::text || type == ValueType::property) {
      return "parseDateTime64BestEffortOrNull(" + print(value) + ", 6, " + zone + ")";
    }
    return "toDateTime(" + print(value) + ", " + zone + ")";
  }

  // dateAdd('day', 1, moment) and dateAdd(moment, INTERVAL 1 DAY)
  std::string print_date_arithmetic(const Expression& call, const char* sign) {
    if (call.children.size() == 2) {
      return "(" + moment(call.children[0]) + sign + print(call.children[1]) + ")";
    }
    return "(" + moment(call.children[2]) + sign + interval_function(unit(call.children[0])) + "(" +
           numeric(call.children[1]) + "))";
  }

  static std::string literal(const Expression& expression, const char* what) {
    if (expression.kind != ExpressionKind::string) {
      throw HogqlError(std::string("Expected ") + what + " in quotes", expression.position);
    }
    return sql_string(expression.text);
  }

  // A unit of time, in quotes or as a bare word.
  static std::string unit(const Expression& expression) {
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

  const Context& context_;
  bool has_table_ = true;
  std::string table_alias_ = "events";
  std::map<std::string, ValueType> aliases_;
  bool aliases_win_ = false;
};

}  // namespace

PrintedSelect print_select(const Select& select, const Context& context) {
  return Printer(context).select(select);
}

std::string print_expression(const Expression& expression, const Context& context) {
  return Printer(context).print(expression);
}

std::string project_guard(const Context& context) {
  return "(events.team_id = " + std::to_string(context.project_id) + ")";
}

const std::vector<std::string>& star_columns() {
  static const std::vector<std::string> columns = {
      "uuid",           "event",      "properties", "timestamp",   "distinct_id",
      "elements_chain", "created_at", "person_id",  "$session_id", "$window_id"};
  return columns;
}

}  // namespace cp::hog
