// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/lexer.h"

#include <array>
#include <utility>

namespace cp::hog {
namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
bool is_word_start(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '$';
}
bool is_word(char byte) { return is_word_start(byte) || is_digit(byte); }

// Longest first, so that the first match is the token.
constexpr std::array<std::string_view, 38> kSymbols = {
    "=~*", "!~*", "?.", "??", "->", "==", "!=", "<>", "<=", ">=", "||", "=~", "!~",
    "~*",  "::",  ":=", "=>", "(",  ")",  "[",  "]",  "{",  "}",  ",",  ".",  ";",
    "+",   "-",   "*",  "/",  "%",  "=",  "<",  ">",  "~",  "?",  ":",  "@"};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    skip_blank();
    while (at_.offset < text_.size()) {
      tokens.push_back(next());
      skip_blank();
    }
    tokens.push_back(Token{TokenKind::end, "", at_, at_.offset});
    return tokens;
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_.offset + ahead < text_.size() ? text_[at_.offset + ahead] : '\0';
  }

  void advance(std::size_t bytes = 1) {
    for (; bytes > 0 && at_.offset < text_.size(); --bytes) {
      if (text_[at_.offset] == '\n') {
        ++at_.line;
        at_.column = 1;
      } else {
        ++at_.column;
      }
      ++at_.offset;
    }
  }

  void skip_blank() {
    while (at_.offset < text_.size()) {
      if (is_space(peek())) {
        advance();
      } else if (peek() == '-' && peek(1) == '-') {
        while (at_.offset < text_.size() && peek() != '\n') {
          advance();
        }
      } else if (peek() == '/' && peek(1) == '*') {
        skip_block_comment();
      } else {
        return;
      }
    }
  }

  void skip_block_comment() {
    const Position start = at_;
    const std::size_t end = text_.find("*/", at_.offset + 2);
    if (end == std::string_view::npos) {
      throw HogqlError("This comment is not closed", start);
    }
    advance(end + 2 - at_.offset);
  }

  Token next() {
    const char byte = peek();
    if (is_word_start(byte)) {
      return word();
    }
    if (is_digit(byte) || (byte == '.' && is_digit(peek(1)) && !follows_a_value_)) {
      return number();
    }
    if (byte == '\'') {
      return quoted(TokenKind::string, "string");
    }
    if (byte == '`' || byte == '"') {
      return quoted(TokenKind::quoted_word, "quoted name");
    }
    return symbol();
  }

  Token finish(TokenKind kind, std::string value, Position start) {
    follows_a_value_ = kind == TokenKind::word || kind == TokenKind::quoted_word ||
                       (kind == TokenKind::symbol && (value == ")" || value == "]"));
    return Token{kind, std::move(value), start, at_.offset};
  }

  Token word() {
    const Position start = at_;
    while (is_word(peek())) {
      advance();
    }
    return finish(TokenKind::word,
                  std::string(text_.substr(start.offset, at_.offset - start.offset)), start);
  }

  Token number() {
    const Position start = at_;
    while (is_digit(peek())) {
      advance();
    }
    if (peek() == '.' && is_digit(peek(1))) {
      advance();
      while (is_digit(peek())) {
        advance();
      }
    }
    if (peek() == 'e' || peek() == 'E') {
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if (is_digit(peek(1 + sign))) {
        advance(1 + sign);
        while (is_digit(peek())) {
          advance();
        }
      }
    }
    if (is_word(peek())) {
      throw HogqlError("This number is followed by a letter", start);
    }
    return finish(TokenKind::number,
                  std::string(text_.substr(start.offset, at_.offset - start.offset)), start);
  }

  // Both a doubled quote and a backslash escape; an unknown escape keeps its backslash, which is
  // what regular expressions in single quotes rely on.
  Token quoted(TokenKind kind, const char* what) {
    const Position start = at_;
    const char quote = peek();
    advance();
    std::string value;
    while (true) {
      if (at_.offset >= text_.size()) {
        throw HogqlError(std::string("This ") + what + " is not closed", start);
      }
      const char byte = peek();
      if (byte == quote && peek(1) == quote) {
        value.push_back(quote);
        advance(2);
      } else if (byte == quote) {
        advance();
        return finish(kind, std::move(value), start);
      } else if (byte == '\\' && at_.offset + 1 < text_.size()) {
        append_escape(value, peek(1));
        advance(2);
      } else {
        value.push_back(byte);
        advance();
      }
    }
  }

  static void append_escape(std::string& value, char byte) {
    constexpr std::string_view kFrom = "abfnrtv0\\'\"`";
    constexpr std::string_view kTo{"\a\b\f\n\r\t\v\0\\'\"`", 12};
    const std::size_t index = kFrom.find(byte);
    if (index == std::string_view::npos) {
      value.push_back('\\');
      value.push_back(byte);
    } else {
      value.push_back(kTo[index]);
    }
  }

  Token symbol() {
    const Position start = at_;
    for (const std::string_view candidate : kSymbols) {
      if (text_.substr(at_.offset, candidate.size()) == candidate) {
        advance(candidate.size());
        return finish(TokenKind::symbol, std::string(candidate), start);
      }
    }
    throw HogqlError("This character has no meaning in HogQL", start);
  }

  std::string_view text_;
  Position at_;
  bool follows_a_value_ = false;  // "t.1" reads a member, ".1" a number
};

}  // namespace

std::vector<Token> tokenize(std::string_view text) {
  if (text.size() > kQueryBytesMax) {
    throw HogqlError("A query has at most " + std::to_string(kQueryBytesMax) + " bytes",
                     Position{});
  }
  return Lexer(text).run();
}

}  // namespace cp::hog
