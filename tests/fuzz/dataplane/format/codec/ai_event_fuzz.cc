// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever a multipart body holds, the reader does not abort, and what it accepts is one
// batch of one event under the request's own token. Input: the body, its boundary is "b"; the first
// byte says whether it claims to be gzip.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/ai_event.h"
#include "dataplane/format/codec/batch.h"

#include <simdjson.h>

#include <cstdint>
#include <string_view>

namespace {

class Counter final : public format::codec::EventVisitor {
 public:
  void visit(const format::codec::Event& event) override {
    ++count;
    CHECK(event.properties_json.starts_with('{') && event.properties_json.ends_with('}'));
  }
  std::uint32_t count = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kToken = "phc_\"\\fuzz";
  if (size == 0) {
    return 0;
  }
  format::codec::AiEventSource source;
  source.token = kToken;
  source.content_type = "multipart/form-data; boundary=b";
  source.content_encoding = data[0] % 8 == 7 ? "gzip" : "";
  source.body = base::Bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  format::codec::AiEventReader reader;
  const auto payload = reader.read(source);
  if (!payload) {
    return 0;
  }
  CHECK(simdjson::validate_utf8(payload->json.data(), payload->json.size()));
  format::codec::BatchReader batches;
  Counter counter;
  const auto batch = batches.parse(*payload, format::Endpoint::ai_event, &counter);
  if (batch) {
    CHECK(batch->token == kToken);
    CHECK(counter.count == 1 && batch->event_count == 1);
  }
  return 0;
}
