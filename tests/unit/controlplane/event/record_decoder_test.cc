// Goal: a record becomes the events that its request meant, whatever shape it had, and always the
// same ones.
#include "controlplane/event/record_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cp::event {
namespace {

constexpr std::int64_t kNow = 1'672'574'400'000'000;  // 2023-01-01T12:00:00Z

struct Copy {
  std::string uuid;
  std::string name;
  std::string distinct_id;
  std::string properties;
  std::int64_t timestamp_us = 0;
  bool is_historical = false;
};

class Collector final : public EventSink {
 public:
  void add(const ProcessedEvent& event) override {
    copies.push_back({to_text(event.uuid), std::string(event.name), std::string(event.distinct_id),
                      std::string(event.properties_json), event.timestamp_us,
                      event.is_historical_migration});
  }
  std::vector<Copy> copies;
};

format::LogRecord record_of(std::string_view body,
                            format::Endpoint endpoint = format::Endpoint::e) {
  format::LogRecord record;
  record.sequence = 12;
  record.received_us = kNow;
  record.endpoint = endpoint;
  record.token = "phc_abc";
  record.body = base::as_bytes(body);
  return record;
}

std::vector<Copy> decode(const format::LogRecord& record) {
  RecordDecoder decoder;
  Collector collector;
  EXPECT_TRUE(decoder.decode(3, record, collector).has_value());
  return collector.copies;
}

// Conformance case 40.
TEST(RecordDecoderTest, KeepsAUuidOrMakesOneOfTheEventTime) {
  const std::string given = "018a981f-4b35-7c66-825e-8b0eeae65714";
  const std::string head =
      R"({"event":"a","token":"phc_abc","distinct_id":"u","timestamp":"2023-01-01T12:00:00Z")";
  EXPECT_EQ(decode(record_of(head + R"(,"uuid":")" + given + "\"}"))[0].uuid, given);
  for (const char* absent : {"}", R"(,"uuid":""})"}) {
    const std::string body = head + absent;
    const auto events = decode(record_of(body));
    EXPECT_EQ(events[0].uuid.substr(0, 13), "01856d33-f600");
    EXPECT_EQ(events[0].uuid[14], '7');
    EXPECT_EQ(events[0].uuid, decode(record_of(body))[0].uuid) << "a replay makes the same uuid";
  }
}

// What capture dropped stays away, and the others keep the uuids of the whole batch.
TEST(RecordDecoderTest, LeavesOutWhatIsOverQuota) {
  const std::string body =
      R"({"api_key":"phc_abc","batch":[{"event":"$exception","distinct_id":"u"},)"
      R"({"event":"a","distinct_id":"u"},{"event":"$ai_trace","distinct_id":"u"},)"
      R"({"event":"survey sent","distinct_id":"u","properties":{"$product_tour_id":"t"}}]})";
  auto record = record_of(body, format::Endpoint::batch);
  const auto all = decode(record);
  ASSERT_EQ(all.size(), 4U);
  record.over_quota.add(format::Resource::exceptions);
  record.over_quota.add(format::Resource::surveys);
  record.over_quota.add(format::Resource::llm_events);
  const auto left = decode(record);
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].name, "a");
  EXPECT_EQ(left[0].uuid, all[1].uuid);
  EXPECT_EQ(left[1].name, "survey sent");
  EXPECT_EQ(left[1].uuid, all[3].uuid);
}

// Its snapshots look like events of a batch, and are none.
TEST(RecordDecoderTest, FindsNoEventInARecording) {
  const std::string body =
      R"([{"event":"$snapshot","token":"phc_abc","distinct_id":"u","properties":{}}])";
  EXPECT_EQ(decode(record_of(body)).size(), 1U);
  EXPECT_TRUE(decode(record_of(body, format::Endpoint::recordings)).empty());
}

// Conformance cases 41 to 43 and 47: where sent_at comes from.
TEST(RecordDecoderTest, CorrectsSkewBySentAt) {
  const std::string event = R"({"event":"a","distinct_id":"u","timestamp":"2023-01-01T11:00:00Z")";
  const auto batch = [&](const std::string& wrapper, const std::string& rest) {
    return R"({"api_key":"phc_abc",)" + wrapper + R"("batch":[)" + event + rest + "}]}";
  };
  const std::string ahead = R"("sent_at":"2023-01-01T12:00:10Z",)";
  constexpr std::int64_t kEleven = kNow - 3'600'000'000;
  EXPECT_EQ(decode(record_of(batch(ahead, ""), format::Endpoint::batch))[0].timestamp_us,
            kEleven - 10'000'000);
  EXPECT_EQ(decode(record_of(batch(ahead, R"(,"properties":{"$ignore_sent_at":true})"),
                             format::Endpoint::batch))[0]
                .timestamp_us,
            kEleven);
  EXPECT_EQ(decode(record_of(batch("", ""), format::Endpoint::batch))[0].timestamp_us, kEleven);
  const std::string single = event + R"(,"token":"phc_abc"})";
  auto record = record_of(single);
  record.query = "_=1672574410000";
  EXPECT_EQ(decode(record)[0].timestamp_us, kEleven - 10'000'000);
  record.query = "_=1672574410";
  EXPECT_EQ(decode(record)[0].timestamp_us, kEleven);
}

// Conformance cases 32 and 49.
TEST(RecordDecoderTest, NamesEngageAndMarksMigrations) {
  const auto engage = decode(record_of(R"({"token":"phc_abc","distinct_id":"u","$set":{"a":1}})",
                                       format::Endpoint::engage));
  ASSERT_EQ(engage.size(), 1U);
  EXPECT_EQ(engage[0].name, "$identify");
  EXPECT_EQ(engage[0].properties, R"({"$set":{"a":1}})");
  EXPECT_TRUE(decode(record_of(R"({"api_key":"phc_abc","historical_migration":true,)"
                               R"("batch":[{"event":"a","distinct_id":"u"}]})",
                               format::Endpoint::batch))[0]
                  .is_historical);
  EXPECT_FALSE(decode(record_of(
      R"({"event":"a","token":"phc_abc","distinct_id":"u","historical_migration":true})"))[0]
                   .is_historical);
}

// Conformance case 63, and the name's bound.
TEST(RecordDecoderTest, KeepsRowsValidText) {
  const auto events =
      decode(record_of(R"({"event":"a\ud83d","token":"phc_abc","distinct_id":"\udc00u",)"
                       R"("properties":{"x":"\ud83d"}})"));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].name, "a\xEF\xBF\xBD");
  EXPECT_EQ(events[0].distinct_id, "\xEF\xBF\xBDu");
  EXPECT_EQ(events[0].properties.find("d83d"), std::string::npos) << events[0].properties;
  std::string name;
  for (int index = 0; index < 250; ++index) {
    name += "\xE2\x82\xAC";
  }
  const std::string body = R"({"event":")" + name + R"(","token":"phc_abc","distinct_id":"u"})";
  EXPECT_EQ(decode(record_of(body))[0].name, name.substr(0, 600));
}

TEST(RecordDecoderTest, AddsTheAddressOnlyWhereItIsKept) {
  const std::string body = R"({"event":"a","token":"phc_abc","distinct_id":"u","properties":{}})";
  auto record = record_of(body);
  record.client_address = "1.2.3.4";
  record.address_policy = format::AddressPolicy::keep;
  EXPECT_EQ(decode(record)[0].properties, R"({"$ip":"1.2.3.4"})");
  record.address_policy = format::AddressPolicy::discard;
  EXPECT_EQ(decode(record)[0].properties, "{}");
}

TEST(RecordDecoderTest, SaysWhatDoesNotDecode) {
  RecordDecoder decoder;
  Collector collector;
  EXPECT_FALSE(decoder.decode(0, record_of("{"), collector).has_value());
  EXPECT_FALSE(decoder.decode(0, record_of(""), collector).has_value());
  EXPECT_TRUE(collector.copies.empty());
}

}  // namespace
}  // namespace cp::event
