// SPDX-License-Identifier: LicenseRef-Project
// Scalars of a JSON text whose tokens are known: what simdjson's second stage would say of them,
// and the text of a string without its escapes.
#pragma once

#include "dataplane/format/codec/internal/text_arena.h"

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace format::codec {

/// Checks the number or literal at `text`; something that is no JSON must follow it within
/// readable memory (white space, a bracket, a comma, ...).
[[nodiscard]] simdjson::error_code check_scalar(const char* text) noexcept;

/// What a letter behind a backslash means; 0 when nothing, or `u`. A table, for a page's elements
/// come with a great many quotes.
[[nodiscard]] constexpr std::array<char, 256> make_short_escapes() {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  std::array<char, 256> escapes{};
  for (std::size_t index = 0; index < kNames.size(); ++index) {
    escapes[static_cast<unsigned char>(kNames[index])] = kMeanings[index];
  }
  return escapes;
}
inline constexpr auto kShortEscapes = make_short_escapes();

/// Bytes of the escape at `text` (a backslash, within a string that is closed), both halves of a
/// surrogate pair; 0 when JSON has no such escape.
[[nodiscard]] std::size_t escape_bytes(const char* text) noexcept;

/// What a checked string means, given what stands between its quotes. Copied into `arena` only when
/// it has escapes.
[[nodiscard]] std::string_view unescape(std::string_view raw, TextArena& arena);

}  // namespace format::codec
