// SPDX-License-Identifier: LicenseRef-Project
// Goal: a record of a v1 route becomes the events capture said `ok` to, with the times and
// properties that upstream would give them. Numbers are the conformance cases of capture-protocol
// section 20.
#include "controlplane/event/record_decoder.h"
#include "dataplane/format/codec/v1_context.h"
#include "tests/support/compression.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace cp::event {
namespace {

constexpr std::int64_t kNow = 1'672'574'400'000'000;  // 2023-01-01T12:00:00Z
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
const std::string kUuid = "018a981f-4b35-7c66-825e-8b0eeae65714";
const std::string kOther = "018a981f-4b35-7c66-825e-8b0eeae65715";

struct Copy {
  std::string uuid;
  std::string name;
  std::string distinct_id;
  std::string properties;
  std::int64_t timestamp_us = 0;
  PersonMode person_mode = PersonMode::full;
  bool is_historical = false;
};

class Collector final : public EventSink {
 public:
  void add(const ProcessedEvent& event) override {
    copies.push_back({to_text(event.uuid), std::string(event.name), std::string(event.distinct_id),
                      std::string(event.properties_json), event.timestamp_us, event.person_mode,
                      event.is_historical_migration});
  }
  std::vector<Copy> copies;
};

/// A request as capture puts it into the log.
struct Request {
  std::string body;
  std::string sdk_info = "posthog-python/7.91.1";
  std::string request_timestamp = "2023-01-01T12:00:00Z";
  std::string content_encoding{};
  format::Endpoint endpoint = format::Endpoint::analytics_v1;
  format::AddressPolicy address_policy = format::AddressPolicy::discard;
  std::string event_bytes_max{};
};

std::vector<Copy> decode(const Request& request) {
  std::string context;
  format::codec::write_v1_context(
      {request.sdk_info, request.request_timestamp, "1", kOther, request.event_bytes_max}, context);
  format::LogRecord record;
  record.received_us = kNow;
  record.endpoint = request.endpoint;
  record.address_policy = request.address_policy;
  record.token = "phc_abc";
  record.query = context;
  record.content_type = "application/json";
  record.content_encoding = request.content_encoding;
  record.client_address =
      request.address_policy == format::AddressPolicy::keep ? "10.0.0.7" : std::string_view{};
  record.body = base::as_bytes(request.body);
  RecordDecoder decoder;
  Collector collector;
  EXPECT_TRUE(decoder.decode(3, record, collector).has_value()) << request.body;
  return collector.copies;
}

std::string event_of(const std::string& more, const std::string& uuid = kUuid,
                     const std::string& id = "u",
                     const std::string& time = "2023-01-01T11:00:00Z") {
  return R"({"event":"a","uuid":")" + uuid + R"(","distinct_id":")" + id + R"(","timestamp":")" +
         time + "\"" + more + "}";
}

std::string body_of(const std::string& events, const std::string& more = {}) {
  return R"({"created_at":"2023-01-01T12:00:00Z","batch":[)" + events + "]" + more + "}";
}

TEST(V1DecoderTest, StoresWhatWasTaken) {
  const auto events =
      decode({support::zstd(body_of(event_of("", kUuid, "u", "yesterday") + "," +
                                        event_of(R"(,"properties":{"x":1})", kOther, " someone "),
                                    R"(,"historical_migration":true)")),
              "posthog-python/7.91.1", "2023-01-01T12:00:00Z", "zstd"});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].uuid, kOther);
  EXPECT_EQ(events[0].name, "a");
  EXPECT_EQ(events[0].distinct_id, "someone");
  EXPECT_EQ(events[0].properties, R"({"x":1,"$lib":"posthog-python","$lib_version":"7.91.1"})");
  EXPECT_TRUE(events[0].is_historical);
}

TEST(V1DecoderTest, LeavesOutWhatCaptureDroppedForItsSize) {
  const auto small = event_of("", kOther);
  Request request{body_of(event_of(R"(,"properties":{"x":1})") + "," + small)};
  EXPECT_EQ(decode(request).size(), 2U) << "the log of an earlier release";
  request.event_bytes_max = std::to_string(small.size());
  const auto events = decode(request);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].uuid, kOther);
}

// 82 and the clamp of section 8.
TEST(V1DecoderTest, CorrectsTheClientsClock) {
  const std::string no_correction = R"(,"options":{"disable_skew_correction":true})";
  const struct {
    std::string request_timestamp;
    std::string time;
    std::string more;
    std::int64_t expected;
  } cases[] = {
      {"2023-01-01T12:00:10Z", "2023-01-01T11:00:00Z", "", kNow - kHour - 10 * kSecond},
      {"2023-01-01T12:00:10Z", "2023-01-01T11:00:00Z", no_correction, kNow - kHour},
      {"2023-01-01T11:59:50Z", "2023-01-01T11:00:00Z", "", kNow - kHour + 10 * kSecond},
      {"2023-01-01T12:00:00Z", "2023-01-02T11:00:00Z", "", kNow + 23 * kHour},
      {"2023-01-01T12:00:00Z", "2023-01-02T11:00:01Z", "", kNow},
      {"2023-01-01T12:00:00Z", "2023-01-02T13:00:00+00:00", no_correction, kNow + 25 * kHour},
      {"", "2023-01-01T11:00:00Z", "", kNow - kHour},
  };
  for (const auto& item : cases) {
    const auto events = decode({body_of(event_of(item.more, kUuid, "u", item.time)),
                                "posthog-python/7.91.1", item.request_timestamp});
    ASSERT_EQ(events.size(), 1U) << item.time;
    EXPECT_EQ(events[0].timestamp_us, item.expected) << item.request_timestamp << item.time;
  }
}

TEST(V1DecoderTest, PutsTypedFieldsIntoTheProperties) {
  const struct {
    std::string more;
    std::string sdk_info;
    std::string properties;
  } cases[] = {
      {"", "none", "{}"},
      {R"(,"properties":{"$lib":"mine","a":"\"b"})", "none", R"({"$lib":"mine","a":"\"b"})"},
      {R"(,"properties":{"$lib":"mine","a":1,"$session_id":"old"},"session_id":"new\"\n")", "go/2",
       R"({"a":1,"$session_id":"new\"\u000a","$lib":"go","$lib_version":"2"})"},
      {R"(,"window_id":"w","options":{"cookieless_mode":true,"disable_skew_correction":false,)"
       R"("product_tour_id":7,"process_person_profile":false})",
       "none",
       R"({"$window_id":"w","$cookieless_mode":true,"$ignore_sent_at":false,)"
       R"("$product_tour_id":"7","$process_person_profile":false})"},
      {R"(,"properties":{"$set":{"a":1}},"session_id":"s")", "none",
       R"({"$set":{"a":1},"$session_id":"s"})"},
  };
  for (const auto& item : cases) {
    const auto events = decode({body_of(event_of(item.more)), item.sdk_info});
    ASSERT_EQ(events.size(), 1U) << item.more;
    EXPECT_EQ(events[0].properties, item.properties) << item.more;
  }
}

// 79: an id that names nobody makes no person, whatever the event asks for.
TEST(V1DecoderTest, MakesNoPersonOfAnIllegalId) {
  const auto events =
      decode({body_of(event_of(R"(,"options":{"process_person_profile":true})") + "," +
                      event_of(R"(,"options":{"process_person_profile":true})", kOther, "NULL"))});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].person_mode, PersonMode::full);
  EXPECT_EQ(events[1].person_mode, PersonMode::propertyless);
}

TEST(V1DecoderTest, KeepsTheAddressOfForeignClientsOnly) {
  Request request;
  request.address_policy = format::AddressPolicy::keep;
  request.sdk_info = "none";
  request.body = body_of(event_of(""));
  EXPECT_EQ(decode(request)[0].properties, R"({"$ip":"10.0.0.7"})");
  request.body = body_of(event_of(""), R"(,"capture_internal":true)");
  EXPECT_EQ(decode(request)[0].properties, R"({"$ip":"127.0.0.1"})");
}

TEST(V1DecoderTest, AppliesTheRulesOfTheRoute) {
  Request request;
  request.endpoint = format::Endpoint::ai_v1;
  request.body = body_of(event_of(""));
  EXPECT_TRUE(decode(request).empty());
}

TEST(V1DecoderTest, RefusesWhatCaptureRefuses) {
  format::LogRecord record;
  record.endpoint = format::Endpoint::analytics_v1;
  const std::string body = body_of(event_of("") + "," + event_of(""));
  record.body = base::as_bytes(body);
  RecordDecoder decoder;
  Collector collector;
  EXPECT_FALSE(decoder.decode(0, record, collector).has_value());
  record.content_encoding = "zstd";
  EXPECT_FALSE(decoder.decode(0, record, collector).has_value());
  EXPECT_TRUE(collector.copies.empty());
}

}  // namespace
}  // namespace cp::event
