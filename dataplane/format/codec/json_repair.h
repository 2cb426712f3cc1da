// SPDX-License-Identifier: LicenseRef-Project
// What JSON.stringify of real clients produces and a strict parser refuses, made acceptable
// (capture-protocol 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace format::codec {

/// What a repaired number looks like.
enum class JsonRepair : std::uint8_t {
  replace,      ///< `.0` is appended: the same value, a longer text.
  keep_length,  ///< Its last two digits become `.0`: another value, every position stays. For
                ///< readers that cut values from the text as it was.
};

/// Copies `json` into `out` (replaced), with unpaired `\uD8xx` escapes turned into `\ufffd` and
/// whole numbers beyond 64 bits turned into fractions, `padding` bytes behind it. Text that is not
/// JSON stays what it is.
std::string_view repair_json(std::string_view json, std::size_t padding, std::vector<char>& out,
                             JsonRepair repair = JsonRepair::replace);

}  // namespace format::codec
