// SPDX-License-Identifier: LicenseRef-Project
// Goal: the reader of v1 bodies judges every event as capture-protocol section 15 says, refuses
// what must be refused as a whole, and delivers just the events that were taken. Numbers are the
// conformance cases of section 20.
#include "dataplane/format/codec/analytics_v1.h"

#include "dataplane/format/codec/v1_context.h"
#include "tests/support/compression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace format::codec {
namespace {

const std::string kUuid = "018a981f-4b35-7c66-825e-8b0eeae65714";
const std::string kOther = "018a981f-4b35-7c66-825e-8b0eeae65715";
const std::string kTime = "2023-01-01T11:00:00Z";

std::string event_of(const std::string& uuid, const std::string& more = {},
                     const std::string& name = "a", const std::string& id = "u",
                     const std::string& time = kTime) {
  return R"({"event":")" + name + R"(","uuid":")" + uuid + R"(","distinct_id":")" + id +
         R"(","timestamp":")" + time + "\"" + more + "}";
}

std::string body_of(const std::string& events, const std::string& more = {}) {
  return R"({"created_at":"2023-01-01T12:00:00Z","batch":[)" + events + "]" + more + "}";
}

/// An event as it was delivered, copied.
struct Seen {
  std::string name, distinct_id, uuid, properties;
  std::int64_t timestamp_us;
  std::optional<std::string> session_id, window_id, tour;
  std::optional<bool> cookieless, no_skew, person;
};

class Collector final : public V1EventVisitor {
 public:
  void visit(const V1Event& event) override {
    const auto copy = [](std::optional<std::string_view> text) {
      return text ? std::optional(std::string(*text)) : std::nullopt;
    };
    seen.push_back({std::string(event.name), std::string(event.distinct_id),
                    std::string(event.uuid), std::string(event.properties_json), event.timestamp_us,
                    copy(event.session_id), copy(event.window_id), copy(event.product_tour_id),
                    event.cookieless_mode, event.disable_skew_correction,
                    event.process_person_profile});
  }
  std::vector<Seen> seen;
};

Payload payload_of(std::string_view json) {
  Payload payload;
  payload.json = json;
  return payload;
}

/// The verdicts of a body that is accepted; empty after a failure.
std::vector<Verdict> judge(const std::string& body, Endpoint endpoint = Endpoint::analytics_v1) {
  V1Reader reader;
  Collector collector;
  const auto batch = reader.parse(payload_of(body), endpoint, &collector);
  EXPECT_TRUE(batch.has_value()) << body << reader.error_detail();
  std::vector<Verdict> verdicts;
  std::size_t taken = 0;
  for (const auto& result : reader.results()) {
    verdicts.push_back(result.verdict);
    taken += is_taken(result.verdict) ? 1U : 0U;
  }
  EXPECT_EQ(batch ? batch->taken_count : 0, taken);
  EXPECT_EQ(collector.seen.size(), taken);
  return verdicts;
}

TEST(AnalyticsV1Test, JudgesEveryEventForItself) {
  const std::string long_text(201, 'x');
  const struct {
    std::string event;
    Verdict verdict;
  } cases[] = {
      {event_of(kUuid), Verdict::ok},
      {event_of(kUuid, "", "$ai_generation"), Verdict::ok},
      {event_of(kUuid, "", "$performance_event"), Verdict::dropped_performance_event},
      {event_of(kUuid, "", ""), Verdict::missing_event_name},
      {event_of(kUuid, "", long_text), Verdict::event_name_too_long},
      {event_of(kUuid, "", long_text.substr(1)), Verdict::ok},
      {event_of(kUuid, "", "a", " \xe2\x80\x83 "), Verdict::missing_distinct_id},
      {event_of(kUuid, "", "a", long_text), Verdict::distinct_id_too_large},
      {event_of(kUuid, "", "a", "  " + long_text.substr(1) + "  "), Verdict::ok},
      {event_of(kUuid, "", "a", "u", "yesterday"), Verdict::invalid_event_timestamp},  // 78
      {event_of(kUuid, "", "a", "u", "2023-01-01T11:00:00"), Verdict::invalid_event_timestamp},
      {event_of(kUuid, R"(,"properties":[1])"), Verdict::malformed_event_properties},
      {event_of(kUuid, R"(,"properties":null)"), Verdict::malformed_event_properties},
      {event_of(kUuid, R"(,"properties":{})"), Verdict::ok},
      {event_of(kUuid, R"(,"options":null)"), Verdict::ok},
      {event_of(kUuid, R"(,"options":[])"), Verdict::invalid_options},
      {event_of(kUuid, R"(,"options":{"cookieless_mode":"maybe"})"), Verdict::invalid_options},
      {event_of(kUuid, R"(,"options":{"product_tour_id":1.5})"), Verdict::invalid_options},
      {event_of(kUuid, R"(,"options":{"unknown":{}},"unknown":[{}])"), Verdict::ok},
      {event_of(kUuid, "", "a", " Anonymous "), Verdict::person_processing_disabled},  // 79
      {event_of(kUuid, "", "a", "[Object Object]"), Verdict::person_processing_disabled},
      {event_of(kUuid, "", "a", "users"), Verdict::ok},
  };
  for (const auto& item : cases) {
    // The other event shows that a dropped one is stepped over.
    EXPECT_EQ(judge(body_of(item.event + "," + event_of(kOther))),
              (std::vector{item.verdict, Verdict::ok}))
        << item.event;
  }
}

// What is dropped is stepped over, with a visitor and without one, wherever the list stands.
TEST(AnalyticsV1Test, DropsEventsThatAreTooBig) {
  const auto fits = event_of(kUuid, R"(,"properties":{"a":["b c",{}]})");
  const auto above = event_of(kOther, R"(,"properties":{"a":["b c d",{}]})");
  const auto cookieless = event_of(kOther, R"(,"properties":{},"options":{"cookieless_mode":1})");
  const auto spaced = "{" + std::string(fits.size(), '\n') + fits.substr(1);
  const auto late = event_of(kOther, R"(,"properties":{"a":"0123456789 0123456789 0123456789"})",
                             "a", "u", "then");
  const V1Drops drops{{}, fits.size()};
  const struct {
    std::string body;
    std::vector<Verdict> verdicts;
  } cases[] = {
      {body_of(fits), {Verdict::ok}},
      {body_of(above), {Verdict::event_too_big}},
      {body_of(spaced), {Verdict::ok}},
      {body_of(spaced + "," + above), {Verdict::ok, Verdict::event_too_big}},
      {body_of(above + " , " + fits), {Verdict::event_too_big, Verdict::ok}},
      {body_of(cookieless + "," + fits), {Verdict::event_too_big, Verdict::ok}},
      {body_of(late + "," + fits), {Verdict::invalid_event_timestamp, Verdict::ok}},
      {R"({"x":[{},"y"],"batch":[)" + above + "," + fits + R"(],"created_at":")" + kTime + "\"}",
       {Verdict::event_too_big, Verdict::ok}},
  };
  for (const auto& item : cases) {
    for (const bool is_delivered : {false, true}) {
      V1Reader reader;
      Collector collector;
      const auto batch = reader.parse(payload_of(item.body), Endpoint::analytics_v1,
                                      is_delivered ? &collector : nullptr, drops);
      ASSERT_TRUE(batch.has_value()) << item.body << reader.error_detail();
      std::vector<Verdict> verdicts;
      for (const auto& result : reader.results()) {
        verdicts.push_back(result.verdict);
      }
      EXPECT_EQ(verdicts, item.verdicts) << item.body;
      const auto taken =
          static_cast<std::size_t>(std::count(verdicts.begin(), verdicts.end(), Verdict::ok));
      EXPECT_EQ(batch->taken_count, taken) << item.body;
      EXPECT_FALSE(batch->has_cookieless) << item.body;
      EXPECT_EQ(collector.seen.size(), is_delivered ? taken : 0) << item.body;
      for (const auto& seen : collector.seen) {
        EXPECT_EQ(seen.uuid, kUuid) << item.body;
        EXPECT_EQ(seen.properties, R"({"a":["b c",{}]})") << item.body;
      }
    }
    for (const auto verdict : judge(item.body)) {
      EXPECT_NE(verdict, Verdict::event_too_big) << "without a bound";
    }
  }
}

TEST(AnalyticsV1Test, KeepsOtherEventsOffTheAiRoute) {
  EXPECT_EQ(judge(body_of(event_of(kUuid) + "," + event_of(kOther, "", "$ai_generation")),
                  Endpoint::ai_v1),
            (std::vector{Verdict::misrouted_event, Verdict::ok}));
}

// 77 and the rest of the whole-request errors.
TEST(AnalyticsV1Test, RefusesAsAWhole) {
  const auto good = event_of(kUuid);
  const struct {
    std::string body;
    V1Error error;
    std::string detail;
  } cases[] = {
      {"", V1Error::unparsable, "body: expected valid JSON"},
      {"[]", V1Error::unparsable, "body: expected an object with created_at and batch"},
      {"{}", V1Error::unparsable, "batch: expected a list of events"},
      {R"({"batch":[]})", V1Error::unparsable, "created_at: expected a string"},
      {R"({"created_at":1,"batch":[]})", V1Error::unparsable, "created_at: expected a string"},
      {R"({"created_at":"x","batch":{}})", V1Error::unparsable,
       "batch: expected one list of events"},
      {body_of(good, R"(,"batch":[])"), V1Error::unparsable, "batch: expected one list of events"},
      {body_of(good, R"(,"historical_migration":1)"), V1Error::unparsable,
       "historical_migration: expected true or false"},
      {body_of("1"), V1Error::unparsable, "batch[0]: expected an event object"},
      {body_of(good + ",{}"), V1Error::unparsable, "batch[1].event: expected a string"},
      {body_of(good + R"(,{"event":5})"), V1Error::unparsable, "batch[1].event: expected a string"},
      {body_of(event_of(kUuid, R"(,"session_id":5)")), V1Error::unparsable,
       "batch[0].session_id: expected a string"},
      {body_of(event_of("", "")), V1Error::missing_event_uuid, ""},
      {body_of(event_of("  ", "")), V1Error::missing_event_uuid, ""},
      {body_of(event_of("x", "")), V1Error::invalid_event_uuid, "x"},
      {body_of(good + "," + good), V1Error::duplicate_event_uuid, kUuid},
      {body_of(good + "," + event_of("018A981F4B357C66825E8B0EEAE65714")),
       V1Error::duplicate_event_uuid, kUuid},
      {body_of(""), V1Error::empty_batch, ""},
      {R"({"created_at":"yesterday","batch":[)" + good + "]}", V1Error::invalid_created_at,
       "created_at is not valid RFC 3339: yesterday"},
      {body_of(std::string(200, '[') + std::string(200, ']')), V1Error::unparsable,
       "body: expected JSON nested at most 128 deep"},
  };
  for (const auto& item : cases) {
    V1Reader reader;
    Collector collector;
    const auto batch = reader.parse(payload_of(item.body), Endpoint::analytics_v1, &collector);
    ASSERT_FALSE(batch.has_value()) << item.body;
    EXPECT_EQ(static_cast<V1Error>(batch.error().code), item.error) << item.body;
    EXPECT_EQ(reader.error_detail(), item.detail) << item.body;
    EXPECT_TRUE(reader.results().empty() && collector.seen.empty()) << item.body;
  }
}

TEST(AnalyticsV1Test, TakesNoMoreEventsThanItCanAnswer) {
  std::string events;
  for (std::size_t index = 0; index <= kV1EventsMax; ++index) {
    events += index == 0 ? "{}" : ",{}";
  }
  V1Reader reader;
  const auto batch = reader.parse(payload_of(body_of(events)), Endpoint::analytics_v1);
  ASSERT_FALSE(batch.has_value());
  EXPECT_EQ(static_cast<V1Error>(batch.error().code), V1Error::too_large);
}

TEST(AnalyticsV1Test, DeliversWhatTheEventsSay) {
  const auto body = body_of(
      event_of("{018A981F-4B35-7C66-825E-8B0EEAE65714}",
               R"(,"session_id":"s","window_id":"w","options":{"cookieless_mode":true,)"
               R"("disable_skew_correction":" TRUE ","process_person_profile":0,)"
               R"("product_tour_id":42},"properties":{ "n" : [1.50, {"x":"a b"}] })",
               "n\\u0061me", " u\\u0000 ") +
          "," + event_of(kOther, R"(,"session_id":null,"options":{"disable_skew_adjustment":1})"),
      R"(,"historical_migration":true,"capture_internal":true)");
  V1Reader reader;
  Collector collector;
  const auto batch = reader.parse(payload_of(body), Endpoint::analytics_v1, &collector);
  ASSERT_TRUE(batch.has_value()) << reader.error_detail();
  EXPECT_TRUE(batch->is_historical_migration && batch->is_internal);
  ASSERT_EQ(collector.seen.size(), 2U);
  const auto& first = collector.seen[0];
  EXPECT_EQ(first.name, "name");
  EXPECT_EQ(first.distinct_id, "u\xef\xbf\xbd");
  EXPECT_EQ(first.uuid, kUuid);
  EXPECT_EQ(first.timestamp_us, 1'672'570'800'000'000);
  EXPECT_EQ(first.properties, R"({"n":[1.50,{"x":"a b"}]})");
  EXPECT_EQ(first.session_id, "s");
  EXPECT_EQ(first.window_id, "w");
  EXPECT_EQ(first.tour, "42");
  EXPECT_EQ(first.cookieless, true);
  EXPECT_EQ(first.no_skew, true);
  EXPECT_EQ(first.person, false);
  const auto& second = collector.seen[1];
  EXPECT_EQ(second.properties, "{}");
  EXPECT_EQ(second.session_id, std::nullopt);
  EXPECT_EQ(second.no_skew, true);
  EXPECT_EQ(second.person, std::nullopt);
}

TEST(AnalyticsV1Test, DecodesTheBodyWithinItsLimits) {
  constexpr PayloadLimits kLimits = {200, 1000};
  V1Scratch scratch;
  const std::string text(900, 'a');
  const auto frame = support::zstd(text);
  const auto decoded = decode_v1_body({"ZSTD", base::as_bytes(frame)}, kLimits, scratch);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->json, text);
  EXPECT_TRUE(decoded->is_padded);
  const std::string plain = "{}";
  EXPECT_EQ(decode_v1_body({"", base::as_bytes(plain)}, kLimits, scratch)->json, plain);
  const auto bomb = support::zstd(std::string(1001, 'a'));
  const struct {
    std::string_view encoding;
    std::string body;
    V1Error error;
  } cases[] = {{"lz4", "{}", V1Error::unsupported_encoding},
               {"gzip", "{}", V1Error::undecodable},
               {"zstd", bomb, V1Error::too_large},
               {"", std::string(201, ' '), V1Error::too_large}};
  for (const auto& item : cases) {
    const auto failed =
        decode_v1_body({item.encoding, base::as_bytes(item.body)}, kLimits, scratch);
    ASSERT_FALSE(failed.has_value()) << item.encoding;
    EXPECT_EQ(static_cast<V1Error>(failed.error().code), item.error) << item.encoding;
  }
}

TEST(AnalyticsV1Test, ContextSurvivesTheLog) {
  const V1Context context{"posthog: go/1.2", "2023-01-01T12:00:00Z", "2", kUuid};
  std::string text = "left over";
  write_v1_context(context, text);
  const auto read = read_v1_context(text);
  EXPECT_EQ(read.sdk_info, context.sdk_info);
  EXPECT_EQ(read.request_timestamp, context.request_timestamp);
  EXPECT_EQ(read.attempt, context.attempt);
  EXPECT_EQ(read.request_id, context.request_id);
  EXPECT_EQ(read_v1_context("no line\nposthog-attempt: 3").attempt, "3");
  EXPECT_EQ(text.find("bristle"), std::string::npos);
  auto dropped = context;
  dropped.event_bytes_max = "1000000";
  write_v1_context(dropped, text);
  EXPECT_EQ(read_event_bytes_max(read_v1_context(text).event_bytes_max), 1'000'000U);
  for (const std::string_view nothing : {"", "-1", "1x", "99999999999999999999"}) {
    EXPECT_EQ(read_event_bytes_max(nothing), std::numeric_limits<std::size_t>::max()) << nothing;
  }
}

TEST(AnalyticsV1Test, CutsTheSdkAtTheLastSlash) {
  const auto name = read_sdk_info(" posthog/sub / 1.2.3 ");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->library, "posthog/sub");
  EXPECT_EQ(name->version, "1.2.3");
  for (const std::string& text : {std::string("posthog"), std::string("/1"), std::string("a/"),
                                  std::string(" / "), "a/" + std::string(199, '1')}) {
    EXPECT_FALSE(read_sdk_info(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace format::codec
