// SPDX-License-Identifier: LicenseRef-Project
// Goal: under a policy no field of a record holds a forbidden value, however the request brought
// it; without one, or when nothing offends, records are as received; strangers are refused only
// where the box is closed to them. Method: the capture services behind HTTP sessions, a real tenant
// store, a log in memory.
#include "dataplane/capture/privacy_guard.h"

#include "tests/support/hidden_values.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tenant_publisher.h"
#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace dp::capture {
namespace {

using support::kHiddenValue;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::string_view kJson = "Content-Type: application/json\r\n";
constexpr std::string_view kRedact = R"({"patterns":{"email":"redact"}})";
const std::string kEvent = R"({"event":"a","token":"phc_abc","distinct_id":"u"})";

std::string text_of(const support::HiddenValueRequest& request) {
  return make_request(request.method, request.target, request.fields, request.body);
}

class PrivacyGuardTest : public testing::Test {
 protected:
  void start(GuardSettings settings = {}) {
    guard_ = std::make_unique<PrivacyGuard>(store_, settings);
    CaptureHarness::Options options;
    options.guard = guard_.get();
    harness_ = std::make_unique<CaptureHarness>(options);
  }

  void publish(std::string_view privacy = "", std::string_view token = support::kHiddenToken) {
    if (publisher_ == nullptr) {
      publisher_ = std::make_unique<support::TenantPublisher>(directory_.path() / "tenants");
    }
    publisher_->publish(std::string(token), std::string(privacy));
  }

  SeenAnswer send(std::string_view body, std::string_view target = "/e/",
                  std::string_view fields = kJson) {
    return harness_->exchange(make_request("POST", target, fields, body));
  }

  [[nodiscard]] const StoredRecord& last() const { return harness_->log.records.back(); }

  support::TemporaryDirectory directory_;
  tenant::Store store_{(directory_.path() / "tenants").string()};
  std::unique_ptr<support::TenantPublisher> publisher_;
  std::unique_ptr<PrivacyGuard> guard_;
  std::unique_ptr<CaptureHarness> harness_;
};

/// Every text that a reader of the log could get out of the record.
std::string everything_in(const StoredRecord& record) {
  format::codec::PayloadSource source;
  source.endpoint = record.endpoint;
  source.query = record.query;
  source.content_type = record.content_type;
  source.content_encoding = record.content_encoding;
  source.body = base::as_bytes(record.body);
  format::codec::PayloadScratch scratch;
  const auto payload = format::codec::decode_payload(source, {}, scratch);
  EXPECT_TRUE(payload.has_value());
  format::codec::BatchReader reader;
  EXPECT_TRUE(payload && reader.parse(*payload, record.endpoint).has_value())
      << reader.error_detail();
  return record.token + '\n' + record.query + '\n' + record.content_type + '\n' +
         record.content_encoding + '\n' + record.user_agent + '\n' + record.client_address + '\n' +
         record.body + '\n' + std::string(payload ? payload->json : std::string_view{});
}

TEST_F(PrivacyGuardTest, NoWayOfSendingBringsAValueIntoTheLog) {
  for (const std::string action : {"redact", "drop", "quarantine"}) {
    publish(R"({"patterns":{"email":")" + action + "\"}}");
    for (const auto& request : support::hidden_value_requests()) {
      start();
      const auto answer = harness_->exchange(text_of(request));
      EXPECT_EQ(answer.status, 200) << request.name << ": " << answer.body;
      ASSERT_EQ(harness_->log.records.size(), 1U) << request.name;
      const auto seen = everything_in(last());
      EXPECT_EQ(seen.find(kHiddenValue), std::string::npos) << action << " " << request.name;
      EXPECT_EQ(seen.find("example.com"), std::string::npos) << action << " " << request.name;
    }
  }
}

TEST_F(PrivacyGuardTest, TheRequestsOfThatTestDoBringTheValueWithoutAPolicy) {
  publish();
  std::size_t found = 0;
  for (const auto& request : support::hidden_value_requests()) {
    start();
    EXPECT_EQ(harness_->exchange(text_of(request)).status, 200) << request.name;
    ASSERT_EQ(harness_->log.records.size(), 1U);
    EXPECT_EQ(last().body, request.body);
    found += everything_in(last()).find("example") != std::string::npos ? 1U : 0U;
  }
  EXPECT_GT(found, 30U);
}

TEST_F(PrivacyGuardTest, WhatDoesNotOffendIsLoggedAsReceived) {
  publish(kRedact);
  start();
  const auto compressed = support::gzip_of(kEvent);
  for (const auto& body : {kEvent, compressed}) {
    EXPECT_EQ(send(body, "/e/?_=1672574400000&ver=1.2").status, 200);
    EXPECT_EQ(last().body, body);
    EXPECT_EQ(last().query, "_=1672574400000");
  }
  EXPECT_EQ(send(compressed, "/e/?compression=GZIP&beacon=1").status, 204);
  EXPECT_EQ(last().query, "compression=gzip-js&beacon=1");
  EXPECT_EQ(guard_->counters().bodies_rewritten, 0U);
}

TEST_F(PrivacyGuardTest, AChangedPolicyHoldsForTheNextRequest) {
  publish();
  start();
  const auto event = support::event_with(R"(,"properties":{"m":"anna@example.com"})");
  send(event);
  EXPECT_EQ(last().body, event);
  publish(kRedact);
  send(event);
  EXPECT_NE(last().body.find("[email]"), std::string::npos);
  EXPECT_EQ(guard_->counters().values_redacted, 1U);
  publish(R"({"enabled":false})");
  send(event);
  EXPECT_EQ(last().body, event);
}

TEST_F(PrivacyGuardTest, TheInstallationDecidesForProjectsWithoutAPolicy) {
  GuardSettings settings;
  settings.guards_by_default = true;
  publish("", "phc_abc");
  publish(R"({"enabled":false})", "phc_open");
  start(settings);
  const auto event = [](const std::string& token) {
    return R"({"event":"a","token":")" + token +
           R"(","distinct_id":"u","properties":{"password":"p","m":"anna@example.com"}})";
  };
  for (const std::string token : {"phc_abc", "phc_stranger"}) {
    send(event(token));
    EXPECT_EQ(last().body, R"({"event":"a","token":")" + token +
                               R"(","distinct_id":"u","properties":{"m":"[email]"}})");
  }
  send(event("phc_open"));
  EXPECT_EQ(last().body, event("phc_open"));
}

TEST_F(PrivacyGuardTest, APolicyThatCannotBeReadQuarantinesEveryEvent) {
  publish(R"({"a field of a later release":true})");
  start();
  send(R"({"event":"a","token":"phc_abc","distinct_id":"secret-id","properties":{"x":"secret"}})");
  EXPECT_NE(last().body.find("$privacy_quarantine"), std::string::npos);
  EXPECT_EQ(last().body.find("secret"), std::string::npos);
  EXPECT_EQ(guard_->counters().policies_unreadable, 1U);
  EXPECT_EQ(guard_->counters().events_quarantined, 1U);
}

TEST_F(PrivacyGuardTest, AddressesAreHashedOnlyWithAKey) {
  publish(R"({"address":"hash"})");
  start();
  send(kEvent);
  EXPECT_EQ(last().client_address, "");
  GuardSettings settings;
  settings.hash_key = format::privacy::HashKey::from_secret(std::string(32, 's'));
  start(settings);
  send(support::event_with(R"(,"properties":{"$ip":"203.0.113.9"})"));
  EXPECT_EQ(last().client_address.size(), 32U);
  EXPECT_EQ(last().body.find("203.0"), std::string::npos);
}

// The address itself is not written; without a cookieless event not even its hash is.
TEST_F(PrivacyGuardTest, SendersWithoutCookiesAreToldApartByAHash) {
  const std::string cookieless = support::event_with(R"(,"properties":{"$cookieless_mode":true})");
  for (const char* policy : {"", R"({"address":"drop"})"}) {
    publish(policy);
    GuardSettings settings;
    settings.hash_key = format::privacy::HashKey::from_secret(std::string(32, 's'));
    start(settings);
    send(cookieless);
    EXPECT_EQ(last().client_address.size(), 32U);
    EXPECT_EQ(last().client_address.find_first_not_of("0123456789abcdef"), std::string::npos);
    for (const auto& other :
         {support::event_with(R"(,"properties":{"$cookieless_mode":false})"), kEvent}) {
      send(other);
      EXPECT_EQ(last().client_address, "");
    }
    start();
    send(cookieless);
    EXPECT_EQ(last().client_address, "") << "without a key there is no hash";
  }
}

TEST_F(PrivacyGuardTest, StrangersAreRefusedOnlyWhereTheBoxIsClosed) {
  publish();
  start();
  const std::string stranger = R"({"event":"a","token":"phc_stranger","distinct_id":"u"})";
  EXPECT_EQ(send(stranger).status, 200);
  GuardSettings closed;
  closed.refuses_unknown_tokens = true;
  start(closed);
  const auto refused = send(stranger);
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.body, "API key is not valid: unknown");
  EXPECT_EQ(send(kEvent).status, 200);
  EXPECT_EQ(harness_->log.records.size(), 1U);
  publish("", "phc_stranger");
  EXPECT_EQ(send(stranger).status, 200);
  EXPECT_EQ(harness_->acknowledger.counters().of(Outcome::token_unknown), 1U);
}

TEST_F(PrivacyGuardTest, StrangersHaveNoRowsInTheLedgerOfAClosedBox) {
  publish();
  const auto refused = [this](bool is_closed) {
    GuardSettings settings;
    settings.refuses_unknown_tokens = is_closed;
    start(settings);
    for (const std::string token : {"phc_abc", "phc_stranger"}) {
      EXPECT_EQ(send(R"({"event":"a","token":")" + token + "\"}").status, 400);
    }
    send(R"({"event":"a","token":"phc_stranger","distinct_id":"u"})");
    auto counted = harness_->counted();
    counted.erase("phc_stranger accepted");
    return counted;
  };
  EXPECT_THAT(refused(false), ElementsAre(Pair("phc_abc missing_distinct_id", Pair(1U, 1U)),
                                          Pair("phc_stranger missing_distinct_id", Pair(1U, 1U))));
  EXPECT_THAT(refused(true), ElementsAre(Pair(" missing_distinct_id", Pair(1U, 1U)),
                                         Pair(" token_unknown", Pair(1U, 1U)),
                                         Pair("phc_abc missing_distinct_id", Pair(1U, 1U))));
}

TEST_F(PrivacyGuardTest, AClosedBoxThatKnowsNoProjectsYetAsksToComeBack) {
  GuardSettings closed;
  closed.refuses_unknown_tokens = true;
  start(closed);
  const auto answer = send(kEvent);
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.head.find("retry-after"), std::string::npos);
  publish();
  EXPECT_EQ(send(kEvent).status, 200);
}

}  // namespace
}  // namespace dp::capture
