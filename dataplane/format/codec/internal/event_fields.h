// SPDX-License-Identifier: LicenseRef-Project
// One event object of a parsed body, field by field: types are checked here, meanings in batch.cc.
#pragma once

#include "dataplane/format/codec/internal/json_tokens.h"
#include "dataplane/format/codec/internal/text_arena.h"

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

/// The fields of one event as sent; texts point into the parsed text, or the arena when they had
/// escapes.
struct EventFields {
  std::optional<std::string_view> name;
  std::optional<std::string_view> token;  ///< Root token, else the one in the properties.
  JsonToken distinct_id = kNoToken;       ///< Root or properties; never JSON null.
  std::string_view uuid;
  bool has_stored_uuid = true;  ///< `uuid` is empty or in the form we store.
  std::string_view timestamp;
  std::optional<std::int64_t> offset_ms;
  JsonToken cookieless_mode = kNoToken;  ///< Never JSON null.
  bool ignores_sent_at = false;
  JsonSlice properties{"{}", true};
  JsonToken set = kNoToken;
  JsonToken set_once = kNoToken;
};

/// Reads `object` into `fields` (fresh). Returns what is wrong with the first field of a wrong
/// type. Unless it is to be delivered, nobody looks for white space within the properties.
std::optional<FieldComplaint> read_event_fields(const JsonTokens& tokens, JsonToken object,
                                                TextArena& arena, bool delivers,
                                                EventFields& fields);

}  // namespace format::codec
