// SPDX-License-Identifier: LicenseRef-Project
// Pieces of patterns that the exact search and the scan share.
#pragma once

#include <cstddef>
#include <string_view>

namespace format::privacy::internal {

/// The character can stand before the at sign of an address.
bool is_local_character(char character) noexcept;

/// Letters, digits, hyphens, dots, and everything beyond ASCII.
bool is_domain_character(char character) noexcept;

/// Bytes of the domain name that `text` starts with; 0 when it is none.
std::size_t domain_bytes(std::string_view text) noexcept;

}  // namespace format::privacy::internal
