// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever the body, the reader does not abort, decides the same with and without items,
// tells a refused body's token only where it has the shape of one, and every item is a valid JSON
// object that stands in the body byte for byte. Input: the text.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/json_repair.h"
#include "dataplane/format/codec/recording.h"
#include "dataplane/format/codec/token.h"

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using format::codec::SnapshotItem;

/// `item` is an object for a parser of its own, after the repairs that its text may need.
void check_item(std::string_view body, const SnapshotItem& item) {
  CHECK(item.json.data() >= body.data());
  CHECK(item.json.data() + item.json.size() <= body.data() + body.size());
  CHECK(item.json.starts_with('{') && item.json.ends_with('}'));
  std::vector<char> repaired;
  const auto text = format::codec::repair_json(item.json, simdjson::SIMDJSON_PADDING, repaired);
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  CHECK(parser.parse(text.data(), text.size(), false).get(element) == simdjson::SUCCESS);
  CHECK(element.is_object());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  format::codec::Payload payload;
  payload.json = {reinterpret_cast<const char*>(data), size};
  if (!simdjson::validate_utf8(payload.json.data(), payload.json.size())) {
    return 0;
  }
  format::codec::RecordingReader reader;
  std::vector<SnapshotItem> items;
  const auto delivered = reader.parse(payload, "posthog-ios/3", &items);
  const std::string detail(reader.error_detail());
  for (const auto& item : items) {
    check_item(payload.json, item);
  }
  const auto judged = reader.parse(payload, "posthog-ios/3");
  CHECK(delivered.has_value() == judged.has_value());
  CHECK(detail == reader.error_detail());
  if (!delivered) {
    CHECK(items.empty());
    CHECK(delivered.error() == judged.error());
    const auto [token, count] = reader.refused();
    CHECK(token.empty() ? count == 0 : !format::codec::check_token(token));
    return 0;
  }
  CHECK(!judged->distinct_id.empty());
  CHECK(judged->session_id.size() <= format::codec::kSessionIdBytesMax);
  CHECK(judged->uuid.empty() || judged->uuid.size() == 36);
  return 0;
}
