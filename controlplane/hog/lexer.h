// SPDX-License-Identifier: LicenseRef-Project
// Splits a HogQL text into tokens; comments and white space are dropped.
#pragma once

#include "controlplane/hog/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cp::hog {

enum class TokenKind : std::uint8_t {
  end,
  word,         ///< a keyword or a bare identifier
  quoted_word,  ///< `identifier` or "identifier"; never a keyword
  number,
  string,
  symbol,
};

/// One token. `value` is the unescaped text of strings and quoted words, else the text as written.
struct Token {
  TokenKind kind = TokenKind::end;
  std::string value;
  Position position;
  std::size_t end_offset = 0;  ///< one past its last byte in the text
};

/// The longest text that is read at all.
inline constexpr std::size_t kQueryBytesMax = 100'000;

/// Tokens of `text`, the last one of kind `end`. Throws HogqlError.
std::vector<Token> tokenize(std::string_view text);

}  // namespace cp::hog
