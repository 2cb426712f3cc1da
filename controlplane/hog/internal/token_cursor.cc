// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/internal/token_cursor.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace cp::hog {
namespace {

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

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char byte) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  });
  return out;
}

bool is_reserved(std::string_view word) {
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

const Token& TokenCursor::peek(std::size_t ahead) const {
  return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
}

Token TokenCursor::take() {
  Token token = peek();
  if (token.kind != TokenKind::end) {
    ++next_;
  }
  return token;
}

bool TokenCursor::is_word(const char* word, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::word && lower(peek(ahead).value) == word;
}

bool TokenCursor::is_symbol(const char* symbol, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::symbol && peek(ahead).value == symbol;
}

bool TokenCursor::take_word(const char* word) {
  if (!is_word(word)) {
    return false;
  }
  ++next_;
  return true;
}

bool TokenCursor::take_symbol(const char* symbol) {
  if (!is_symbol(symbol)) {
    return false;
  }
  ++next_;
  return true;
}

void TokenCursor::fail(const std::string& message) const {
  throw HogqlError(message, peek().position);
}

std::string TokenCursor::shown(const Token& token) const {
  return token.kind == TokenKind::end ? "the end of the query" : "\"" + token.value + "\"";
}

void TokenCursor::expect_word(const char* word) {
  if (take_word(word)) {
    return;
  }
  std::string upper(word);
  for (char& byte : upper) {
    byte = static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
  }
  fail("Expected " + upper + " but found " + shown(peek()));
}

void TokenCursor::expect_symbol(const char* symbol) {
  if (!take_symbol(symbol)) {
    fail(std::string("Expected \"") + symbol + "\" but found " + shown(peek()));
  }
}

void TokenCursor::expect_end() {
  if (peek().kind != TokenKind::end) {
    fail("Did not expect " + shown(peek()) + " here");
  }
}

void TokenCursor::refuse_word(const char* word, const char* message) const {
  if (is_word(word)) {
    fail(message);
  }
}

std::string TokenCursor::name(const char* what) {
  const Token& token = peek();
  const bool is_name = token.kind == TokenKind::quoted_word ||
                       (token.kind == TokenKind::word && !is_reserved(lower(token.value)));
  if (!is_name) {
    fail(std::string("Expected ") + what + " but found " + shown(token));
  }
  return take().value;
}

std::string TokenCursor::source_from(std::size_t start) const {
  const std::size_t end = next_ == 0 ? start : tokens_[next_ - 1].end_offset;
  return std::string(text_.substr(start, end > start ? end - start : 0));
}

}  // namespace cp::hog
