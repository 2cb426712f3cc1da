// SPDX-License-Identifier: LicenseRef-Project
// Goal: who sends more than the project's rate is told to come again and costs the log nothing; a
// used-up quota takes exactly its events, in what capture counts as in what the worker reads;
// requests of a distinct_id that sends too much are marked. Method: every capture route behind HTTP
// sessions, a real tenant store, a clock that the test moves, a log in memory.
#include "dataplane/capture/limiter.h"

#include "tests/support/ai_requests.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tenant_publisher.h"
#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace dp::capture {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kJson = "Content-Type: application/json\r\n";
constexpr std::string_view kOk = R"({"status":"Ok"})";
constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::string_view kV1Fields =
    "Authorization: Bearer phc_abc\r\nContent-Type: application/json\r\nUser-Agent: t/1\r\n"
    "PostHog-Sdk-Info: t/1\r\nPostHog-Attempt: 1\r\n"
    "PostHog-Request-Id: a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d\r\n"
    "PostHog-Request-Timestamp: 2023-01-01T12:00:00Z\r\n";

std::string event(std::string_view name, std::string_view id = "u",
                  std::string_view properties = "{}") {
  std::string text = R"({"event":")";
  text.append(name).append(R"(","distinct_id":")").append(id);
  return text.append(R"(","properties":)").append(properties).append("}");
}

std::string v1_event(std::string_view name, char last) {
  std::string text = R"({"event":")";
  text.append(name).append(R"(","uuid":"018a981f-4b35-7c66-825e-8b0eeae6571)");
  text += last;
  return text + R"(","distinct_id":"u","timestamp":"2023-01-01T11:00:00Z"})";
}

std::string v1_body(const std::string& events) {
  return R"({"created_at":"2023-01-01T12:00:00Z","batch":[)" + events + "]}";
}

std::string batch(const std::string& events, std::string_view token = "phc_abc") {
  return R"({"api_key":")" + std::string(token) + R"(","batch":[)" + events + "]}";
}

std::string recording() {
  return R"({"event":"$snapshot","token":"phc_abc","distinct_id":"u","properties":)"
         R"({"$session_id":"s","$snapshot_data":[{"type":4,"timestamp":1}]}})";
}

class LimiterTest : public testing::Test {
 protected:
  void start(const LimitSettings& settings = {}) {
    guard_ = std::make_unique<PrivacyGuard>(store_, GuardSettings{});
    limiter_ = std::make_unique<Limiter>(*guard_, settings, clock_, 7);
    CaptureHarness::Options options;
    options.guard = guard_.get();
    options.limiter = limiter_.get();
    harness_ = std::make_unique<CaptureHarness>(options);
  }

  void publish(std::string_view limits, std::string_view privacy = "") {
    if (publisher_ == nullptr) {
      publisher_ = std::make_unique<support::TenantPublisher>(directory_.path() / "tenants");
    }
    publisher_->publish("phc_abc", std::string(privacy), std::string(limits));
  }

  SeenAnswer send(std::string_view target, std::string_view body, std::string_view fields = kJson) {
    return harness_->exchange(make_request("POST", target, fields, body));
  }
  SeenAnswer send_v1(const std::string& events) {
    return send("/i/v1/analytics/events", v1_body(events), kV1Fields);
  }

  [[nodiscard]] std::size_t records() const { return harness_->log.records.size(); }
  [[nodiscard]] const StoredRecord& last() const { return harness_->log.records.back(); }

  sys::SimClock clock_;
  support::TemporaryDirectory directory_;
  tenant::Store store_{(directory_.path() / "tenants").string()};
  std::unique_ptr<support::TenantPublisher> publisher_;
  std::unique_ptr<PrivacyGuard> guard_;
  std::unique_ptr<Limiter> limiter_;
  std::unique_ptr<CaptureHarness> harness_;
};

TEST_F(LimiterTest, AboveItsRateATokenIsToldToComeAgainAndOthersAreServed) {
  start({.events_per_second = 2, .burst_seconds = 3});
  const auto two = event("a") + "," + event("b");
  for (int count = 0; count < 3; ++count) {
    EXPECT_EQ(send("/batch/", batch(two)).status, 200) << count;
  }
  const auto refused = send("/batch/", batch(two));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "rate limited");
  EXPECT_THAT(refused.head, HasSubstr("retry-after: 30\r\n"));
  EXPECT_EQ(send("/batch/", batch(two, "phc_other")).status, 200);
  EXPECT_EQ(records(), 4U);
  clock_.advance_ns(kSecondNs - 1);
  EXPECT_EQ(send("/batch/", batch(two)).status, 503);
  clock_.advance_ns(1);
  EXPECT_EQ(send("/batch/", batch(two)).status, 200);
  EXPECT_EQ(harness_->counted().at("phc_abc rate_limited"), std::pair(2U, 4U));
}

TEST_F(LimiterTest, EveryRouteOfATokenSharesItsRate) {
  start({.events_per_second = 1, .burst_seconds = 1});
  const auto spend = [this] {
    clock_.advance_ns(10 * kSecondNs);
    EXPECT_EQ(send("/e/", batch(event("a"))).status, 200);
  };
  const auto ai_body =
      support::multipart({{"event", R"({"event":"$ai_trace","distinct_id":"u"})", ""},
                          {"event.properties", R"({"$ai_model":"m"})", ""}});
  std::string ai_fields = "Authorization: Bearer phc_abc\r\nContent-Type: ";
  ai_fields.append(support::kMultipartType).append("\r\n");
  spend();
  EXPECT_EQ(send("/s/", recording()).status, 503);
  EXPECT_EQ(send("/i/v0/ai", ai_body, ai_fields).status, 503);
  const auto v1 = send_v1(v1_event("a", '4'));
  EXPECT_EQ(v1.status, 503);
  EXPECT_THAT(v1.body, HasSubstr(R"({"error":"rate_limited")"));
  EXPECT_THAT(v1.head, HasSubstr("retry-after: 30\r\n"));
  EXPECT_THAT(v1.head, HasSubstr("posthog-request-id: "));
  EXPECT_EQ(records(), 1U);
  clock_.advance_ns(kSecondNs);
  EXPECT_EQ(send("/i/v0/ai", ai_body, ai_fields).status, 200);
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 503) << "a v0 request after an AI one";
}

TEST_F(LimiterTest, WhereTheTokenIsInAHeaderNothingIsDecodedAboveTheRate) {
  start({.events_per_second = 1, .burst_seconds = 1});
  EXPECT_EQ(send_v1(v1_event("a", '4')).status, 200);
  EXPECT_EQ(send("/i/v1/analytics/events", "no JSON", kV1Fields).status, 503);
  clock_.advance_ns(kSecondNs);
  EXPECT_EQ(send("/i/v1/analytics/events", "no JSON", kV1Fields).status, 400);
}

TEST_F(LimiterTest, BytesCountAsReceived) {
  const auto body = batch(event("a"));
  start({.bytes_per_second = static_cast<std::uint32_t>(body.size()), .burst_seconds = 2});
  EXPECT_EQ(send("/e/", body).status, 200);
  EXPECT_EQ(send("/e/", body).status, 200);
  EXPECT_EQ(send("/e/", body).status, 503);
  clock_.advance_ns(kSecondNs);
  EXPECT_EQ(send("/e/", body).status, 200);
}

TEST_F(LimiterTest, EachShardAdmitsItsShare) {
  start({.events_per_second = 8, .burst_seconds = 1, .shards = 4});
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 200);
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 200);
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 503);
}

TEST_F(LimiterTest, AProjectsOwnRateHoldsFromTheNextRequestOn) {
  publish("");
  start({.events_per_second = 1, .burst_seconds = 1});
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 200);
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 503);
  publish(R"({"events_per_second":0})");
  for (int count = 0; count < 5; ++count) {
    EXPECT_EQ(send("/e/", batch(event("a"))).status, 200) << "0 is no limit";
  }
  publish(R"({"events_per_second":3,"bytes_per_second":"x"})");
  clock_.advance_ns(10 * kSecondNs);
  const auto three = event("a") + "," + event("a") + "," + event("a");
  EXPECT_EQ(send("/e/", batch(three)).status, 200);
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 503);
}

TEST_F(LimiterTest, ABatchAboveTheBurstPassesWhenNothingElseDid) {
  start({.events_per_second = 1, .burst_seconds = 2});
  const auto three = event("a") + "," + event("a") + "," + event("a");
  EXPECT_EQ(send("/e/", batch(three)).status, 200);
  clock_.advance_ns(2 * kSecondNs - 1);
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 503);
  clock_.advance_ns(1);
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 200);
}

// Case 55.
TEST_F(LimiterTest, AUsedUpQuotaTakesItsEventsSilently) {
  const auto tour = event("survey shown", "u", R"({"$product_tour_id":"t"})");
  const auto nested = event("survey shown", "u", R"({"x":{"$product_tour_id":"t"}})");
  const auto all =
      event("a") + "," + event("$exception") + "," + event("$ai_trace") + "," + tour + "," + nested;
  const struct {
    std::string used_up;
    std::uint32_t kept;
  } cases[] = {{R"("events")", 3},     {R"("exceptions")", 4},
               {R"("llm_events")", 4}, {R"("surveys")", 4},
               {R"("recordings")", 5}, {R"("events","exceptions","llm_events")", 1},
               {R"("unheard of")", 5}};
  for (const auto& item : cases) {
    publish(R"({"quota_limited":[)" + item.used_up + "]}");
    start();
    const auto answer = send("/batch/", batch(all));
    EXPECT_EQ(answer.status, 200) << item.used_up;
    EXPECT_EQ(answer.body, kOk);
    ASSERT_EQ(records(), 1U) << item.used_up;
    EXPECT_EQ(last().event_count, item.kept) << item.used_up;
    EXPECT_EQ(last().over_quota.is_empty(), item.kept == 5) << item.used_up;
    EXPECT_EQ(last().token, "phc_abc");
    EXPECT_EQ(limiter_->counters().events_over_quota, 5 - item.kept);
    if (item.kept < 5) {
      EXPECT_EQ(harness_->counted().at("phc_abc over_quota"), std::pair(1U, 5 - item.kept));
    }
  }
}

TEST_F(LimiterTest, NothingIsStoredWhenAllIsOverQuota) {
  publish(R"({"quota_limited":["events"]})");
  start();
  for (const std::string target : {"/e/", "/i/v0/e", "/batch", "/capture", "/track"}) {
    const auto answer = send(target, batch(event("a") + "," + event("b")));
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_EQ(answer.body, kOk) << target;
  }
  EXPECT_EQ(send("/e/?beacon=1", batch(event("a"))).status, 204);
  EXPECT_EQ(records(), 0U);
  EXPECT_EQ(harness_->counted().at("phc_abc over_quota"), std::pair(6U, 11U));
  publish("");
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 200);
  EXPECT_EQ(last().event_count, 1U) << "from the next request on";
}

// What a privacy policy leaves of an event is judged as the worker will see it.
TEST_F(LimiterTest, QuotasAreJudgedBehindThePrivacyPolicy) {
  publish(R"({"quota_limited":["exceptions"]})", R"({"patterns":{"email":"quarantine"}})");
  start();
  const auto offending = event("$exception", "u", R"({"x":"a@b.example"})");
  EXPECT_EQ(send("/batch/", batch(event("$exception") + "," + offending)).status, 200);
  EXPECT_EQ(last().event_count, 1U);
  EXPECT_THAT(last().body, HasSubstr("$privacy_quarantine"));
  EXPECT_EQ(send_v1(v1_event("$exception", '4') + "," + v1_event("a@b.example", '5')).status, 200);
  EXPECT_EQ(last().event_count, 1U);
}

// Case 56.
TEST_F(LimiterTest, RecordingsOverQuotaAreNamed) {
  publish(R"({"quota_limited":["recordings"]})");
  start();
  const auto answer = send("/s/", recording());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"status":"Ok","quota_limited":["recordings"]})");
  EXPECT_EQ(records(), 0U);
  EXPECT_EQ(harness_->counted().at("phc_abc over_quota"), std::pair(1U, 1U));
  EXPECT_EQ(send("/e/", batch(event("a"))).status, 200);
  EXPECT_EQ(records(), 2U) << "the counters and the event";
}

TEST_F(LimiterTest, V1TellsEventByEvent) {
  publish(R"({"quota_limited":["exceptions"]})");
  start();
  const auto mixed = send_v1(v1_event("a", '4') + "," + v1_event("$exception", '5'));
  EXPECT_EQ(mixed.status, 200);
  EXPECT_EQ(mixed.body, R"({"results":{"018a981f-4b35-7c66-825e-8b0eeae65714":{"result":"ok"},)"
                        R"("018a981f-4b35-7c66-825e-8b0eeae65715":{"result":"drop","details":)"
                        R"("billing_limit_exceeded"}}})");
  EXPECT_EQ(last().event_count, 1U);
  EXPECT_TRUE(last().over_quota.has(format::Resource::exceptions));
  const auto all = send_v1(v1_event("$exception", '4'));
  EXPECT_EQ(all.status, 402);
  EXPECT_EQ(all.body, R"({"error":"billing_limit_exceeded","error_description":)"
                      R"("a quota of the project is used up",)"
                      R"("error_uri":"https://posthog.com/docs/billing/limits"})");
  const auto other_reasons = send_v1(v1_event("$exception", '4') + "," + v1_event("", '5'));
  EXPECT_EQ(other_reasons.status, 200);
  EXPECT_THAT(other_reasons.body, HasSubstr("missing_event_name"));
  EXPECT_EQ(records(), 1U);
  const auto counted = harness_->counted();
  EXPECT_EQ(counted.at("phc_abc over_quota"), std::pair(3U, 3U));
  for (const auto owner : {"", "phc_abc"}) {
    EXPECT_FALSE(counted.contains(std::string(owner) + " v1_billing_limit_exceeded")) << "twice";
  }
}

TEST_F(LimiterTest, AiRoutesAnswerAsTheProtocolSays) {
  publish(R"({"quota_limited":["llm_events"]})");
  start();
  std::string fields = "Authorization: Bearer phc_abc\r\nContent-Type: ";
  const auto multipart = fields + std::string(support::kMultipartType) + "\r\n";
  const auto one = send("/i/v0/ai", "x", multipart);
  EXPECT_EQ(one.status, 429);
  EXPECT_EQ(one.body, "billing limit reached");
  const auto traces = send("/i/v0/ai/otel", support::kJsonTraces, fields + "application/json\r\n");
  EXPECT_EQ(traces.status, 200);
  EXPECT_EQ(traces.body, "{}");
  const auto lane = send("/i/v0/ai/batch", batch(event("$ai_trace")));
  EXPECT_EQ(lane.status, 200);
  EXPECT_EQ(lane.body, kOk);
  EXPECT_EQ(records(), 0U);
}

TEST_F(LimiterTest, RequestsOfAnIdThatSendsTooMuchAreMarked) {
  start({.overflow_events_per_second = 10, .overflow_burst = 3});
  const auto sends = [this](const std::string& events, std::string_view token = "phc_abc") {
    EXPECT_EQ(send("/batch/", batch(events, token)).status, 200);
    return last().is_overflow;
  };
  EXPECT_FALSE(sends(event("a") + "," + event("a") + "," + event("a")));
  EXPECT_TRUE(sends(event("a")));
  EXPECT_FALSE(sends(event("a", "v"))) << "another id";
  EXPECT_FALSE(sends(event("a"), "phc_other")) << "another project";
  EXPECT_TRUE(sends(event("a", "w") + "," + event("a"))) << "one event of it is enough";
  EXPECT_EQ(limiter_->counters().events_overflowed, 2U);
  clock_.advance_ns(kSecondNs / 10 - 1);
  EXPECT_TRUE(sends(event("a")));
  clock_.advance_ns(1);
  EXPECT_FALSE(sends(event("a")));
  EXPECT_EQ(send_v1(v1_event("a", '4')).status, 200);
  EXPECT_TRUE(last().is_overflow) << "the same id on another route";
  const std::string number = R"({"event":"a","distinct_id":{"b":1,"a":[2]}})";
  EXPECT_FALSE(sends(number + "," + number + "," + number));
  EXPECT_TRUE(sends(number)) << "an id that is no text";
}

TEST_F(LimiterTest, OffNothingIsMarkedAndNothingRefused) {
  start();
  for (int count = 0; count < 3'000; ++count) {
    ASSERT_EQ(send("/e/", batch(event("a"))).status, 200);
  }
  EXPECT_FALSE(last().is_overflow);
  EXPECT_EQ(limiter_->counters().events_overflowed, 0U);
}

}  // namespace
}  // namespace dp::capture
