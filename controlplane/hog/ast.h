// SPDX-License-Identifier: LicenseRef-Project
// The tree of a HogQL expression and of a SELECT over one table.
#pragma once

#include "controlplane/hog/error.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cp::hog {

enum class ExpressionKind : std::uint8_t {
  null_value,
  boolean,      ///< text: true | false
  number,       ///< text: as written
  string,       ///< text: the unescaped value
  field,        ///< path: a.b.c, with ['x'] folded in
  star,         ///< * in a select list or in count(*)
  placeholder,  ///< text: the name between braces
  call,         ///< text: function; parameters, then children as arguments; distinct
  unary,        ///< text: - or not
  binary,       ///< text: + - * / % ||
  comparison,   ///< text: = != < <= > >= like ilike "not like" in "not in" ~ !~ ~* !~* …
  is_null,      ///< text: "is null" | "is not null"
  between,      ///< children: value, low, high; text: "between" | "not between"
  logical,      ///< text: and | or, two or more children
  conditional,  ///< children: condition, value, condition, value, …, else
  interval,     ///< text: the unit; children: the count
  array,
  tuple,
  element,  ///< children: container, index; text "[]" or "." for a tuple member
};

/// One node. `source` is the text it was read from, for column names.
struct Expression {
  ExpressionKind kind = ExpressionKind::null_value;
  Position position;
  std::string text;
  std::vector<std::string> path;
  std::vector<Expression> parameters;
  std::vector<Expression> children;
  bool distinct = false;
  std::string source;
};

/// An item of the select list.
struct SelectItem {
  Expression expression;
  std::optional<std::string> alias;
};

/// An item of ORDER BY.
struct OrderItem {
  Expression expression;
  bool descending = false;
  std::optional<bool> nulls_first;
};

/// SELECT … over a table, or over nothing (`SELECT 1`).
struct Select {
  bool distinct = false;
  std::vector<SelectItem> items;
  std::optional<std::string> table;
  std::string table_alias;
  std::optional<Expression> where;
  std::vector<Expression> group_by;
  std::optional<Expression> having;
  std::vector<OrderItem> order_by;
  std::optional<std::uint64_t> limit;
  std::optional<std::uint64_t> offset;
};

/// The name a result column gets: its alias, the last part of a field, else the text as written.
std::string column_name(const SelectItem& item);

/// Whether an aggregate function is called anywhere in `expression`.
bool has_aggregate(const Expression& expression);

}  // namespace cp::hog
