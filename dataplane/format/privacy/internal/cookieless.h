// SPDX-License-Identifier: LicenseRef-Project
// Events of people without cookies, whose ids are made from their address.
#pragma once

#include "dataplane/format/privacy/internal/tokens.h"

#include <cstddef>

namespace format::privacy::internal {

/// No token.
inline constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

/// Of the event at token `event`: the name of its own property `$ip` (not of `$set`, not of
/// anything below; the last of several) when it is an event of a person without cookies.
[[nodiscard]] std::size_t find_id_address(TokenCursor cursor, std::size_t event);

}  // namespace format::privacy::internal
