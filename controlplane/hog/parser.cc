// SPDX-License-Identifier: LicenseRef-Project
// The statement around the expressions: one SELECT over one table.
#include "controlplane/hog/parser.h"

#include "controlplane/hog/internal/event_columns.h"
#include "controlplane/hog/internal/expression_parser.h"

#include <charconv>
#include <utility>

namespace cp::hog {
namespace {

class StatementParser : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Select select_statement() {
    refuse_word("with", "WITH (common table expressions) is not supported yet");
    Select select;
    expect_word("select");
    select.distinct = take_word("distinct");
    refuse_word("top", "SELECT TOP is not supported yet; use LIMIT");
    do {
      select.items.push_back(select_item());
    } while (take_symbol(","));
    if (take_word("from")) {
      from(select);
    }
    refuse_word("prewhere", "PREWHERE is not supported yet; use WHERE");
    if (take_word("where")) {
      select.where = expression();
    }
    if (take_word("group")) {
      group_by(select);
    }
    if (take_word("having")) {
      select.having = expression();
    }
    refuse_word("window", "Window functions are not supported yet");
    refuse_word("qualify", "QUALIFY is not supported yet");
    if (take_word("order")) {
      order_by(select);
    }
    limit(select);
    refuse_word("settings", "SETTINGS are not supported");
    for (const char* word : {"union", "intersect", "except"}) {
      refuse_word(word, "Combining queries with UNION, INTERSECT or EXCEPT is not supported yet");
    }
    take_symbol(";");
    expect_end();
    return select;
  }

  Expression expression_statement() {
    Expression result = expression();
    expect_end();
    return result;
  }

  SelectItem select_item_statement() {
    SelectItem item = select_item();
    expect_end();
    return item;
  }

  OrderItem order_item_statement() {
    OrderItem item = order_item();
    expect_end();
    return item;
  }

 private:
  SelectItem select_item() {
    SelectItem item;
    item.expression = expression();
    const Position position = peek().position;
    if (take_word("as")) {
      item.alias = name("an alias");
    } else if (peek().kind == TokenKind::quoted_word ||
               (peek().kind == TokenKind::word && !is_reserved(lower(peek().value)))) {
      item.alias = take().value;
    }
    if (item.alias) {
      const std::string alias = lower(*item.alias);
      if (alias == "true" || alias == "false" || alias == "null" || alias == "team_id") {
        throw HogqlError("\"" + *item.alias + "\" cannot be used as an alias", position);
      }
    }
    return item;
  }

  void from(Select& select) {
    if (is_symbol("(")) {
      fail("Subqueries are not supported yet; only FROM events");
    }
    if (is_symbol("{")) {
      fail("A placeholder is not supported as a table; only FROM events");
    }
    const Position position = peek().position;
    select.table = name("a table name");
    if (is_symbol("(")) {
      throw HogqlError("Table functions are not supported", position);
    }
    if (find_table(*select.table) == nullptr || is_symbol(".")) {
      throw HogqlError("The table \"" + *select.table +
                           "\" is not supported yet; \"events\", \"heatmaps\" and "
                           "\"ingestion_warnings\" can be queried",
                       position);
    }
    select.table_alias = lower(*select.table);
    if (take_word("as")) {
      select.table_alias = name("an alias");
    } else if (peek().kind == TokenKind::quoted_word ||
               (peek().kind == TokenKind::word && !is_reserved(lower(peek().value)))) {
      select.table_alias = take().value;
    }
    refuse_word("final", "FINAL is not supported; tables are already free of duplicates");
    refuse_word("sample", "SAMPLE is not supported yet");
    if (is_word("array")) {
      fail("ARRAY JOIN is not supported yet");
    }
    for (const char* word :
         {"join", "inner", "left", "right", "full", "cross", "any", "asof", "global"}) {
      refuse_word(word, "JOIN is not supported yet; only FROM events");
    }
    if (is_symbol(",")) {
      fail("More than one table is not supported yet; only FROM events");
    }
  }

  void group_by(Select& select) {
    expect_word("by");
    if ((is_word("cube") || is_word("rollup")) && is_symbol("(", 1)) {
      fail("CUBE and ROLLUP are not supported yet");
    }
    do {
      select.group_by.push_back(expression());
    } while (take_symbol(","));
    refuse_word("with", "WITH ROLLUP, CUBE and TOTALS are not supported yet");
  }

  OrderItem order_item() {
    OrderItem item;
    item.expression = expression();
    if (take_word("desc") || take_word("descending")) {
      item.descending = true;
    } else if (!take_word("asc")) {
      take_word("ascending");
    }
    if (take_word("nulls")) {
      if (take_word("first")) {
        item.nulls_first = true;
      } else {
        expect_word("last");
        item.nulls_first = false;
      }
    }
    refuse_word("collate", "COLLATE is not supported yet");
    return item;
  }

  void order_by(Select& select) {
    expect_word("by");
    do {
      select.order_by.push_back(order_item());
    } while (take_symbol(","));
    refuse_word("with", "WITH FILL is not supported yet");
  }

  std::uint64_t whole_number(const char* what) {
    const Token token = peek();
    std::uint64_t value = 0;
    const char* end = token.value.data() + token.value.size();
    const auto [stop, error] = std::from_chars(token.value.data(), end, value);
    if (token.kind != TokenKind::number || error != std::errc{} || stop != end) {
      fail(std::string("Expected a whole number after ") + what + " but found " + shown(token));
    }
    skip(1);
    return value;
  }

  // LIMIT count [OFFSET skip] | LIMIT skip, count | OFFSET skip
  void limit(Select& select) {
    if (take_word("limit")) {
      select.limit = whole_number("LIMIT");
      if (take_symbol(",")) {
        select.offset = select.limit;
        select.limit = whole_number("LIMIT");
      }
      refuse_word("by", "LIMIT … BY is not supported yet");
      refuse_word("with", "LIMIT … WITH TIES is not supported yet");
    }
    if (take_word("offset")) {
      select.offset = whole_number("OFFSET");
    }
  }
};

}  // namespace

Select parse_select(std::string_view text) { return StatementParser(text).select_statement(); }

Expression parse_expression(std::string_view text) {
  return StatementParser(text).expression_statement();
}

SelectItem parse_select_item(std::string_view text) {
  return StatementParser(text).select_item_statement();
}

OrderItem parse_order_item(std::string_view text) {
  return StatementParser(text).order_item_statement();
}

}  // namespace cp::hog
