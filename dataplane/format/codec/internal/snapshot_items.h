// SPDX-License-Identifier: LicenseRef-Project
// The items of a recording: where they stand in a body, their bytes and the header of each.
#pragma once

#include "dataplane/format/codec/internal/json_document.h"
#include "dataplane/format/codec/recording.h"

#include <simdjson.h>

#include <optional>
#include <vector>

namespace format::codec {

/// `properties.$snapshot_data` of one element, when it is an array or an object. Of repeated keys
/// the last one counts.
[[nodiscard]] std::optional<simdjson::dom::element> find_snapshot_data(
    simdjson::dom::object element) noexcept;

/// Appends the items of every element of a body that was checked.
void collect_items(const JsonDocument& document, std::vector<SnapshotItem>& items);

}  // namespace format::codec
