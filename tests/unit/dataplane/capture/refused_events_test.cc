// SPDX-License-Identifier: LicenseRef-Project
// Goal: what is refused is counted for the project whose token the request names, with as many
// events as could be counted, and for nobody where it names none. Method: every capture route
// behind HTTP sessions; the counters records in the log.
#include "dataplane/format/codec/refused_events.h"

#include "tests/support/ai_requests.h"
#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace dp::capture {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

struct Case {
  std::string target;
  std::string body;
  std::string counted;       ///< "token outcome", without a token where nobody's.
  std::uint32_t events = 0;  ///< 0: could not be counted.
  std::string fields = "Content-Type: application/json\r\n";
};

void expect_counted(const Case& item) {
  CaptureHarness harness;
  const auto answer = harness.exchange(make_request("POST", item.target, item.fields, item.body));
  EXPECT_GE(answer.status, 400) << item.target << ' ' << item.body;
  EXPECT_THAT(harness.counted(), ElementsAre(Pair(item.counted, Pair(1U, item.events))))
      << item.target << ' ' << item.body;
}

TEST(RefusedEventsTest, OfTheOldRoutesAreTheirProjects) {
  const std::string good = R"({"event":"a","distinct_id":"u"})";
  const std::string own = R"({"event":"a","distinct_id":"u","token":"phc_abc"})";
  const auto wrapped = [](const std::string& events) {
    return R"({"api_key":" phc_abc ","batch":[)" + events + "]}";
  };
  const Case cases[] = {
      {"/e/", R"({"event":"a","token":"phc_abc"})", "phc_abc missing_distinct_id", 1},
      {"/e/", R"({"event":"","distinct_id":"u","properties":{"token":"phc_abc"}})",
       "phc_abc empty_event_name", 1},
      {"/e/", "[" + own + R"(,{"event":"b"}])", "phc_abc missing_distinct_id", 2},
      {"/batch/", wrapped(good + R"(,{"event":"b"},)" + good), "phc_abc missing_distinct_id", 3},
      {"/batch/", wrapped(R"({"event":"$performance_event","distinct_id":"u"},{"event":"b"})"),
       "phc_abc missing_distinct_id", 1},
      {"/i/v0/ai/batch", wrapped(good), "phc_abc not_ai_event", 1},
      // Reading ends where the types are wrong.
      {"/batch/", wrapped(R"({"event":"b"},{"event":"a","distinct_id":"u","properties":7})"),
       "phc_abc invalid_json", 0},
      {"/batch/", wrapped(""), "phc_abc empty_batch", 0},
      {"/e/", "[" + own + ",7]", "phc_abc invalid_json", 0},
      {"/e/", R"({"token":"phc_abc","distinct_id":"u"})", "phc_abc missing_event_name", 0},
      // Nobody's.
      {"/e/", good, " missing_token", 0},
      {"/e/", R"({"event":"a","token":"phx_secret"})", " token_personal_key", 0},
      {"/e/", "[" + own + R"(,{"event":"b","token":"phc_other"}])", " multiple_tokens", 0},
      {"/e/", "[" + own + R"(,{"event":"b","token":"phc_other"},7])", " invalid_json", 0},
      {"/e/", R"({"event":"a","token":"phc_abc")", " invalid_json", 0},
      {"/e/", "{\"event\":\"a\",\"token\":\"phc_abc\",\"x\":\"\xff\"}", " invalid_utf8", 0},
  };
  for (const auto& item : cases) {
    expect_counted(item);
  }
}

// The reader of one shard meets request after request.
TEST(RefusedEventsTest, AreNotThoseOfTheRequestBefore) {
  CaptureHarness harness;
  const std::string_view json = "Content-Type: application/json\r\n";
  for (const std::string_view body :
       {R"({"event":"a","token":"phc_abc"})", R"({"event":"a","token":7})", "{"}) {
    harness.exchange(make_request("POST", "/e/", json, body));
  }
  EXPECT_THAT(harness.counted(), ElementsAre(Pair(" invalid_json", Pair(2U, 0U)),
                                             Pair("phc_abc missing_distinct_id", Pair(1U, 1U))));
}

TEST(RefusedEventsTest, OfRecordingsAreOfTheFirstElementsProject) {
  const auto snapshot = [](std::string_view token, std::string_view properties) {
    return R"({"event":"$snapshot","distinct_id":"u",)" + std::string(token) + R"("properties":)" +
           std::string(properties) + "}";
  };
  const std::string data = R"({"$session_id":"s","$snapshot_data":[]})";
  const Case cases[] = {
      {"/s/", snapshot(R"("token":"phc_abc",)", "{}"), "phc_abc missing_session_id", 1},
      {"/s/", "[" + snapshot("", R"({"token":"phc_abc","$session_id":"s"})") + "]",
       "phc_abc missing_snapshot_data", 1},
      {"/s/", "[" + snapshot(R"("token":"phc_abc",)", data) + ",7]", "phc_abc invalid_json", 1},
      {"/s/", "[" + snapshot("", data) + "," + snapshot(R"("token":"phc_abc",)", data) + "]",
       " missing_token", 0},
      {"/s/", snapshot(R"("token":"phx_secret",)", "{}"), " missing_session_id", 0},
      {"/s/", "7", " invalid_json", 0},
  };
  for (const auto& item : cases) {
    expect_counted(item);
  }
}

TEST(RefusedEventsTest, OfRoutesWithATokenInTheHeadAreItsProjects) {
  const auto head = [](std::string_view token) {
    return "Authorization: Bearer " + std::string(token) +
           "\r\nContent-Type: application/json\r\nUser-Agent: t/1\r\nPostHog-Sdk-Info: t/1\r\n"
           "PostHog-Attempt: 1\r\nPostHog-Request-Id: a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d\r\n"
           "PostHog-Request-Timestamp: 2023-01-01T12:00:00Z\r\n";
  };
  const std::string v1 = "/i/v1/analytics/events";
  const std::string multipart =
      "Authorization: Bearer phc_abc\r\nContent-Type: " + std::string(support::kMultipartType) +
      "\r\n";
  const Case cases[] = {
      {v1, R"({"created_at":"2023-01-01T12:00:00Z","batch":[]})", "phc_abc v1_empty_batch", 0,
       head("phc_abc")},
      {v1, "7", "phc_abc v1_request_parsing_error", 0, head("phc_abc")},
      {v1, "7", " v1_invalid_api_token", 0, head("phx_secret")},
      {v1, "7", " v1_missing_required_headers", 0},
      {"/i/v0/ai", "x", "phc_abc invalid_multipart", 1, multipart},
      {"/i/v0/ai/otel", "7", "phc_abc invalid_json", 0, head("phc_abc")},
      {"/i/v0/ai/otel", "7", " token_personal_key", 0, head("phx_secret")},
  };
  for (const auto& item : cases) {
    expect_counted(item);
  }
}

}  // namespace
}  // namespace dp::capture
