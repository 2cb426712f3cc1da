// SPDX-License-Identifier: LicenseRef-Project
// One event object of a v1 body, field by field: what must be a string is checked here, the rules
// of single events in analytics_v1.cc.
#pragma once

#include "dataplane/format/codec/internal/event_fields.h"
#include "dataplane/format/codec/internal/json_slice.h"
#include "dataplane/format/codec/internal/text_arena.h"

#include <simdjson.h>

#include <array>
#include <optional>
#include <string_view>

namespace format::codec {

/// The fields of one event as sent; views point into the parsed document, slices into its text.
struct V1Fields {
  // In every event that was read; their data() is null before.
  std::string_view name;
  std::string_view uuid;
  std::string_view distinct_id;
  std::string_view timestamp;
  // Where the event has them.
  std::optional<std::string_view> session_id;
  std::optional<std::string_view> window_id;
  std::optional<simdjson::dom::element> options;  ///< Never JSON null.
  bool has_properties_object = true;              ///< Absent counts as an empty one.
  JsonSlice properties{"{}", true};               ///< Filled only when read with a cursor.
};

/// What an event asks for; nothing where it says nothing.
struct V1Options {
  std::optional<bool> cookieless_mode;
  std::optional<bool> disable_skew_correction;
  std::optional<bool> process_person_profile;
  std::optional<std::string_view> product_tour_id;
};

/// Reads `object` into `fields` (fresh). With a cursor, which must stand on the object, moves it
/// past the object. Returns what is wrong with the first field of a wrong type, or with a missing
/// one; the cursor is then of no more use.
std::optional<FieldComplaint> read_v1_fields(simdjson::dom::object object, JsonCursor* cursor,
                                             V1Fields& fields);

/// Reads the options of an event, which SDKs of every language may spell as `true`, `"true"` or
/// `1`. Nothing when one of them cannot be read. Numbers that stand for text are kept in `arena`.
std::optional<V1Options> read_v1_options(std::optional<simdjson::dom::element> value,
                                         TextArena& arena);

}  // namespace format::codec
