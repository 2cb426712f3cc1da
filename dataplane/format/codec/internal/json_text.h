// SPDX-License-Identifier: LicenseRef-Project
// Renders a parsed JSON value the way upstream's serializer does; for distinct_ids that are no
// strings.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace format::codec {

/// Appends `text` (valid UTF-8) as a JSON string with its quotes.
void append_json_string(std::string_view text, std::string& out);

/// Appends the shortest text that reads back as `number`; `null` when JSON has none for it.
void append_json_number(double number, std::string& out);

/// Appends compact JSON with sorted object keys (capture-protocol section 7).
void append_sorted_json(simdjson::dom::element value, std::string& out);

}  // namespace format::codec
