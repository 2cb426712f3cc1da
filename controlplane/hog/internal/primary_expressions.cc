// SPDX-License-Identifier: LicenseRef-Project
// What an expression is made of: literals, names, calls, brackets, CASE, INTERVAL and CAST.
#include "controlplane/hog/internal/expression_parser.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cp::hog {
namespace {

constexpr auto kIntervalUnits = std::to_array<std::string_view>(
    {"second", "minute", "hour", "day", "week", "month", "quarter", "year"});

}  // namespace

Expression ExpressionParser::primary() {
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::number:
      return literal(ExpressionKind::number);
    case TokenKind::string:
      return literal(ExpressionKind::string);
    case TokenKind::quoted_word:
      return field_or_call();
    case TokenKind::word:
      return word();
    case TokenKind::symbol:
      return bracketed();
    case TokenKind::end:
      break;
  }
  fail("The query ends where a value is expected");
}

Expression ExpressionParser::literal(ExpressionKind kind) {
  Token token = take();
  return node(kind, token.position, std::move(token.value));
}

Expression ExpressionParser::word() {
  const std::string keyword = lower(peek().value);
  if (keyword == "case") {
    return case_expression();
  }
  if (keyword == "interval" && !is_symbol("(", 1)) {
    return interval();
  }
  if (keyword == "cast" && is_symbol("(", 1)) {
    return cast();
  }
  if (keyword == "select" || keyword == "with") {
    fail("Subqueries are not supported yet");
  }
  if ((keyword == "date" || keyword == "timestamp") && peek(1).kind == TokenKind::string) {
    const Position position = take().position;
    Expression made =
        node(ExpressionKind::call, position, keyword == "date" ? "toDate" : "toDateTime");
    made.children.push_back(literal(ExpressionKind::string));
    return made;
  }
  if (keyword == "null" || keyword == "true" || keyword == "false") {
    const Position position = take().position;
    return keyword == "null" ? node(ExpressionKind::null_value, position)
                             : node(ExpressionKind::boolean, position, keyword);
  }
  if (is_reserved(keyword) && !is_symbol("(", 1)) {
    fail("Expected a value but found the keyword \"" + peek().value + "\"");
  }
  return field_or_call();
}

Expression ExpressionParser::field_or_call() {
  Token token = take();
  if (is_symbol("(")) {
    return call(std::move(token));
  }
  if (is_symbol("->")) {
    fail("Lambdas are not supported yet");
  }
  Expression made = node(ExpressionKind::field, token.position);
  made.path.push_back(std::move(token.value));
  return made;
}

Expression ExpressionParser::call(Token function) {
  const Depth depth(*this);
  Expression made = node(ExpressionKind::call, function.position, std::move(function.value));
  expect_symbol("(");
  made.distinct = take_word("distinct");
  made.children = arguments();
  if (is_symbol("(")) {
    skip(1);
    made.parameters = std::move(made.children);
    made.distinct = take_word("distinct");
    made.children = arguments();
  }
  return made;
}

std::vector<Expression> ExpressionParser::arguments() {
  std::vector<Expression> list;
  if (take_symbol(")")) {
    return list;
  }
  do {
    list.push_back(expression());
  } while (take_symbol(","));
  expect_symbol(")");
  return list;
}

Expression ExpressionParser::case_expression() {
  const Depth depth(*this);
  Expression made = node(ExpressionKind::conditional, take().position);
  std::vector<Expression> subject;
  if (!is_word("when")) {
    subject.push_back(expression());
  }
  if (!is_word("when")) {
    fail("Expected WHEN but found " + shown(peek()));
  }
  while (take_word("when")) {
    Expression condition = expression();
    if (!subject.empty()) {
      count_copy(subject.front());
      condition = binary(ExpressionKind::comparison, "=", subject.front(), std::move(condition));
    }
    made.children.push_back(std::move(condition));
    expect_word("then");
    made.children.push_back(expression());
  }
  made.children.push_back(take_word("else") ? expression()
                                            : node(ExpressionKind::null_value, peek().position));
  expect_word("end");
  return made;
}

Expression ExpressionParser::interval() {
  const Depth depth(*this);
  const Position position = take().position;
  Expression count;
  std::string unit;
  if (peek().kind == TokenKind::string) {
    const Token token = take();
    const std::size_t space = token.value.find(' ');
    const std::string digits = token.value.substr(0, space);
    const bool is_count =
        !digits.empty() && std::all_of(digits.begin(), digits.end(),
                                       [](char byte) { return byte >= '0' && byte <= '9'; });
    if (!is_count || space == std::string::npos) {
      throw HogqlError("Expected an interval like '7 days'", token.position);
    }
    count = node(ExpressionKind::number, token.position, digits);
    unit = lower(token.value.substr(space + 1));
  } else {
    count = additive();
    if (peek().kind != TokenKind::word) {
      fail("Expected a unit such as DAY but found " + shown(peek()));
    }
    unit = lower(take().value);
  }
  if (unit.size() > 1 && unit.back() == 's') {
    unit.pop_back();
  }
  if (std::find(kIntervalUnits.begin(), kIntervalUnits.end(), unit) == kIntervalUnits.end()) {
    throw HogqlError("\"" + unit +
                         "\" is not a unit of time; expected second, minute, hour, day, "
                         "week, month, quarter or year",
                     position);
  }
  Expression made = node(ExpressionKind::interval, position, unit);
  made.children.push_back(std::move(count));
  return made;
}

Expression ExpressionParser::cast() {
  static constexpr std::array<std::array<std::string_view, 2>, 14> kTypes = {{
      {"int", "toInt"},
      {"integer", "toInt"},
      {"int64", "toInt"},
      {"bigint", "toInt"},
      {"float", "toFloat"},
      {"float64", "toFloat"},
      {"double", "toFloat"},
      {"string", "toString"},
      {"text", "toString"},
      {"varchar", "toString"},
      {"date", "toDate"},
      {"datetime", "toDateTime"},
      {"boolean", "toBool"},
      {"uuid", "toUUID"},
  }};
  const Depth depth(*this);
  const Position position = take().position;
  expect_symbol("(");
  Expression value = expression();
  expect_word("as");
  const Token type = take();
  for (const auto& [written, function] : kTypes) {
    if (type.kind == TokenKind::word && lower(type.value) == written) {
      expect_symbol(")");
      Expression made = node(ExpressionKind::call, position, std::string(function));
      made.children.push_back(std::move(value));
      return made;
    }
  }
  throw HogqlError("CAST to " + shown(type) + " is not supported yet", type.position);
}

Expression ExpressionParser::bracketed() {
  if (is_symbol("*")) {
    return node(ExpressionKind::star, take().position);
  }
  if (is_symbol("(")) {
    return parenthesis();
  }
  if (is_symbol("[")) {
    const Depth depth(*this);
    Expression made = node(ExpressionKind::array, take().position);
    if (take_symbol("]")) {
      return made;
    }
    do {
      made.children.push_back(expression());
    } while (take_symbol(","));
    expect_symbol("]");
    return made;
  }
  if (is_symbol("{")) {
    const Position position = take().position;
    if (peek().kind != TokenKind::word) {
      fail("Expected the name of a placeholder after \"{\"");
    }
    Expression made = node(ExpressionKind::placeholder, position, take().value);
    while (take_symbol(".")) {
      made.text += "." + name("a name");
    }
    expect_symbol("}");
    return made;
  }
  if (is_symbol("<")) {
    fail("HogQLX tags are not supported yet");
  }
  fail("Expected a value but found " + shown(peek()));
}

Expression ExpressionParser::parenthesis() {
  const Depth depth(*this);
  const Position position = take().position;
  if (is_word("select") || is_word("with")) {
    fail("Subqueries are not supported yet");
  }
  std::vector<Expression> list;
  list.push_back(expression());
  bool is_tuple = false;
  while (take_symbol(",")) {
    is_tuple = true;
    if (!is_symbol(")")) {
      list.push_back(expression());
    }
  }
  expect_symbol(")");
  if (!is_tuple) {
    return std::move(list.front());
  }
  Expression made = node(ExpressionKind::tuple, position);
  made.children = std::move(list);
  return made;
}

}  // namespace cp::hog
