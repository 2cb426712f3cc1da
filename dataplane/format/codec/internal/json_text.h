// SPDX-License-Identifier: LicenseRef-Project
// Renders a parsed JSON value the way upstream's serializer does; for distinct_ids that are no
// strings.
#pragma once

#include <simdjson.h>

#include <string>

namespace format::codec {

/// Appends compact JSON with sorted object keys (capture-protocol section 7).
void append_sorted_json(simdjson::dom::element value, std::string& out);

}  // namespace format::codec
