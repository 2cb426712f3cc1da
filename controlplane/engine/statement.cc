// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/engine/statement.h"

#include "controlplane/engine/exception.h"
#include "controlplane/web/message.h"

#include <algorithm>
#include <optional>

namespace cp::engine {
namespace {

enum class TokenKind { word, quoted_name, text, symbol, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  std::size_t at = 0;

  [[nodiscard]] bool is(std::string_view keyword) const noexcept {
    return kind == TokenKind::word && web::equal_ignoring_case(text, keyword);
  }
  [[nodiscard]] bool is_symbol(char symbol) const noexcept {
    return kind == TokenKind::symbol && text.front() == symbol;
  }
  [[nodiscard]] std::size_t end() const noexcept { return at + text.size(); }
};

bool is_space(char letter) noexcept { return letter == ' ' || (letter >= '\t' && letter <= '\r'); }

bool is_word(char letter) noexcept {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' ||
         static_cast<unsigned char>(letter) >= 0x80;
}

/// Splits SQL as ClickHouse's lexer does: comments, quotes with escapes, heredocs, words, symbols.
class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  Token next() {
    skip_blank();
    const std::size_t start = at_;
    if (at_ >= sql_.size()) {
      return {TokenKind::end, {}, at_};
    }
    const char letter = sql_[at_];
    TokenKind kind = TokenKind::symbol;
    if (is_word(letter)) {
      kind = TokenKind::word;
      while (at_ < sql_.size() && is_word(sql_[at_])) {
        ++at_;
      }
    } else if (letter == '\'') {
      kind = TokenKind::text;
      skip_quoted(letter);
    } else if (letter == '"' || letter == '`') {
      kind = TokenKind::quoted_name;
      skip_quoted(letter);
    } else if (letter == '$' && skip_heredoc()) {
      kind = TokenKind::text;
    } else {
      ++at_;
    }
    return {kind, sql_.substr(start, at_ - start), start};
  }

 private:
  bool starts(std::string_view prefix) const { return sql_.substr(at_).starts_with(prefix); }

  void skip_past(std::string_view mark) {
    const auto found = sql_.find(mark, at_);
    at_ = found == std::string_view::npos ? sql_.size() : found + mark.size();
  }

  void skip_blank() {
    for (;;) {
      while (at_ < sql_.size() && is_space(sql_[at_])) {
        ++at_;
      }
      if (starts("--") || starts("# ") || starts("#!")) {
        skip_past("\n");
      } else if (starts("/*")) {
        skip_past("*/");
      } else {
        return;
      }
    }
  }

  void skip_quoted(char quote) {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] == '\\') {
        ++at_;
      } else if (sql_[at_] == quote) {
        ++at_;
        if (at_ >= sql_.size() || sql_[at_] != quote) {
          return;
        }
      }
    }
    at_ = std::min(at_, sql_.size());
  }

  bool skip_heredoc() {
    const auto close = sql_.find('$', at_ + 1);
    if (close == std::string_view::npos) {
      return false;
    }
    const auto tag = sql_.substr(at_, close - at_ + 1);
    if (!std::all_of(tag.begin() + 1, tag.end() - 1, is_word)) {
      return false;
    }
    at_ = close + 1;
    skip_past(tag);
    return true;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

/// A lexer that knows how deep in brackets it is, and the token before.
class Cursor {
 public:
  explicit Cursor(std::string_view sql) : lexer_(sql) { advance(); }

  [[nodiscard]] const Token& token() const noexcept { return token_; }
  [[nodiscard]] const Token& before() const noexcept { return before_; }
  [[nodiscard]] bool is_at_end() const noexcept { return token_.kind == TokenKind::end; }
  [[nodiscard]] bool is_outside_brackets() const noexcept { return depth_ == 0; }

  void advance() {
    if (token_.is_symbol('(') || token_.is_symbol('[') || token_.is_symbol('{')) {
      ++depth_;
    }
    before_ = token_;
    token_ = lexer_.next();
    if (token_.is_symbol(')') || token_.is_symbol(']') || token_.is_symbol('}')) {
      --depth_;
    }
  }

 private:
  Lexer lexer_;
  Token token_;
  Token before_;
  int depth_ = 0;
};

[[noreturn]] void fail_syntax(const std::string& message) {
  throw EngineError(code::kSyntaxError, "SYNTAX_ERROR", "Syntax error: " + message);
}

/// Data begins behind blanks and at most one line end (ClickHouse's ParserInsertQuery).
std::string_view data_behind(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\f')) {
    ++at;
  }
  if (at < text.size() && text[at] == '\r') {
    ++at;
  }
  if (at < text.size() && text[at] == '\n') {
    ++at;
  }
  return text.substr(at);
}

// INSERT INTO t (a, b) SETTINGS x = 1 FORMAT F <data>; the text behind the format may be binary.
Statement parse_insert(std::string_view text, Cursor cursor) {
  Statement statement;
  statement.sql = text;
  cursor.advance();
  if (cursor.token().is("INTO")) {
    cursor.advance();
  }
  if (cursor.token().is("TABLE") || cursor.token().is("FUNCTION")) {
    cursor.advance();
  }
  for (cursor.advance(); !cursor.is_at_end(); cursor.advance()) {
    const Token& token = cursor.token();
    if (!cursor.is_outside_brackets() || cursor.before().is_symbol('.')) {
      continue;
    }
    if (token.is("SELECT") || token.is("WITH") || token.is("INFILE") || token.is("WATCH")) {
      return statement;
    }
    if (token.is("VALUES")) {
      statement.kind = StatementKind::insert_data;
      statement.sql = text.substr(0, token.at);
      statement.format = "Values";
      statement.data = text.substr(token.end());
      return statement;
    }
    if (token.is("FORMAT")) {
      const auto start = token.at;
      cursor.advance();
      if (cursor.token().kind != TokenKind::word) {
        fail_syntax("FORMAT names no format");
      }
      statement.kind = StatementKind::insert_data;
      statement.sql = text.substr(0, start);
      statement.format = cursor.token().text;
      statement.data = data_behind(text, cursor.token().end());
      return statement;
    }
  }
  // Nothing names the format: the request does, with default_format.
  statement.kind = StatementKind::insert_data;
  return statement;
}

std::string unquoted(std::string_view literal) {
  std::string value;
  for (std::size_t at = 1; at + 1 < literal.size(); ++at) {
    if (literal[at] == '\\' || (literal[at] == '\'' && literal[at + 1] == '\'')) {
      ++at;
    }
    value.push_back(literal[at]);
  }
  return value;
}

/// One id: a literal, or `{name:Type}`. False when it is neither.
bool take_kill_id(Cursor& cursor, Statement& statement) {
  if (cursor.token().kind == TokenKind::text) {
    statement.kill_ids.push_back(unquoted(cursor.token().text));
    cursor.advance();
    return true;
  }
  if (!cursor.token().is_symbol('{')) {
    return false;
  }
  cursor.advance();
  statement.kill_parameters.emplace_back(cursor.token().text);
  while (!cursor.is_at_end() && !cursor.token().is_symbol('}')) {
    cursor.advance();
  }
  cursor.advance();
  return true;
}

// KILL QUERY WHERE query_id = 'x' | query_id IN ('x', 'y'), whatever follows; other conditions stay
// as they are.
std::optional<Statement> parse_kill(std::string_view text, Cursor cursor) {
  Statement statement;
  statement.kind = StatementKind::kill_query;
  statement.sql = text;
  for (const auto* keyword : {"KILL", "QUERY", "WHERE"}) {
    if (!cursor.token().is(keyword)) {
      return std::nullopt;
    }
    cursor.advance();
  }
  const bool names_id = cursor.token().is("query_id") || cursor.token().text == "`query_id`" ||
                        cursor.token().text == "\"query_id\"";
  if (!names_id) {
    return std::nullopt;
  }
  statement.kill_before = text.substr(0, cursor.token().at);
  cursor.advance();
  if (cursor.token().is_symbol('=')) {
    cursor.advance();
    if (!take_kill_id(cursor, statement)) {
      return std::nullopt;
    }
  } else if (cursor.token().is("IN")) {
    cursor.advance();
    do {  // first over the opening bracket, then over commas
      cursor.advance();
      if (!take_kill_id(cursor, statement)) {
        return std::nullopt;
      }
    } while (cursor.token().is_symbol(','));
    cursor.advance();
  } else {
    return std::nullopt;
  }
  statement.kill_after = text.substr(std::min(cursor.token().at, text.size()));
  return statement;
}

// Finds the FORMAT clause and refuses what the HTTP interface does not run.
Statement parse_other(std::string_view text, Cursor cursor) {
  Statement statement;
  statement.sql = text;
  for (; !cursor.is_at_end(); cursor.advance()) {
    if (!cursor.is_outside_brackets()) {
      continue;
    }
    const Token token = cursor.token();
    if (token.is_symbol(';')) {
      statement.sql = text.substr(0, token.at);
      do {
        cursor.advance();
      } while (cursor.token().is_symbol(';'));
      if (!cursor.is_at_end()) {
        fail_syntax("Multi-statements are not allowed");
      }
      break;
    }
    if (token.is("OUTFILE") && cursor.before().is("INTO")) {
      throw EngineError(code::kIntoOutfileNotAllowed, "INTO_OUTFILE_NOT_ALLOWED",
                        "INTO OUTFILE is not allowed");
    }
    if (cursor.before().is("FORMAT") && token.kind == TokenKind::word) {
      Cursor behind = cursor;
      behind.advance();
      if (behind.is_at_end() || behind.token().is_symbol(';') || behind.token().is("SETTINGS")) {
        statement.format = token.text;
      }
    }
  }
  return statement;
}

}  // namespace

bool is_identifier(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_word);
}

Statement parse_statement(std::string_view text) {
  const Cursor start(text);
  if (start.is_at_end()) {
    fail_syntax("Empty query");
  }
  Cursor first = start;
  while (first.token().is_symbol('(')) {
    first.advance();
  }
  if (first.token().is("INSERT")) {
    return parse_insert(text, first);
  }
  Statement statement = parse_other(text, start);
  if (auto kill = parse_kill(statement.sql, start)) {
    kill->format = statement.format;
    return *std::move(kill);
  }
  if (first.token().is("SELECT") || first.token().is("WITH")) {
    statement.kind = StatementKind::select;
  }
  return statement;
}

}  // namespace cp::engine
