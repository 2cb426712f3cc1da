// SPDX-License-Identifier: LicenseRef-Project
// The one strict form of a time that the v1 routes take (RFC 3339, capture-protocol section 15).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace format::codec {

/// Reads `YYYY-MM-DDTHH:MM:SS[.f…]` with `Z` or `±HH:MM` as microseconds since 1970 UTC; more
/// digits are cut off, a leap second is the last one of its minute. A space may stand for the T,
/// and either letter may be small. Nothing when the text is anything else.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;

}  // namespace format::codec
