// SPDX-License-Identifier: LicenseRef-Project
// What JSON.stringify of real clients produces and a strict parser refuses, made acceptable
// (capture-protocol 5).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace format::codec {

/// Copies `json` into `out` (replaced), with unpaired `\uD8xx` escapes turned into `\ufffd` and
/// whole numbers beyond 64 bits turned into fractions (`.0` appended, same value), `padding` bytes
/// behind it. Text that is not JSON stays what it is.
std::string_view repair_json(std::string_view json, std::size_t padding, std::vector<char>& out);

}  // namespace format::codec
