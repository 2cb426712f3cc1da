// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever an OTLP export holds, the reader does not abort, keeps its limits, decides the
// same with and without a visitor, and delivers values that are JSON. Input: one byte (protobuf or
// JSON, gzip or not), then the body.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/otlp_traces.h"

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace {

class Checker final : public format::codec::SpanVisitor {
 public:
  void visit(const format::codec::TraceSpan& span) override {
    constexpr std::string_view kDigits = "0123456789abcdef";
    ++count;
    CHECK(span.convention != format::codec::AiConvention::none);
    for (const auto id : {span.trace_id, span.span_id, span.parent_id}) {
      CHECK(id.find_first_not_of(kDigits) == std::string_view::npos);
    }
    for (const auto& attributes : {span.resource, span.attributes}) {
      for (const auto& [key, json] : attributes) {
        bytes += key.size() + json.size();
        CHECK(simdjson::validate_utf8(key.data(), key.size()));
        const auto in_list = "[" + std::string(json) + "]";
        simdjson::dom::element value;
        CHECK(parser_.parse(in_list).get(value) == simdjson::SUCCESS);
        CHECK(value.get_array().value_unsafe().size() == 1);
      }
    }
  }

  std::uint32_t count = 0;
  std::size_t bytes = 0;

 private:
  simdjson::dom::parser parser_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  format::codec::TracesSource source;
  source.content_type = (data[0] & 1U) != 0 ? "application/json" : "application/x-protobuf";
  source.content_encoding = (data[0] & 2U) != 0 ? "gzip" : "";
  source.body = base::Bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  format::codec::TracesReader reader;
  Checker checker;
  const auto delivered = reader.read(source, &checker);
  const auto judged = reader.read(source);
  CHECK(delivered.has_value() == judged.has_value());
  if (!delivered) {
    CHECK(checker.count == 0);
    CHECK(delivered.error() == judged.error());
    return 0;
  }
  CHECK(checker.count == delivered->ai_spans);
  CHECK(delivered->ai_spans <= delivered->spans);
  CHECK(delivered->ai_spans <= format::codec::kAiSpansMax);
  CHECK(delivered->spans <= format::codec::kSpansMax);
  CHECK(checker.bytes <= format::codec::kSpanTextBytesMax);
  return 0;
}
