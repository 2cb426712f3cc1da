// SPDX-License-Identifier: LicenseRef-Project
// LZ-string, the JavaScript compression old browsers' SDKs used: base64 text to UTF-16 to UTF-8,
// bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace format::codec {

enum class LzStatus : std::uint8_t { ok, invalid, too_large };

/// Undoes LZ-string's `compressToBase64`. The result lies in the front of `out`, which only ever
/// grows and keeps `padding` bytes behind it; unpaired surrogates become U+FFFD. At most
/// `bytes_max` bytes of UTF-8 come out.
LzStatus decode_lz_string(std::string_view text, std::size_t bytes_max, std::size_t padding,
                          std::vector<char>& out, std::string_view& decoded);

}  // namespace format::codec
