// SPDX-License-Identifier: LicenseRef-Project
// Takes the white space out of a value that was cut from its source.
#pragma once

#include "dataplane/format/codec/internal/json_slice.h"
#include "dataplane/format/codec/internal/text_arena.h"

#include <simdjson.h>

#include <string_view>

namespace format::codec {

/// The text of `slice` without white space between its tokens; copied into `arena` only if it has
/// any.
inline std::string_view compact(const JsonSlice& slice, TextArena& arena) {
  if (slice.is_compact) {
    return slice.text;
  }
  auto* room = arena.allocate(slice.text.size() + simdjson::SIMDJSON_PADDING);
  std::size_t size = 0;
  const auto failure = simdjson::minify(slice.text.data(), slice.text.size(), room, size);
  return failure == simdjson::SUCCESS ? std::string_view(room, size) : slice.text;
}

}  // namespace format::codec
