// SPDX-License-Identifier: LicenseRef-Project
// Standard base64 (RFC 4648 section 4): the guess whether a text is base64 that
// capture-protocol 4.3 prescribes, and the strict decoder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace format::codec {

/// Length divisible by four, not empty, and the first 128 bytes only from the standard alphabet and
/// '='.
[[nodiscard]] bool looks_like_base64(std::string_view text) noexcept;

/// As `looks_like_base64`, but a space (a '+' that a form decoder turned) is allowed too.
[[nodiscard]] bool looks_like_base64_with_spaces(std::string_view text) noexcept;

/// Decodes `text` into the front of `out`, which only ever grows and keeps `padding` bytes behind
/// the result. Returns false on any character outside the alphabet or misplaced '='; `out` is then
/// unspecified.
bool decode_base64(std::string_view text, std::size_t padding, std::vector<char>& out,
                   std::string_view& decoded);

/// Appends `bytes` as base64 with '=' at the end.
void append_base64(std::string_view bytes, std::string& out);

/// The value of one base64 character, or -1; '=' is -1 too.
[[nodiscard]] int base64_value(char character) noexcept;

}  // namespace format::codec
