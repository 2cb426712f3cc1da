// SPDX-License-Identifier: LicenseRef-Project
// A place in the tokens of one text, and the questions the parsers ask there.
#pragma once

#include "controlplane/hog/lexer.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cp::hog {

/// `word` in lower case, as keywords are compared.
std::string lower(std::string_view word);

/// Whether a word ends an expression or an alias position, so that it is no bare name there.
bool is_reserved(std::string_view word);

/// Walks over the tokens once, forward. Views the text. Every failure is a HogqlError at the token.
class TokenCursor {
 public:
  explicit TokenCursor(std::string_view text) : text_(text), tokens_(tokenize(text)) {}

  /// The token `ahead` places on; the last one is of kind `end`.
  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
  /// Takes the next token; at the end it stays there.
  Token take();

  // Keywords are given in lower case. `take_…` says whether it was there and was taken.
  [[nodiscard]] bool is_word(const char* word, std::size_t ahead = 0) const;
  [[nodiscard]] bool is_symbol(const char* symbol, std::size_t ahead = 0) const;
  bool take_word(const char* word);
  bool take_symbol(const char* symbol);

  /// Throws at the next token.
  [[noreturn]] void fail(const std::string& message) const;
  /// A token as an error names it.
  [[nodiscard]] std::string shown(const Token& token) const;
  void expect_word(const char* word);
  void expect_symbol(const char* symbol);
  void expect_end();
  /// Throws `message` when the next token is `word`.
  void refuse_word(const char* word, const char* message) const;
  /// Takes a bare or quoted name; `what` is for the error.
  std::string name(const char* what);

  /// The text from an offset up to the end of the token that was taken last.
  [[nodiscard]] std::string source_from(std::size_t start) const;

  /// Takes `count` tokens.
  void skip(std::size_t count) { next_ += count; }

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
};

}  // namespace cp::hog
