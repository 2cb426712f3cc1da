// SPDX-License-Identifier: LicenseRef-Project
// Reads the supported part of HogQL: one SELECT over `events`, or one expression.
#pragma once

#include "controlplane/hog/ast.h"

#include <cstdint>
#include <string_view>

namespace cp::hog {

/// Bounds of one text; breaking one is a HogqlError, never a crash.
inline constexpr std::uint32_t kNestingMax = 100;
inline constexpr std::uint32_t kHeightMax = 300;
inline constexpr std::uint32_t kNodesMax = 10'000;

/// Reads a whole SELECT statement; a final semicolon is allowed. Anything that HogQL knows and we
/// do not (joins, subqueries, CTEs, window functions, …) is named in the error. Throws HogqlError.
Select parse_select(std::string_view text);

/// Reads one expression up to the end of the text. Throws HogqlError.
Expression parse_expression(std::string_view text);

/// Reads `expression [AS alias]`, as the entries of EventsQuery.select are written. Throws
/// HogqlError.
SelectItem parse_select_item(std::string_view text);

/// Reads `expression [ASC|DESC] [NULLS FIRST|LAST]`. Throws HogqlError.
OrderItem parse_order_item(std::string_view text);

}  // namespace cp::hog
