// Goal: people without cookies are told apart by salt, project, address, site, browser and extra,
// and by nothing else; what the id is made of is not stored, wherever the client put it.
#include "controlplane/event/cookieless.h"

#include "controlplane/event/record_decoder.h"
#include "controlplane/event/uuid.h"
#include "dataplane/format/privacy/keyed_hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace cp::event {
namespace {

constexpr Salt kSalt = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::int64_t kDayStartMs = 1'672'531'200'000;  // 2023-01-01T00:00:00Z

// The first of the reference implementation's vectors for 128 bits: key 00..0f, no input.
TEST(CookielessTest, HashesAsSipHashDoes) {
  const auto digest =
      format::privacy::HashKey::from_words(0x0706050403020100, 0x0f0e0d0c0b0a0908).digest("");
  EXPECT_THAT(digest, ::testing::ElementsAre(0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d,
                                             0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93));
}

TEST(CookielessTest, TellsPeopleApart) {
  const CookielessTraits someone{"Firefox", "app.example.com", "10.0.0.1", "UTC", "x"};
  const auto ids = cookieless_ids(someone, 7, kSalt, kDayStartMs);
  EXPECT_EQ(ids.distinct_id.size(), std::string("cookieless_").size() + 22);
  EXPECT_TRUE(ids.distinct_id.starts_with("cookieless_"));
  EXPECT_EQ("cookielessd_" + ids.distinct_id.substr(11), ids.device_id);
  EXPECT_TRUE(ids.session_id.starts_with("01856aa0-c800-7")) << ids.session_id;
  EXPECT_TRUE(parse_uuid(ids.session_id).has_value());
  EXPECT_EQ(cookieless_ids(someone, 7, kSalt, kDayStartMs).distinct_id, ids.distinct_id);

  auto elsewhere = someone;
  elsewhere.host = "www.example.com";
  elsewhere.time_zone = "Europe/Berlin";
  EXPECT_EQ(cookieless_ids(elsewhere, 7, kSalt, kDayStartMs).distinct_id, ids.distinct_id)
      << "one site, one person";

  std::set<std::string> others = {ids.distinct_id};
  auto other_salt = kSalt;
  other_salt[15] = 0;
  others.insert(cookieless_ids(someone, 7, other_salt, kDayStartMs).distinct_id);
  others.insert(cookieless_ids(someone, 8, kSalt, kDayStartMs).distinct_id);
  for (const CookielessTraits& other :
       {CookielessTraits{"Chrome", "app.example.com", "10.0.0.1", "UTC", "x"},
        CookielessTraits{"Firefox", "app.example.org", "10.0.0.1", "UTC", "x"},
        CookielessTraits{"Firefox", "app.example.com", "10.0.0.2", "UTC", "x"},
        CookielessTraits{"Firefox", "app.example.com", "10.0.0.1", "UTC", ""}}) {
    others.insert(cookieless_ids(other, 7, kSalt, kDayStartMs).distinct_id);
  }
  EXPECT_EQ(others.size(), 7U);
}

TEST(CookielessTest, KnowsWhatSubdomainsShare) {
  const struct {
    const char* host;
    const char* root;
  } cases[] = {
      {"example.com", "example.com"},
      {"a.b.Example.com", "example.com"},
      {"https://www.example.com:8000/path?q", "example.com:8000"},
      {"https://user:p@app.example.com", "example.com"},
      {"example.co.uk", "example.co.uk"},
      {"a.example.co.uk:81", "example.co.uk:81"},
      {"a.example.de", "example.de"},
      {"co.uk", "co.uk"},
      {"intranet", "intranet"},
      {"localhost:3000", "127.0.0.1:3000"},
      {"10.1.2.3:80", "10.1.2.3:80"},
      {"[::1]:80", "[::1]:80"},
      {"2001:db8::1", "[2001:db8::1]"},
      {"", ""},
  };
  for (const auto& [host, root] : cases) {
    EXPECT_EQ(root_domain(host), root) << host;
  }
}

TEST(CookielessTest, AppendsIds) {
  const CookielessIds ids{"d", "v", "s"};
  std::string json;
  append_ids(json, "{}", ids);
  EXPECT_EQ(json, R"({"$distinct_id":"d","$device_id":"v","$session_id":"s"})");
  append_ids(json, R"({"a":1})", ids);
  EXPECT_EQ(json, R"({"a":1,"$distinct_id":"d","$device_id":"v","$session_id":"s"})");
}

/// What the decoder says of a cookieless event.
class Collector final : public EventSink {
 public:
  void add(const ProcessedEvent& event) override {
    json.emplace_back(event.properties_json);
    ASSERT_NE(event.cookieless, nullptr);
    const auto& traits = *event.cookieless;
    told = std::string(traits.user_agent) + '|' + std::string(traits.host) + '|' +
           std::string(traits.address) + '|' + std::string(traits.time_zone) + '|' +
           std::string(traits.extra);
  }
  std::vector<std::string> json;
  std::string told;
};

Collector decode(const std::string& body, format::Endpoint endpoint,
                 format::AddressPolicy policy = format::AddressPolicy::discard) {
  format::LogRecord record;
  record.received_us = kDayStartMs * 1000;
  record.endpoint = endpoint;
  record.token = "phc_abc";
  record.address_policy = policy;
  record.client_address = "hash";
  record.body = base::as_bytes(body);
  RecordDecoder decoder;
  Collector collector;
  EXPECT_TRUE(decoder.decode(0, record, collector).has_value());
  return collector;
}

constexpr const char* kProperties =
    R"({"$cookieless_mode":true,"$raw_user_agent":"Fire\"fox","$host":"a.b","$timezone":"UTC",)"
    R"("$cookieless_extra":"é","$device_id":null,"$session_id":"s","$distinct_id":"d",)"
    R"("$set":{"$raw_user_agent":"Firefox","n":1},"$set_once":{"$initial_raw_user_agent":"F"},)"
    R"("k":"v"})";

TEST(CookielessTest, StoresNothingThatAnIdIsMadeOf) {
  for (const auto policy : {format::AddressPolicy::discard, format::AddressPolicy::keep}) {
    const auto seen =
        decode(R"({"event":"a","token":"phc_abc","distinct_id":"$posthog_cookieless",)"
               R"("$set":{"$raw_user_agent":"F","m":2},"properties":)" +
                   std::string(kProperties) + "}",
               format::Endpoint::e, policy);
    EXPECT_THAT(seen.json, ::testing::ElementsAre(
                               R"({"$cookieless_mode":true,"$host":"a.b","$timezone":"UTC",)"
                               R"("$set_once":{},"k":"v","$set":{"n":1,"m":2}})"));
    EXPECT_EQ(seen.told, "Fire\"fox|a.b|hash|UTC|é");
  }
}

TEST(CookielessTest, TakesTheEventsOwnAddressFirst) {
  const auto seen = decode(
      R"({"event":"a","token":"phc_abc","distinct_id":"u","properties":{"$cookieless_mode":true,)"
      R"("$ip":"10.9.9.9","$cookieless_extra":")" +
          std::string(150, 'x') + "\"}}",
      format::Endpoint::e);
  EXPECT_THAT(seen.json, ::testing::ElementsAre(R"({"$cookieless_mode":true})"));
  EXPECT_EQ(seen.told, "||10.9.9.9||" + std::string(100, 'x'));
}

TEST(CookielessTest, ReadsV1AndHeatmaps) {
  const auto seen =
      decode(R"({"created_at":"2023-01-01T12:00:00Z","batch":[{"event":"$pageview",)"
             R"("uuid":"018a981f-4b35-7c66-825e-8b0eeae65714","distinct_id":"u","session_id":"s",)"
             R"("timestamp":"2023-01-01T12:00:00Z","options":{"cookieless_mode":true},)"
             R"("properties":{"$ip":"10.9.9.9","$raw_user_agent":"F","$heatmap_data":{}}}]})",
             format::Endpoint::analytics_v1);
  EXPECT_THAT(seen.json,
              ::testing::ElementsAre(R"({"$cookieless_mode":true})", R"({"$heatmap_data":{}})"));
  EXPECT_EQ(seen.told, "F||10.9.9.9||");
}

}  // namespace
}  // namespace cp::event
