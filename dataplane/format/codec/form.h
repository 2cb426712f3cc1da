// SPDX-License-Identifier: LicenseRef-Project
// URL-encoded pairs: the query string and the form bodies of capture-protocol sections 3 and 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace format::codec {

/// One `name=value` as it stands, still encoded.
struct FormPair {
  std::string_view name;
  std::string_view value;
};

/// Cuts the first pair off `rest`. Call while `rest` is not empty.
FormPair next_pair(std::string_view& rest) noexcept;

/// One of the keys `data=`, `_=`, `ip=`, `compression=` stands at the start or after '&' within the
/// first 128 bytes.
[[nodiscard]] bool looks_like_form(std::string_view text) noexcept;

/// Decodes `%XX` and '+' into the front of `out`, which only ever grows and keeps `padding` bytes
/// behind the result. A '%' without two hexadecimal digits stays as it is.
std::string_view decode_form_value(std::string_view value, std::size_t padding,
                                   std::vector<char>& out);

/// What a compression hint asks for. `base64` has no action of its own (the text tells).
enum class Compression : std::uint8_t { none, gzip, lz64, base64 };

/// The meaning of a `compression` parameter, compared without case; `none` when not supported.
[[nodiscard]] Compression compression_of_parameter(std::string_view value) noexcept;

/// The meaning of a `Content-Encoding`; exact lower case only.
[[nodiscard]] Compression compression_of_header(std::string_view value) noexcept;

/// The query parameters the capture routes know; everything else, and values of a wrong type, are
/// ignored.
struct QueryParameters {
  std::string_view data;  ///< Still encoded.
  Compression compression = Compression::none;
  std::int64_t sent_at_ms = 0;  ///< `_` or `sent_at`, 0 unless a number of milliseconds after 2020.
  bool is_beacon = false;
};

[[nodiscard]] QueryParameters scan_query(std::string_view query) noexcept;

}  // namespace format::codec
