// Goal: every event goes to its lane, what it tells of a page goes to the heatmaps as well, and a
// warning says what the client said. Method: records through the decoder, v0 and v1.
#include "controlplane/event/client_warning.h"
#include "controlplane/event/record_decoder.h"
#include "dataplane/format/codec/v1_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cp::event {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kNow = 1'672'574'400'000'000;  // 2023-01-01T12:00:00Z
constexpr const char* kUuid = "018a981f-4b35-7c66-825e-8b0eeae65714";

/// `lane name properties`, `+` in front of a part; every uuid must be kUuid.
class Collector final : public EventSink {
 public:
  void add(const ProcessedEvent& event) override {
    constexpr const char* kLanes[] = {"events ", "heatmaps ", "warnings "};
    std::string text = event.is_part ? "+" : "";
    text += kLanes[static_cast<std::size_t>(event.lane)];
    text += event.name;
    text += ' ';
    text += event.properties_json;
    texts.push_back(text);
    EXPECT_EQ(to_text(event.uuid), kUuid);
    EXPECT_EQ(event.distinct_id, "u");
    if (event.lane == Lane::warnings) {
      details = client_warning_details(event);
    }
  }
  std::vector<std::string> texts;
  std::string details;
};

Collector decode(const std::string& body, format::Endpoint endpoint, std::string_view query = {}) {
  format::LogRecord record;
  record.received_us = kNow;
  record.endpoint = endpoint;
  record.token = "phc_abc";
  record.query = query;
  record.body = base::as_bytes(body);
  RecordDecoder decoder;
  Collector collector;
  EXPECT_TRUE(decoder.decode(3, record, collector).has_value());
  return collector;
}

Collector decode_v0(const std::string& name, const std::string& properties) {
  return decode(R"({"token":"phc_abc","distinct_id":"u","uuid":")" + std::string(kUuid) +
                    R"(","event":")" + name + R"(","properties":)" + properties + "}",
                format::Endpoint::e);
}

TEST(LanesTest, SplitsWhatAnEventTellsOfItsPage) {
  EXPECT_THAT(
      decode_v0("$pageview",
                R"({"a":1,"$heatmap_data":{"/":[]},"$viewport_height":2,"$viewport_width":3,)"
                R"("$session_id":"s","$current_url":"/","$ip":"1.2.3.4"})")
          .texts,
      ElementsAre(R"(events $pageview {"a":1,"$viewport_height":2,"$viewport_width":3,)"
                  R"("$session_id":"s","$current_url":"/"})",
                  R"(+heatmaps $$heatmap {"$heatmap_data":{"/":[]},"$viewport_height":2,)"
                  R"("$viewport_width":3,"$session_id":"s","$current_url":"/"})"));
  const std::string scrolled = R"({"$prev_pageview_pathname":"/o","$prev_pageview_max_scroll":9,)"
                               R"("$current_url":"https://a/"})";
  EXPECT_THAT(decode_v0("$pageleave", scrolled).texts,
              ElementsAre("events $pageleave " + scrolled, "+heatmaps $$heatmap " + scrolled))
      << "an event without $heatmap_data stays as it is";
}

TEST(LanesTest, LeavesEventsThatTellNothing) {
  for (const char* properties :
       {R"({"$current_url":"https://a/"})", R"({"$prev_pageview_pathname":"/o"})",
        R"({"$prev_pageview_pathname":null,"$current_url":"https://a/"})",
        R"({"$prev_pageview_pathname":"","$current_url":"https://a/"})",
        R"({"b":{"$heatmap_data":{}}})"}) {
    EXPECT_THAT(decode_v0("$pageview", properties).texts,
                ElementsAre(std::string("events $pageview ") + properties));
  }
}

TEST(LanesTest, SortsByName) {
  EXPECT_THAT(decode_v0("$exception", "{}").texts, ElementsAre("events $exception {}"));
  EXPECT_THAT(decode_v0("$$heatmap", R"({"$heatmap_data":{},"a":1})").texts,
              ElementsAre(R"(heatmaps $$heatmap {"$heatmap_data":{}})"))
      << "the event itself, not a part of one";
  EXPECT_THAT(decode_v0("$$other", "{}").texts, ElementsAre("events $$other {}"));
  EXPECT_THAT(decode_v0("$$client_ingestion_warning", R"({"$heatmap_data":{}})").texts,
              ElementsAre("warnings $$client_ingestion_warning {}"));
}

TEST(LanesTest, QuotesAWarning) {
  EXPECT_EQ(decode_v0("$$client_ingestion_warning",
                      R"({"$$client_ingestion_warning_message":"too \"fast\"\n","b":1})")
                .details,
            std::string(R"({"eventUuid":")") + kUuid +
                R"(","event":"$$client_ingestion_warning","distinctId":"u",)"
                R"("message":"too \"fast\"\u000a"})");
  const auto cut =
      decode_v0("$$client_ingestion_warning",
                R"({"$$client_ingestion_warning_message":"x)" + std::string(4094, 'y') + "é\"}")
          .details;
  EXPECT_TRUE(cut.ends_with("yyy\"}")) << "whole characters only";
}

// v1 has the split behind capture: what is stored does not depend on the route.
TEST(LanesTest, SplitsV1Events) {
  const std::string body =
      R"({"created_at":"2023-01-01T12:00:00Z","batch":[{"event":"$pageview","uuid":")" +
      std::string(kUuid) +
      R"(","distinct_id":"u","timestamp":"2023-01-01T12:00:00Z","session_id":"s",)"
      R"("properties":{"$heatmap_data":{"/":[]}}}]})";
  EXPECT_THAT(decode(body, format::Endpoint::analytics_v1).texts,
              ElementsAre(R"(events $pageview {"$session_id":"s"})",
                          R"(+heatmaps $$heatmap {"$heatmap_data":{"/":[]},"$session_id":"s"})"));
}

}  // namespace
}  // namespace cp::event
