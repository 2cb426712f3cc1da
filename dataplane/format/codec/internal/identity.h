// SPDX-License-Identifier: LicenseRef-Project
// Rules for distinct_ids and uuids (capture-protocol section 7), free of any JSON library.
#pragma once

#include "dataplane/format/codec/token.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace format::codec {

inline constexpr std::size_t kUuidTextBytes = 36;
using UuidText = std::array<char, kUuidTextBytes>;

/// Nothing but white space (Unicode White_Space), or empty.
[[nodiscard]] bool is_blank(std::string_view text) noexcept;

/// `text` (valid UTF-8) without white space (Unicode White_Space) at both ends.
[[nodiscard]] std::string_view trim_unicode(std::string_view text) noexcept;

/// `text` may be used as a distinct_id without change: short enough and without NUL.
[[nodiscard]] bool is_clean_distinct_id(std::string_view text) noexcept;

/// Makes `text` (valid UTF-8) a distinct_id: NUL becomes U+FFFD, at most kDistinctIdPointsMax code
/// points stay.
[[nodiscard]] std::string clean_distinct_id(std::string_view text);

/// Already in the form we store: lower-case hexadecimal, hyphenated.
[[nodiscard]] bool is_stored_uuid(std::string_view text) noexcept;

/// The same without vector instructions: what tests compare with, and other machines run.
[[nodiscard]] bool is_stored_uuid_portable(std::string_view text) noexcept;

/// Reads a UUID as hyphenated, bare, braced or `urn:uuid:` text in any case; nothing when it is
/// none of these.
[[nodiscard]] std::optional<UuidText> read_uuid(std::string_view text) noexcept;

}  // namespace format::codec
