// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/internal/expression_parser.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cp::hog {

Expression ExpressionParser::node(ExpressionKind kind, Position position, std::string text) {
  if (++nodes_ > kNodesMax) {
    fail("A query has at most " + std::to_string(kNodesMax) + " parts");
  }
  Expression made;
  made.kind = kind;
  made.position = position;
  made.text = std::move(text);
  return made;
}

void ExpressionParser::count_copy(const Expression& expression) {
  if (++nodes_ > kNodesMax) {
    fail("A query has at most " + std::to_string(kNodesMax) + " parts");
  }
  for (const Expression& child : expression.children) {
    count_copy(child);
  }
  for (const Expression& parameter : expression.parameters) {
    count_copy(parameter);
  }
}

void ExpressionParser::check_height(const Expression& root) const {
  std::vector<std::pair<const Expression*, std::uint32_t>> open = {{&root, 1}};
  while (!open.empty()) {
    const auto [expression, height] = open.back();
    open.pop_back();
    if (height > kHeightMax) {
      throw HogqlError("This expression is nested too deeply", expression->position);
    }
    for (const Expression& child : expression->children) {
      open.emplace_back(&child, height + 1);
    }
    for (const Expression& child : expression->parameters) {
      open.emplace_back(&child, height + 1);
    }
  }
}

Expression ExpressionParser::binary(ExpressionKind kind, std::string text, Expression left,
                                    Expression right) {
  Expression made = node(kind, left.position, std::move(text));
  made.children.push_back(std::move(left));
  made.children.push_back(std::move(right));
  return made;
}

Expression ExpressionParser::expression() {
  const Depth depth(*this);
  const std::size_t start = peek().position.offset;
  Expression result = conditional();
  result.source = source_from(start);
  if (depth_ == 1) {
    check_height(result);
  }
  return result;
}

Expression ExpressionParser::conditional() {
  Expression condition = disjunction();
  if (!take_symbol("?")) {
    return condition;
  }
  Expression made = node(ExpressionKind::conditional, condition.position);
  made.children.push_back(std::move(condition));
  made.children.push_back(expression());
  expect_symbol(":");
  made.children.push_back(expression());
  return made;
}

Expression ExpressionParser::disjunction() {
  Expression first = conjunction();
  if (!is_word("or")) {
    return first;
  }
  Expression made = node(ExpressionKind::logical, first.position, "or");
  made.children.push_back(std::move(first));
  while (take_word("or")) {
    made.children.push_back(conjunction());
  }
  return made;
}

Expression ExpressionParser::conjunction() {
  Expression first = negation();
  if (!is_word("and")) {
    return first;
  }
  Expression made = node(ExpressionKind::logical, first.position, "and");
  made.children.push_back(std::move(first));
  while (take_word("and")) {
    made.children.push_back(negation());
  }
  return made;
}

Expression ExpressionParser::negation() {
  const Position position = peek().position;
  if (!is_word("not")) {
    return null_coalescing();
  }
  const Depth depth(*this);
  expect_word("not");
  Expression made = node(ExpressionKind::unary, position, "not");
  made.children.push_back(negation());
  return made;
}

Expression ExpressionParser::null_coalescing() {
  Expression first = null_test();
  if (!is_symbol("??")) {
    return first;
  }
  Expression made = node(ExpressionKind::call, first.position, "coalesce");
  made.children.push_back(std::move(first));
  while (take_symbol("??")) {
    made.children.push_back(null_test());
  }
  return made;
}

Expression ExpressionParser::null_test() {
  Expression result = comparison();
  while (take_word("is")) {
    const bool negated = take_word("not");
    expect_word("null");
    Expression made =
        node(ExpressionKind::is_null, result.position, negated ? "is not null" : "is null");
    made.children.push_back(std::move(result));
    result = std::move(made);
  }
  return result;
}

Expression ExpressionParser::comparison() {
  Expression left = additive();
  std::uint32_t chained = 0;
  while (true) {
    if (++chained > kNestingMax) {
      fail("Too many comparisons in a row");
    }
    const std::string operation = take_comparison();
    if (operation.empty()) {
      return left;
    }
    if (operation == "in" || operation == "not in") {
      refuse_word("cohort", "Cohorts are not supported yet");
      left = binary(ExpressionKind::comparison, operation, std::move(left), membership_list());
    } else if (operation == "between" || operation == "not between") {
      Expression made = node(ExpressionKind::between, left.position, operation);
      made.children.push_back(std::move(left));
      made.children.push_back(additive());
      expect_word("and");
      made.children.push_back(additive());
      left = std::move(made);
    } else {
      left = binary(ExpressionKind::comparison, operation, std::move(left), additive());
    }
  }
}

std::string ExpressionParser::take_comparison() {
  if (peek().kind == TokenKind::symbol) {
    static constexpr std::array<std::array<std::string_view, 2>, 14> kOperators = {{
        {"=", "="},
        {"==", "="},
        {"!=", "!="},
        {"<>", "!="},
        {"<", "<"},
        {"<=", "<="},
        {">", ">"},
        {">=", ">="},
        {"~", "~"},
        {"=~", "~"},
        {"!~", "!~"},
        {"~*", "~*"},
        {"=~*", "~*"},
        {"!~*", "!~*"},
    }};
    for (const auto& [written, operation] : kOperators) {
      if (peek().value == written) {
        skip(1);
        return std::string(operation);
      }
    }
    return {};
  }
  const std::size_t ahead = is_word("not") ? 1 : 0;
  for (const char* word : {"like", "ilike", "in", "between"}) {
    if (is_word(word, ahead)) {
      skip(ahead + 1);
      return (ahead == 1 ? "not " : "") + std::string(word);
    }
  }
  return {};
}

Expression ExpressionParser::membership_list() {
  if (!is_symbol("(")) {
    return additive();
  }
  if (is_word("select", 1) || is_word("with", 1)) {
    fail("Subqueries are not supported yet");
  }
  const Depth depth(*this);
  Expression made = node(ExpressionKind::tuple, take().position);
  do {
    if (is_symbol(")")) {
      break;
    }
    made.children.push_back(expression());
  } while (take_symbol(","));
  expect_symbol(")");
  if (made.children.empty()) {
    throw HogqlError("IN needs at least one value", made.position);
  }
  return made;
}

Expression ExpressionParser::additive() {
  Expression left = multiplicative();
  for (std::uint32_t chained = 0; is_symbol("+") || is_symbol("-") || is_symbol("||"); ++chained) {
    if (chained > kNestingMax) {
      fail("Too many operators in a row");
    }
    std::string operation = take().value;
    left = binary(ExpressionKind::binary, std::move(operation), std::move(left), multiplicative());
  }
  return left;
}

Expression ExpressionParser::multiplicative() {
  Expression left = unary();
  for (std::uint32_t chained = 0; is_symbol("*") || is_symbol("/") || is_symbol("%"); ++chained) {
    if (chained > kNestingMax) {
      fail("Too many operators in a row");
    }
    std::string operation = take().value;
    left = binary(ExpressionKind::binary, std::move(operation), std::move(left), unary());
  }
  return left;
}

Expression ExpressionParser::unary() {
  if (!is_symbol("-")) {
    return postfix();
  }
  const Depth depth(*this);
  const Position position = take().position;
  Expression operand = unary();
  if (operand.kind == ExpressionKind::number && operand.text.front() != '-') {
    operand.text.insert(0, "-");
    operand.position = position;
    return operand;
  }
  Expression made = node(ExpressionKind::unary, position, "-");
  made.children.push_back(std::move(operand));
  return made;
}

Expression ExpressionParser::postfix() {
  Expression result = primary();
  for (std::uint32_t chained = 0;; ++chained) {
    if (chained > kNestingMax) {
      fail("Too many accesses in a row");
    }
    if (is_symbol(".") || is_symbol("?.")) {
      skip(1);
      result = member(std::move(result));
    } else if (is_symbol("[")) {
      result = index(std::move(result));
    } else {
      refuse_symbols();
      return result;
    }
  }
}

void ExpressionParser::refuse_symbols() const {
  if (is_symbol("->")) {
    fail("Lambdas are not supported yet");
  }
  if (is_symbol("::")) {
    fail("The cast operator :: is not supported yet; use toInt, toFloat, …");
  }
  if (is_word("over")) {
    fail("Window functions are not supported yet");
  }
  if (is_word("filter") && is_symbol("(", 1)) {
    fail("FILTER (WHERE …) is not supported yet; use countIf, sumIf, …");
  }
}

Expression ExpressionParser::member(Expression container) {
  const Token token = take();
  if (token.kind == TokenKind::number) {
    Expression position = node(ExpressionKind::number, token.position, token.value);
    return binary(ExpressionKind::element, ".", std::move(container), std::move(position));
  }
  if (token.kind == TokenKind::symbol && token.value == "*" &&
      container.kind == ExpressionKind::field) {
    throw HogqlError("Selecting all columns of an alias is not supported yet; use *",
                     token.position);
  }
  const bool is_name = token.kind == TokenKind::word || token.kind == TokenKind::quoted_word;
  if (!is_name) {
    throw HogqlError("Expected a name after \".\"", token.position);
  }
  if (container.kind != ExpressionKind::field) {
    throw HogqlError("Only a column has members", token.position);
  }
  container.path.push_back(token.value);
  return container;
}

Expression ExpressionParser::index(Expression container) {
  const Depth depth(*this);
  expect_symbol("[");
  Expression key = expression();
  expect_symbol("]");
  if (container.kind == ExpressionKind::field && key.kind == ExpressionKind::string) {
    container.path.push_back(key.text);
    return container;
  }
  return binary(ExpressionKind::element, "[]", std::move(container), std::move(key));
}

}  // namespace cp::hog
