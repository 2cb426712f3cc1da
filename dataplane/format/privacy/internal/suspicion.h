// SPDX-License-Identifier: LicenseRef-Project
// Says of single places of a JSON text whether a pattern may stand there. They err on one side:
// what they let pass holds nothing, however JSON wrote it.
#pragma once

#include "dataplane/format/privacy/policy.h"

#include <cstddef>
#include <string_view>

namespace format::privacy::internal {

/// Digits of a run that is worth a question: no pattern has one of more.
inline constexpr std::size_t kRunDigitsMin = 4;
inline constexpr std::size_t kRunDigitsMax = 40;

/// `place` is where a run of `count` digits, within these bounds, begins.
bool is_run_suspect(const Policy& policy, std::string_view json, std::size_t place,
                    std::size_t count) noexcept;

/// `place` is where an at sign, a plus sign, a percent sign or a backslash stands.
bool is_sign_suspect(const Policy& policy, std::string_view json, std::size_t place) noexcept;

}  // namespace format::privacy::internal
