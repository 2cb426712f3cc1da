// SPDX-License-Identifier: LicenseRef-Project
// Goal: spans and multipart events become the AI events that PostHog's pipeline would store, always
// the same ones.
#include "controlplane/event/record_decoder.h"
#include "tests/support/ai_requests.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cp::event {
namespace {

namespace pb = support::protobuf;

constexpr std::int64_t kNow = 1'672'574'400'000'000;  // 2023-01-01T12:00:00Z

struct Copy {
  std::string uuid;
  std::string name;
  std::string distinct_id;
  std::string properties;
  std::int64_t timestamp_us = 0;

  friend bool operator==(const Copy&, const Copy&) = default;
};

class Collector final : public EventSink {
 public:
  void add(const ProcessedEvent& event) override {
    copies.push_back({to_text(event.uuid), std::string(event.name), std::string(event.distinct_id),
                      std::string(event.properties_json), event.timestamp_us});
  }
  std::vector<Copy> copies;
};

std::vector<Copy> decode(std::string_view body, std::string_view type,
                         format::Endpoint endpoint = format::Endpoint::ai_traces) {
  format::LogRecord record;
  record.sequence = 12;
  record.received_us = kNow;
  record.endpoint = endpoint;
  record.token = "phc_abc";
  record.content_type = type;
  record.body = base::as_bytes(body);
  RecordDecoder decoder;
  Collector collector;
  EXPECT_TRUE(decoder.decode(3, record, collector).has_value());
  return collector.copies;
}

/// The event of one span with these attributes.
Copy decode_span(const std::string& attributes, const std::string& resource = "") {
  const auto events =
      decode(pb::request(resource, pb::bytes(2, attributes)), "application/x-protobuf");
  EXPECT_EQ(events.size(), 1U);
  return events.empty() ? Copy() : events[0];
}

TEST(TraceDecoderTest, MakesAnEventOfASpan) {
  const auto events = decode(support::protobuf_traces(), "application/x-protobuf");
  ASSERT_EQ(events.size(), 1U) << "the HTTP span is of no interest";
  EXPECT_EQ(events[0].name, "$ai_generation");
  EXPECT_EQ(events[0].distinct_id, "u1");
  EXPECT_EQ(events[0].timestamp_us, kNow - 3'600'000'000);
  EXPECT_EQ(events[0].properties,
            R"({"$ai_ingestion_source":"otel","$ai_input":[{"role":"user"}],"$ai_input_tokens":7,)"
            R"("$ai_latency":1.5,"$ai_model":"gpt-4","$ai_parent_id":"0303030303030303",)"
            R"("$ai_span_id":"0202020202020202","$ai_span_name":"chat gpt-4",)"
            R"("$ai_trace_id":"010101010101010101010101010101ff","$geoip_disable":true,)"
            R"("$lib":"posthog-otel","$lib_version":"1.2.3","service.name":"shop"})");
  EXPECT_EQ(decode(support::kJsonTraces, "application/json"), events);
}

TEST(TraceDecoderTest, ClassifiesByTheConventionOfTheSpan) {
  const struct {
    std::vector<std::pair<std::string, std::string>> attributes;
    std::string name;
  } cases[] = {
      {{{"gen_ai.operation.name", "chat"}}, "$ai_generation"},
      {{{"gen_ai.operation.name", "embeddings"}}, "$ai_embedding"},
      {{{"gen_ai.operation.name", "execute_tool"}}, "$ai_trace"},
      {{{"ai.operationId", "ai.streamText.doStream"}, {"gen_ai.system", "x"}}, "$ai_generation"},
      {{{"ai.operationId", "ai.embed.doEmbed"}}, "$ai_embedding"},
      {{{"ai.operationId", "ai.toolCall"}, {"gen_ai.operation.name", "chat"}}, "$ai_trace"},
      {{{"llm.request.type", "completion"}}, "$ai_generation"},
      {{{"traceloop.workflow.name", "w"}}, "$ai_trace"},
      {{{"pydantic_ai.agent_name", "a"}}, "$ai_trace"},
  };
  for (const auto& item : cases) {
    std::string attributes;
    for (const auto& [key, value] : item.attributes) {
      attributes += pb::pair(9, key, pb::text(value));
    }
    EXPECT_EQ(decode_span(attributes).name, item.name) << item.attributes[0].second;
  }
  EXPECT_EQ(decode_span(pb::pair(9, "ai.a", pb::text("x")) + pb::bytes(4, "parent")).name,
            "$ai_span");
}

TEST(TraceDecoderTest, FindsThePerson) {
  const auto ai = pb::pair(9, "ai.a", pb::text("x"));
  const auto user = pb::pair(9, "user.id", pb::text("span-user"));
  const auto resource = pb::pair(1, "posthog.distinct_id", pb::text("resource-user"));
  EXPECT_EQ(decode_span(ai + user, resource).distinct_id, "span-user");
  EXPECT_EQ(decode_span(ai + pb::pair(9, "user.id", pb::text("")), resource).distinct_id,
            "resource-user");
  EXPECT_EQ(decode_span(ai + user +
                        pb::pair(9, "ai.telemetry.metadata.posthog_distinct_id", pb::text("call")))
                .distinct_id,
            "call");
  // Nobody is named: one person for a session, else for a trace, else for the request.
  const auto session = pb::pair(9, "gen_ai.conversation.id", pb::text("c1"));
  const auto trace = [](char byte) { return pb::bytes(1, std::string(16, byte)); };
  EXPECT_EQ(decode_span(ai + session + trace(1)).distinct_id,
            decode_span(ai + session + trace(2)).distinct_id);
  EXPECT_EQ(decode_span(ai + trace(1)).distinct_id,
            decode_span(ai + trace(1) + user.substr(0, 0) + pb::bytes(5, "other")).distinct_id);
  EXPECT_NE(decode_span(ai + trace(1)).distinct_id, decode_span(ai + trace(2)).distinct_id);
  EXPECT_EQ(decode_span(ai).distinct_id.size(), 36U);
  EXPECT_NE(decode_span(ai + session).properties.find(R"("$ai_session_id":"c1")"),
            std::string::npos);
}

TEST(TraceDecoderTest, NamesSpansForEver) {
  const auto span = support::chat_span();
  const auto first = decode(pb::request("", span), "application/x-protobuf");
  const auto again = decode(pb::request("", support::http_span() + span), "application/x-protobuf");
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(first[0].uuid, again[0].uuid) << "an exporter that repeats itself brings nothing new";
  const auto future = pb::pair(9, "ai.a", pb::text("x")) + pb::fixed(7, ~std::uint64_t{0});
  EXPECT_EQ(decode_span(future).timestamp_us, kNow);
}

TEST(TraceDecoderTest, DecodesAMultipartEvent) {
  const auto body = support::multipart(
      {{"event",
        R"({"event":"$ai_generation","distinct_id":"u","timestamp":"2023-01-01T11:00:00Z",)"
        R"("sent_at":"2023-01-01T12:00:10Z","uuid":"018a981f-4b35-7c66-825e-8b0eeae65714"})",
        ""},
       {"event.properties", R"({"$ai_model":"m","$ai_gateway_verified":true})", ""}});
  const auto events = decode(body, support::kMultipartType, format::Endpoint::ai_event);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0], (Copy{"018a981f-4b35-7c66-825e-8b0eeae65714", "$ai_generation", "u",
                             R"({"$ai_model":"m"})", kNow - 3'610'000'000}));
}

}  // namespace
}  // namespace cp::event
