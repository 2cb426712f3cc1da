// SPDX-License-Identifier: LicenseRef-Project
// UUIDs with hyphens within a text: their digits are no telephone number, card or IBAN.
#pragma once

#include <cstddef>
#include <string_view>

namespace format::privacy::internal {

inline constexpr std::size_t kUuidBytes = 36;

/// A UUID with hyphens, whole, stands at `place`.
bool is_uuid_at(std::string_view text, std::size_t place) noexcept;

/// `place` is within a UUID that nothing before it can reach into (a letter, a digit, a hyphen, an
/// escape, or a word and a space): one that the search for patterns steps over.
bool is_in_uuid(std::string_view text, std::size_t place) noexcept;

/// The same without vector instructions: what tests compare with, and other machines run.
bool is_uuid_at_portable(std::string_view text, std::size_t place) noexcept;
bool is_in_uuid_portable(std::string_view text, std::size_t place) noexcept;

}  // namespace format::privacy::internal
