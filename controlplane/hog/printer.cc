// SPDX-License-Identifier: LicenseRef-Project
// Every name is looked up in a table, every literal is escaped: no user text reaches the SQL as
// written.
#include "controlplane/hog/printer.h"

#include "controlplane/hog/internal/expression_printer.h"
#include "controlplane/hog/sql_text.h"

#include <algorithm>

namespace cp::hog {
namespace {

class StatementPrinter {
 public:
  explicit StatementPrinter(const Context& context)
      : context_(context), expressions_(context, names_) {}

  PrintedSelect select(const Select& select) {
    PrintedSelect printed;
    names_.has_table = select.table.has_value();
    names_.table_alias = select.table_alias;
    if (select.table) {
      names_.table = find_table(*select.table);
    }
    std::string& sql = printed.sql;
    sql = select.distinct ? "SELECT DISTINCT " : "SELECT ";
    for (const SelectItem& item : select.items) {
      print_item(item, printed);
    }
    if (names_.has_table) {
      sql += " FROM ";
      sql += names_.table->source;
      sql += " WHERE " + project_guard(context_);
      if (select.where) {
        sql += " AND " + expressions_.print(*select.where);
      }
    } else if (select.where) {
      sql += " WHERE " + expressions_.print(*select.where);
    }
    names_.aliases_win = true;
    if (!select.group_by.empty()) {
      sql += " GROUP BY " + expressions_.print_list(select.group_by);
    }
    if (select.having) {
      sql += " HAVING " + expressions_.print(*select.having);
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

 private:
  void print_item(const SelectItem& item, PrintedSelect& printed) {
    if (item.expression.kind == ExpressionKind::star) {
      if (!names_.has_table) {
        throw HogqlError("\"*\" needs a table", item.expression.position);
      }
      for (const std::string_view column : names_.table->star) {
        if (!printed.columns.empty()) {
          printed.sql += ", ";
        }
        printed.sql += expressions_.print_column(*find_column(*names_.table, column));
        printed.columns.emplace_back(column);
      }
      return;
    }
    if (!printed.columns.empty()) {
      printed.sql += ", ";
    }
    printed.sql += expressions_.print(item.expression);
    printed.columns.push_back(column_name(item));
    if (!item.alias) {
      return;
    }
    printed.sql += " AS " + sql_identifier(*item.alias);
    if (!names_.aliases.emplace(*item.alias, expressions_.type_of(item.expression)).second) {
      throw HogqlError("The alias \"" + *item.alias + "\" is used twice", item.expression.position);
    }
  }

  void print_order(const std::vector<OrderItem>& items, std::string& sql) {
    for (std::size_t index = 0; index < items.size(); ++index) {
      sql += index == 0 ? " ORDER BY " : ", ";
      sql += expressions_.print(items[index].expression) +
             (items[index].descending ? " DESC" : " ASC");
      const std::optional<bool>& nulls_first = items[index].nulls_first;
      if (nulls_first) {
        sql += *nulls_first ? " NULLS FIRST" : " NULLS LAST";
      }
    }
  }

  const Context& context_;
  Names names_;
  ExpressionPrinter expressions_;
};

}  // namespace

PrintedSelect print_select(const Select& select, const Context& context) {
  return StatementPrinter(context).select(select);
}

std::string print_expression(const Expression& expression, const Context& context) {
  return ExpressionPrinter(context, Names{}).print(expression);
}

std::string project_guard(const Context& context) {
  return "(events.team_id = " + std::to_string(context.project_id) + ")";
}

}  // namespace cp::hog
