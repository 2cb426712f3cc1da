// SPDX-License-Identifier: LicenseRef-Project
// Goal: an OTLP export gives the same spans as protobuf and as JSON, within its limits; anything
// else is refused.
#include "dataplane/format/codec/otlp_traces.h"

#include "tests/support/ai_requests.h"
#include "tests/support/compression.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace format::codec {
namespace {

namespace pb = support::protobuf;

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json; charset=utf-8";

/// A span as one line.
class Printer final : public SpanVisitor {
 public:
  void visit(const TraceSpan& span) override {
    auto line = std::string(span.trace_id) + "/" + std::string(span.span_id) + "/" +
                std::string(span.parent_id) + " " + std::string(span.name) + " " +
                std::to_string(span.start_ns) + "-" + std::to_string(span.end_ns) + " v" +
                std::string(span.scope_version);
    for (const auto& attributes : {span.resource, span.attributes}) {
      for (const auto& [key, json] : attributes) {
        line += " " + std::string(key) + "=" + std::string(json);
      }
    }
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

struct Found {
  std::vector<std::string> lines;
  TraceCounts counts;
  TracesError error{};
  std::string detail;
};

Found read(std::string_view body, std::string_view type, std::string_view encoding = "") {
  TracesReader reader;
  Printer printer;
  Found found;
  const auto counts = reader.read({type, encoding, base::as_bytes(body)}, &printer);
  found.lines = printer.lines;
  if (counts) {
    found.counts = *counts;
  } else {
    found.error = static_cast<TracesError>(counts.error().code);
    found.detail = reader.error_detail();
    EXPECT_TRUE(found.lines.empty());
  }
  return found;
}

TEST(TracesReaderTest, ReadsBothEncodingsAlike) {
  const std::string expected =
      "010101010101010101010101010101ff/0202020202020202/0303030303030303 chat gpt-4 "
      "1672570800000000000-1672570801500000000 v1.2.3 service.name=\"shop\" host.name=\"web-1\" "
      "gen_ai.operation.name=\"chat\" gen_ai.request.model=\"gpt-4\" gen_ai.usage.input_tokens=7 "
      "gen_ai.input.messages=\"[{\\\"role\\\":\\\"user\\\"}]\" user.id=\"u1\"";
  for (const auto& found :
       {read(support::protobuf_traces(), kProtobuf), read(support::kJsonTraces, kJson)}) {
    EXPECT_EQ(found.lines, std::vector<std::string>{expected}) << found.detail;
    EXPECT_EQ(found.counts.spans, 2U);
    EXPECT_EQ(found.counts.ai_spans, 1U);
  }
}

TEST(TracesReaderTest, ReadsEveryKindOfValue) {
  const auto nan = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
  const auto half = std::bit_cast<std::uint64_t>(0.5);
  const auto list =
      pb::bytes(5, pb::bytes(1, pb::number(3, 1)) + pb::bytes(1, "") + pb::bytes(1, pb::text("x")));
  const auto map = pb::bytes(
      6, pb::pair(1, "k", pb::number(2, 1)) + pb::pair(1, "none", "") + pb::pair(1, "l", list));
  const auto attributes = pb::pair(9, "ai.a", map) + pb::pair(9, "b", pb::fixed(4, half)) +
                          pb::pair(9, "c", pb::fixed(4, nan)) +
                          pb::pair(9, "d", pb::bytes(7, "\xab\xcd")) + pb::pair(9, "none", "") +
                          pb::pair(9, "e", pb::number(3, ~std::uint64_t{0}));
  const auto found = read(pb::request("", pb::bytes(2, attributes)), kProtobuf);
  ASSERT_EQ(found.lines.size(), 1U) << found.detail;
  EXPECT_EQ(found.lines[0],
            "//  0-0 v1.2.3 ai.a={\"k\":true,\"l\":[1,\"x\"]} b=0.5 c=null d=\"abcd\" e=-1");
  const auto json = read(
      R"({"resourceSpans":[{"resource":null,"scopeSpans":[{"spans":[{"name":null,"attributes":[)"
      R"({"key":"ai.a","value":{"kvlistValue":{"values":[{"key":"k","value":{"boolValue":true}},)"
      R"({"key":"none","value":{}},{"key":"l","value":{"arrayValue":{"values":[{"intValue":1},{},)"
      R"({"stringValue":"x"}]}}}]}}},{"key":"b","value":{"doubleValue":0.5}},)"
      R"({"key":"c","value":{"doubleValue":"NaN"}},{"key":"d","value":{"bytesValue":"q80="}},)"
      R"({"key":"none","value":{"stringValue":null}},{"key":"e","value":{"intValue":"-1"}}]}]}]}]})",
      kJson);
  ASSERT_EQ(json.lines.size(), 1U) << json.detail;
  EXPECT_EQ(json.lines[0],
            "//  0-0 v ai.a={\"k\":true,\"l\":[1,\"x\"]} b=0.5 c=null d=\"abcd\" e=-1");
}

TEST(TracesReaderTest, RefusesWhatIsNoExport) {
  auto deep = pb::text("x");
  for (int depth = 0; depth < 70; ++depth) {
    deep = pb::bytes(5, pb::bytes(1, deep));
  }
  const struct {
    std::string body;
    std::string_view type;
    TracesError error;
  } cases[] = {
      {"", kJson, TracesError::missing},
      {"{}", "text/plain", TracesError::unsupported_type},
      {"{", kJson, TracesError::invalid},
      {"[]", kJson, TracesError::invalid},
      {R"({"resourceSpans":{}})", kJson, TracesError::invalid},
      {R"({"resourceSpans":[1]})", kJson, TracesError::invalid},
      {R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]})", kJson,
       TracesError::invalid},
      {R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"x"}]}]}]})", kJson,
       TracesError::invalid},
      {"\x0a", kProtobuf, TracesError::invalid},
      {"\x0a\x05xx", kProtobuf, TracesError::invalid},
      {"\x0b", kProtobuf, TracesError::invalid},
      {std::string(11, '\xff'), kProtobuf, TracesError::invalid},
      {pb::number(1, 7), kProtobuf, TracesError::invalid},
      {pb::request("", pb::bytes(2, pb::bytes(5, "\xff"))), kProtobuf, TracesError::invalid},
      {pb::request("", pb::bytes(2, pb::pair(9, "ai.a", deep))), kProtobuf, TracesError::invalid},
      {std::string(kTracesBytesMax + 1, ' '), kJson, TracesError::too_large},
  };
  for (const auto& item : cases) {
    EXPECT_EQ(read(item.body, item.type).error, item.error) << item.body.substr(0, 80);
  }
  EXPECT_EQ(read("{}", kJson, "br").error, TracesError::unsupported_encoding);
  EXPECT_EQ(read("{}", kJson, "gzip").error, TracesError::invalid_gzip);
  EXPECT_EQ(read("{}", kJson).error, TracesError{});
  EXPECT_EQ(read("{}", kJson, "identity").error, TracesError{});
}

TEST(TracesReaderTest, KeepsItsLimits) {
  const auto ai = pb::bytes(2, pb::pair(9, "ai.a", pb::text("x")));
  const auto repeated = [](const std::string& span, std::size_t times) {
    std::string spans;
    for (std::size_t index = 0; index < times; ++index) {
      spans += span;
    }
    return pb::request("", spans);
  };
  EXPECT_EQ(read(repeated(ai, kAiSpansMax), kProtobuf).counts.ai_spans, kAiSpansMax);
  EXPECT_EQ(read(repeated(ai, kAiSpansMax + 1), kProtobuf).detail,
            "too many AI spans: at most 100 per export");
  EXPECT_EQ(read(repeated(support::http_span(), kSpansMax), kProtobuf).counts.spans, kSpansMax);
  EXPECT_EQ(read(repeated(support::http_span(), kSpansMax + 1), kProtobuf).detail,
            "too many spans: at most 1000 per export");
  // A resource counts for each of its spans: three of them would be nine megabytes of events.
  const auto large = pb::pair(1, "large", pb::text(std::string(std::size_t{3} << 20, 'x')));
  EXPECT_EQ(read(pb::request(large, ai + ai), kProtobuf).counts.ai_spans, 2U);
  const auto too_large = read(pb::request(large, ai + ai + ai), kProtobuf);
  EXPECT_EQ(too_large.error, TracesError::too_large);
  EXPECT_EQ(too_large.detail,
            "attributes of the AI spans have more than 8388608 bytes, those of a resource counted "
            "for each of its spans");
  const auto bomb =
      support::deflate(std::string(kTracesBytesMax + 1, ' '), support::DeflateForm::gzip);
  EXPECT_EQ(read(bomb, kJson, "gzip").detail, "decompressed body has more than 4194304 bytes");
}

}  // namespace
}  // namespace format::codec
