// SPDX-License-Identifier: LicenseRef-Project
// Whose events a request held that was refused: the ledger counts refusals by project.
#pragma once

#include <cstdint>
#include <string_view>

namespace format::codec {

/// As far as the request says. Views as long as what was read.
struct RefusedEvents {
  std::string_view token;   ///< Of a shape that a project's can have; empty where none was read.
  std::uint32_t count = 0;  ///< 0 where they could not be counted.
};

}  // namespace format::codec
