// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever the body, the reader does not abort, decides the same with and without a visitor,
// tells a refused body's token only where it has the shape of one, and every rendered object is
// compact valid JSON that the same parser reads. Input: one byte for the endpoint, then the text.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/token.h"

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using format::codec::Event;

class Checker final : public format::codec::EventVisitor {
 public:
  void visit(const Event& event) override {
    ++count;
    CHECK(!event.name.empty());
    CHECK(!event.distinct_id.empty());
    CHECK(event.uuid.empty() || event.uuid.size() == 36);
    check_object(event.properties_json);
    CHECK(event.set_json.empty() || check_object(event.set_json));
    CHECK(event.set_once_json.empty() || check_object(event.set_once_json));
  }

  std::uint32_t count = 0;

 private:
  bool check_object(std::string_view json) {
    const simdjson::padded_string padded(json);
    simdjson::dom::element element;
    CHECK(parser_.parse(padded).get(element) == simdjson::SUCCESS);
    CHECK(element.is_object());
    std::string compact(json.size() + simdjson::SIMDJSON_PADDING, '\0');
    std::size_t size = 0;
    CHECK(simdjson::minify(json.data(), json.size(), compact.data(), size) == simdjson::SUCCESS);
    CHECK(size == json.size());
    return true;
  }

  simdjson::dom::parser parser_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto endpoint = (data[0] & 1U) != 0 ? format::Endpoint::engage : format::Endpoint::i_v0_e;
  format::codec::Payload payload;
  payload.json = {reinterpret_cast<const char*>(data) + 1, size - 1};
  if (!simdjson::validate_utf8(payload.json.data(), payload.json.size())) {
    return 0;
  }
  format::codec::BatchReader reader;
  Checker checker;
  const auto delivered = reader.parse(payload, endpoint, &checker);
  const std::string detail(reader.error_detail());
  const auto judged = reader.parse(payload, endpoint);
  CHECK(delivered.has_value() == judged.has_value());
  CHECK(detail == reader.error_detail());
  if (delivered) {
    CHECK(checker.count == delivered->event_count);
    CHECK(delivered->event_count == judged->event_count);
    CHECK(reader.refused().token.empty());
  } else {
    CHECK(checker.count == 0);
    CHECK(delivered.error() == judged.error());
    const auto [token, count] = reader.refused();
    CHECK(token.empty() ? count == 0 : !format::codec::check_token(token));
  }
  return 0;
}
