// SPDX-License-Identifier: LicenseRef-Project
// One event object of a parsed body, field by field: types are checked here, meanings in batch.cc.
#pragma once

#include "dataplane/format/codec/internal/json_slice.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace format::codec {

/// A field of the wrong type, in words for the client.
struct FieldComplaint {
  std::string_view field;
  std::string_view expected;
};

/// The fields of one event as sent; views point into the parsed document, slices into its text.
struct EventFields {
  std::optional<std::string_view> name;
  std::optional<std::string_view> token;  ///< Root token, else the one in the properties.
  std::optional<simdjson::dom::element> distinct_id;  ///< Root or properties; never JSON null.
  std::string_view uuid;
  bool has_stored_uuid = true;  ///< `uuid` is empty or in the form we store.
  std::string_view timestamp;
  std::optional<std::int64_t> offset_ms;
  std::optional<simdjson::dom::element> cookieless_mode;  ///< Never JSON null.
  bool ignores_sent_at = false;

  // Filled only when read with a cursor.
  JsonSlice properties{"{}", true};
  JsonSlice set{{}, true};
  JsonSlice set_once{{}, true};
};

/// Reads `object` into `fields` (fresh). With a cursor, which must stand on the object, moves it
/// past the object. Returns what is wrong with the first field of a wrong type; the cursor is then
/// of no more use.
std::optional<FieldComplaint> read_event_fields(simdjson::dom::object object, JsonCursor* cursor,
                                                EventFields& fields);

}  // namespace format::codec
