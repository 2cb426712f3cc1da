// SPDX-License-Identifier: LicenseRef-Project
// Recursive descent, loosest first: ?: — or — and — not — ?? — is null — comparison — + - || — * /
// % — unary minus — call, index, member. BETWEEN binds like a comparison (as SQL users expect).
#include "controlplane/hog/parser.h"

#include "controlplane/hog/lexer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

namespace cp::hog {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char byte) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  });
  return out;
}

// Words that end an expression or an alias position; none of them may be used bare as a name there.
constexpr auto kReserved = std::to_array<std::string_view>(
    {"and",      "as",        "asc",    "between", "by",    "case",     "desc",   "distinct",
     "else",     "end",       "except", "final",   "from",  "group",    "having", "ilike",
     "in",       "intersect", "is",     "join",    "like",  "limit",    "not",    "nulls",
     "offset",   "on",        "or",     "order",   "over",  "prewhere", "sample", "select",
     "settings", "then",      "union",  "using",   "when",  "where",    "window", "with",
     "inner",    "left",      "right",  "full",    "cross", "any",      "asof",   "array",
     "global",   "qualify"});

// `any(x)` and `array(x)` are functions; `left`, `right` are not permitted ones.
bool is_reserved(std::string_view word) {
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

constexpr auto kIntervalUnits = std::to_array<std::string_view>(
    {"second", "minute", "hour", "day", "week", "month", "quarter", "year"});

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), tokens_(tokenize(text)) {}

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
  // --- Tokens
  // -------------------------------------------------------------------------------------

  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
  }
  Token take() {
    Token token = peek();
    if (token.kind != TokenKind::end) {
      ++next_;
    }
    return token;
  }
  [[nodiscard]] bool is_word(const char* word, std::size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::word && lower(peek(ahead).value) == word;
  }
  [[nodiscard]] bool is_symbol(const char* symbol, std::size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::symbol && peek(ahead).value == symbol;
  }
  bool take_word(const char* word) {
    if (!is_word(word)) {
      return false;
    }
    ++next_;
    return true;
  }
  bool take_symbol(const char* symbol) {
    if (!is_symbol(symbol)) {
      return false;
    }
    ++next_;
    return true;
  }
  [[noreturn]] void fail(const std::string& message) const {
    throw HogqlError(message, peek().position);
  }
  [[nodiscard]] std::string shown(const Token& token) const {
    return token.kind == TokenKind::end ? "the end of the query" : "\"" + token.value + "\"";
  }
  void expect_word(const char* word) {
    if (take_word(word)) {
      return;
    }
    std::string upper(word);
    for (char& byte : upper) {
      byte = static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
    }
    fail("Expected " + upper + " but found " + shown(peek()));
  }
  void expect_symbol(const char* symbol) {
    if (!take_symbol(symbol)) {
      fail(std::string("Expected \"") + symbol + "\" but found " + shown(peek()));
    }
  }
  void expect_end() {
    if (peek().kind != TokenKind::end) {
      fail("Did not expect " + shown(peek()) + " here");
    }
  }
  void refuse_word(const char* word, const char* message) const {
    if (is_word(word)) {
      fail(message);
    }
  }

  // --- Statement
  // ----------------------------------------------------------------------------------

  std::string name(const char* what) {
    const Token& token = peek();
    const bool is_name = token.kind == TokenKind::quoted_word ||
                         (token.kind == TokenKind::word && !is_reserved(lower(token.value)));
    if (!is_name) {
      fail(std::string("Expected ") + what + " but found " + shown(token));
    }
    return take().value;
  }

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
    if (lower(*select.table) != "events" || is_symbol(".")) {
      throw HogqlError("The table \"" + *select.table +
                           "\" is not supported yet; only \"events\" can be queried",
                       position);
    }
    select.table_alias = "events";
    if (take_word("as")) {
      select.table_alias = name("an alias");
    } else if (peek().kind == TokenKind::quoted_word ||
               (peek().kind == TokenKind::word && !is_reserved(lower(peek().value)))) {
      select.table_alias = take().value;
    }
    refuse_word("final", "FINAL is not supported; events are already free of duplicates");
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
    ++next_;
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

  // --- Expressions
  // --------------------------------------------------------------------------------

  // Counts nesting for the lifetime of one recursive step.
  class Depth {
   public:
    explicit Depth(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kNestingMax) {
        parser_.fail("An expression is nested at most " + std::to_string(kNestingMax) +
                     " levels deep");
      }
    }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    Depth(Depth&&) = delete;
    Depth& operator=(Depth&&) = delete;
    ~Depth() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  Expression node(ExpressionKind kind, Position position, std::string text = {}) {
    if (++nodes_ > kNodesMax) {
      fail("A query has at most " + std::to_string(kNodesMax) + " parts");
    }
    Expression made;
    made.kind = kind;
    made.position = position;
    made.text = std::move(text);
    return made;
  }

  // A copied subtree counts like a read one, or nested CASE subjects would grow without bound.
  void count_copy(const Expression& expression) {
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

  // Chains of operators nest to the left without recursion here, but not in whoever walks the tree.
  void check_height(const Expression& root) const {
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

  Expression binary(ExpressionKind kind, std::string text, Expression left, Expression right) {
    Expression made = node(kind, left.position, std::move(text));
    made.children.push_back(std::move(left));
    made.children.push_back(std::move(right));
    return made;
  }

  Expression expression() {
    const Depth depth(*this);
    const std::size_t start = peek().position.offset;
    Expression result = conditional();
    result.source = source_from(start);
    if (depth_ == 1) {
      check_height(result);
    }
    return result;
  }

  [[nodiscard]] std::string source_from(std::size_t start) const {
    const std::size_t end = next_ == 0 ? start : tokens_[next_ - 1].end_offset;
    return std::string(text_.substr(start, end > start ? end - start : 0));
  }

  Expression conditional() {
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

  Expression disjunction() {
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

  Expression conjunction() {
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

  Expression negation() {
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

  Expression null_coalescing() {
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

  Expression null_test() {
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

  Expression comparison() {
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

  std::string take_comparison() {
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
          ++next_;
          return std::string(operation);
        }
      }
      return {};
    }
    const std::size_t ahead = is_word("not") ? 1 : 0;
    for (const char* word : {"like", "ilike", "in", "between"}) {
      if (is_word(word, ahead)) {
        next_ += ahead + 1;
        return (ahead == 1 ? "not " : "") + std::string(word);
      }
    }
    return {};
  }

  // The right side of IN: a list in parentheses is a tuple even when it has one entry.
  Expression membership_list() {
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

  Expression additive() {
    Expression left = multiplicative();
    for (std::uint32_t chained = 0; is_symbol("+") || is_symbol("-") || is_symbol("||");
         ++chained) {
      if (chained > kNestingMax) {
        fail("Too many operators in a row");
      }
      std::string operation = take().value;
      left =
          binary(ExpressionKind::binary, std::move(operation), std::move(left), multiplicative());
    }
    return left;
  }

  Expression multiplicative() {
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

  Expression unary() {
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

  Expression postfix() {
    Expression result = primary();
    for (std::uint32_t chained = 0;; ++chained) {
      if (chained > kNestingMax) {
        fail("Too many accesses in a row");
      }
      if (is_symbol(".") || is_symbol("?.")) {
        ++next_;
        result = member(std::move(result));
      } else if (is_symbol("[")) {
        result = index(std::move(result));
      } else {
        refuse_symbols();
        return result;
      }
    }
  }

  void refuse_symbols() const {
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

  Expression member(Expression container) {
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

  // column['key'] is the same as column.key; anything else reads an array.
  Expression index(Expression container) {
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

  Expression primary() {
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

  Expression literal(ExpressionKind kind) {
    Token token = take();
    return node(kind, token.position, std::move(token.value));
  }

  Expression word() {
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

  Expression field_or_call() {
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

  Expression call(Token function) {
    const Depth depth(*this);
    Expression made = node(ExpressionKind::call, function.position, std::move(function.value));
    expect_symbol("(");
    made.distinct = take_word("distinct");
    made.children = arguments();
    if (is_symbol("(")) {
      ++next_;
      made.parameters = std::move(made.children);
      made.distinct = take_word("distinct");
      made.children = arguments();
    }
    return made;
  }

  // Up to and with the closing parenthesis.
  std::vector<Expression> arguments() {
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

  Expression case_expression() {
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

  // INTERVAL 7 DAY | INTERVAL '7 days'
  Expression interval() {
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

  // CAST(x AS Type) becomes the conversion function of that type.
  Expression cast() {
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

  Expression bracketed() {
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

  Expression parenthesis() {
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

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  std::uint32_t depth_ = 0;
  std::uint32_t nodes_ = 0;
};

}  // namespace

Select parse_select(std::string_view text) { return Parser(text).select_statement(); }

Expression parse_expression(std::string_view text) { return Parser(text).expression_statement(); }

SelectItem parse_select_item(std::string_view text) { return Parser(text).select_item_statement(); }

OrderItem parse_order_item(std::string_view text) { return Parser(text).order_item_statement(); }

}  // namespace cp::hog
