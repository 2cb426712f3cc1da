// SPDX-License-Identifier: LicenseRef-Project
// Scalars of a JSON text whose tokens are known: what simdjson's second stage would say of them,
// and the text of a string without its escapes.
#pragma once

#include "dataplane/format/codec/internal/text_arena.h"

#include <simdjson.h>

#include <cstddef>
#include <string_view>

namespace format::codec {

/// Checks the number or literal at `text`; something that is no JSON must follow it within
/// readable memory (white space, a bracket, a comma, ...).
[[nodiscard]] simdjson::error_code check_scalar(const char* text) noexcept;

/// Bytes of the escape at `text` (a backslash, within a string that is closed), both halves of a
/// surrogate pair; 0 when JSON has no such escape.
[[nodiscard]] std::size_t escape_bytes(const char* text) noexcept;

/// What a checked string means, given what stands between its quotes. Copied into `arena` only when
/// it has escapes.
[[nodiscard]] std::string_view unescape(std::string_view raw, TextArena& arena);

}  // namespace format::codec
