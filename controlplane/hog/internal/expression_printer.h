// SPDX-License-Identifier: LicenseRef-Project
// Prints expressions: names, operators and calls, each adapted to the types around it.
#pragma once

#include "controlplane/hog/ast.h"
#include "controlplane/hog/functions.h"
#include "controlplane/hog/internal/event_columns.h"
#include "controlplane/hog/printer.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cp::hog {

/// What a name means inside one statement.
struct Names {
  bool has_table = true;
  const Table* table = &events_table();
  std::string table_alias = "events";
  std::map<std::string, ValueType> aliases;  ///< of the select list, read so far
  bool aliases_win = false;                  ///< over columns: after WHERE
};

/// toIntervalDay, from the unit "day".
std::string interval_function(std::string_view unit);

/// Prints over the columns of one table. Keeps references to the context and the names, which may
/// grow between calls. Throws HogqlError.
class ExpressionPrinter {
 public:
  ExpressionPrinter(const Context& context, const Names& names)
      : context_(context), names_(names) {}

  std::string print(const Expression& expression);

  /// The expressions, separated by commas.
  std::string print_list(const std::vector<Expression>& list);

  /// A column; moments are shown in the project's time zone.
  [[nodiscard]] std::string print_column(const Column& column) const;

  [[nodiscard]] ValueType type_of(const Expression& expression) const;

 private:
  [[nodiscard]] std::vector<std::string> local_path(const Expression& field) const;
  // A field without a table before it may mean an alias of the select list.
  [[nodiscard]] const ValueType* find_alias(const Expression& field) const;
  std::string print_field(const Expression& field);
  [[noreturn]] void fail_unknown(const Expression& field, const std::string& name) const;
  std::string print_placeholder(const Expression& placeholder);
  [[nodiscard]] std::string timezone() const;

  [[nodiscard]] ValueType field_type(const Expression& field) const;
  // min, max, any, coalesce, … have the type of their first argument.
  [[nodiscard]] ValueType call_type(const Expression& call) const;
  [[nodiscard]] ValueType binary_type(const Expression& expression) const;
  [[nodiscard]] bool may_be_null(const Expression& expression) const;
  // A property where a number is needed is read as one; NULL when it is none.
  std::string numeric(const Expression& expression);
  // Text where a moment is needed is read in the project's time zone.
  std::string moment(const Expression& expression);

  std::string print_binary(const Expression& expression);
  std::string text_or_empty(const Expression& expression);
  std::string print_element(const Expression& expression);
  // One side of a comparison, read as what the other side is.
  std::string comparable(const Expression& side, const Expression& other);
  // Instants compare the same in every time zone; the bare column lets ClickHouse skip parts.
  std::string instant(const Expression& side);
  std::string print_comparison(const std::string& operation, const Expression& left,
                               const Expression& right);
  std::string print_membership(const std::string& operation, const Expression& left,
                               const Expression& right);
  std::string print_between(const Expression& expression);

  std::string print_call(const Expression& call);
  static void check_arguments(const Expression& call, const Function& function);
  static std::string print_parameters(const Expression& call, const Function& function);
  std::string print_arguments(const Expression& call, const Function& function);
  std::string print_special(const Expression& call, const Function& function);
  std::string print_concat(const Expression& call);
  std::string print_date_function(const Expression& call, std::string_view name);
  std::string print_to_datetime(const Expression& call);
  // dateAdd('day', 1, moment) and dateAdd(moment, INTERVAL 1 DAY)
  std::string print_date_arithmetic(const Expression& call, const char* sign);
  static std::string literal(const Expression& expression, const char* what);
  // A unit of time, in quotes or as a bare word.
  static std::string unit(const Expression& expression);

  const Context& context_;
  const Names& names_;
};

}  // namespace cp::hog
