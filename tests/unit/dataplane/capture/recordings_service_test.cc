// SPDX-License-Identifier: LicenseRef-Project
// Goal: `/s` answers exactly what capture-protocol sections 2, 10, 13 and 20 say, never before the
// log is durable, and keeps the body as received. Method: bytes into a session, a log in memory,
// bytes out. Numbers are the conformance cases of section 20.
#include "dataplane/capture/recordings_service.h"

#include "tests/support/recordings.h"
#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dp::capture {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kOk = R"({"status":"Ok"})";
constexpr std::string_view kJson = "Content-Type: application/json\r\n";
constexpr std::string_view kText = "Content-Type: text/plain\r\n";
const std::string kElement =
    R"({"event":"$snapshot","token":"phc_abc","distinct_id":"u",)"
    R"("properties":{"$session_id":"s","$snapshot_data":[{"timestamp":1}]}})";

std::string post(std::string_view target, std::string_view body, std::string_view fields = kJson) {
  return make_request("POST", target, fields, body);
}

struct Case {
  std::string name;
  std::string request;
  int status;
  std::string body;
  std::size_t records;
};

std::vector<Case> accepted_cases() {
  const std::string ok(kOk);
  const auto compressed = support::gzip(kElement);
  return {
      {"64 one element", post("/s/", kElement), 200, ok, 1},
      {"64 without slash", post("/s", kElement), 200, ok, 1},
      {"65 list", post("/s/", "[" + kElement + "," + kElement + "]"), 200, ok, 1},
      {"13 gzip without hint", post("/s/", compressed, kText), 200, ok, 1},
      {"14 gzip-js hint", post("/s/?compression=gzip-js&ver=1&_=1", compressed, kText), 200, ok, 1},
      {"14 content encoding", post("/s", compressed, "Content-Encoding: gzip\r\n"), 200, ok, 1},
      {"21 form",
       post("/s/", "data=" + kElement, "Content-Type: application/x-www-form-urlencoded\r\n"), 200,
       ok, 1},
      {"25 GET", make_request("GET", "/s/?data=" + kElement, {}, {}), 200, ok, 1},
      {"51 beacon", post("/s/?beacon=1", kElement), 204, "", 1},
      {"71 sent_at of an element",
       post("/s/", R"({"sent_at":"1999-01-01T00:00:00Z",)" + kElement.substr(1)), 200, ok, 1},
  };
}

std::vector<Case> refused_cases() {
  const auto session = [](std::string_view value) {
    return post("/s/", R"({"event":"$snapshot","token":"t","distinct_id":"u","properties":{)" +
                           std::string(value) + R"("$snapshot_data":[]}})");
  };
  const std::string invalid = "replay event has invalid session id";
  const std::string without_data = "replay event submitted without snapshot data";
  const std::string no_data =
      R"({"event":"$snapshot","token":"t","distinct_id":"u","properties":{"$session_id":"s"}})";
  return {
      {"15 hint over plain JSON", post("/s/?compression=gzip-js", kElement), 400,
       "failed to decode request: invalid GZIP data", 0},
      {"18 bomb", post("/s/", support::gzip(std::string((std::size_t{125} << 20) + 1, ' ')), kText),
       413, "maximum event size exceeded: decompressed body too large", 0},
      {"27 base64 inside of gzip is for legacy routes", post("/s/", support::gzip("e30="), kText),
       400, "failed to parse request: body: expected valid JSON", 0},
      {"28 empty", post("/s/", ""), 400, "request missing data payload", 0},
      {"29 empty list", post("/s/", "[]"), 400, "request holds no event", 0},
      {"30 no JSON", post("/s/", "{"), 400, "failed to parse request: body: expected valid JSON",
       0},
      {"35 no distinct_id",
       post("/s/", R"({"event":"e","token":"t","properties":{"$session_id":"s"}})"), 400,
       "event submitted without a distinct_id", 0},
      {"8 no token", post("/s/", R"({"event":"e","distinct_id":"u"})"), 401,
       "event submitted without an api_key", 0},
      {"59 cookieless",
       post("/s/", R"({"event":"e","token":"t","distinct_id":"u","properties":)"
                   R"({"$session_id":"s","$cookieless_mode":1,"$snapshot_data":[]}})"),
       400, "event submitted with invalid cookieless mode", 0},
      {"66 no session", session(""), 400, "replay event submitted without session id", 0},
      {"66 71 characters", session(R"("$session_id":")" + std::string(71, 'a') + R"(",)"), 400,
       invalid, 0},
      {"66 underscore", session(R"("$session_id":"a_b",)"), 400, invalid, 0},
      {"66 number", session(R"("$session_id":5,)"), 400, invalid, 0},
      {"67 second element", post("/s/", "[" + kElement + "," + no_data + "]"), 400, without_data,
       0},
      {"67 text",
       post("/s/", R"({"event":"e","token":"t","distinct_id":"u","properties":)"
                   R"({"$session_id":"s","$snapshot_data":"x"}})"),
       400, without_data, 0},
      {"PUT", make_request("PUT", "/s/", kJson, kElement), 405, "", 0},
  };
}

TEST(RecordingsServiceTest, AnswersAsTheTableSays) {
  auto cases = accepted_cases();
  for (auto& each : refused_cases()) {
    cases.push_back(std::move(each));
  }
  for (const auto& each : cases) {
    CaptureHarness harness;
    const auto answer = harness.exchange(each.request);
    EXPECT_EQ(answer.status, each.status) << each.name;
    EXPECT_EQ(answer.body, each.body) << each.name;
    EXPECT_EQ(harness.log.records.size(), each.records) << each.name;
  }
}

TEST(RecordingsServiceTest, KeepsTheRequestAsReceived) {
  CaptureHarness harness;
  const auto body = support::gzip("[" + kElement + "]");
  EXPECT_EQ(harness
                .exchange(post("/s/?compression=gzip-js&ver=1.2", body,
                               "Content-Type: text/plain\r\nUser-Agent: posthog-ios/3.1\r\n"))
                .status,
            200);
  ASSERT_EQ(harness.log.records.size(), 1U);
  const auto& record = harness.log.records.front();
  EXPECT_EQ(record.endpoint, format::Endpoint::recordings);
  EXPECT_EQ(record.received_us, CaptureHarness::wall_clock_us());
  EXPECT_EQ(record.token, "phc_abc");
  EXPECT_EQ(record.query, "compression=gzip-js&ver=1.2");
  EXPECT_EQ(record.content_type, "text/plain");
  EXPECT_EQ(record.user_agent, "posthog-ios/3.1");
  EXPECT_EQ(record.client_address, "");
  EXPECT_EQ(record.body, body);
}

// 70
TEST(RecordingsServiceTest, TakesWhatMobileSdksSend) {
  const struct {
    std::string file;
    std::string user_agent;
  } cases[] = {{"posthog_ios.json", "posthog-ios/3.69.3"},
               {"posthog_android.json", "posthog-android/3.27.0"}};
  for (const auto& each : cases) {
    CaptureHarness harness;
    const auto body = support::gzip(support::recorded_body(each.file));
    const auto answer = harness.exchange(
        post("/s/", body,
             "Content-Type: application/json; charset=utf-8\r\nContent-Encoding: gzip\r\n"
             "User-Agent: " +
                 each.user_agent + "\r\n"));
    EXPECT_EQ(answer.status, 200) << each.file << answer.body;
    EXPECT_EQ(answer.body, kOk);
    ASSERT_EQ(harness.log.records.size(), 1U) << each.file;
    EXPECT_EQ(harness.log.records.front().token, "phc_integration");
    EXPECT_EQ(harness.log.records.front().body, body);
  }
}

TEST(RecordingsServiceTest, AnswersOnlyWhenDurable) {
  CaptureHarness harness;
  harness.connection.receive(post("/s/", kElement));
  EXPECT_EQ(harness.take_answer().status, 0);
  harness.flush();
  EXPECT_EQ(harness.take_answer().status, 200);
  EXPECT_EQ(harness.acknowledger.counters().of(Outcome::recording_accepted), 1U);
  EXPECT_EQ(harness.acknowledger.counters().events_accepted, 1U) << "a recording counts as one";
}

TEST(RecordingsServiceTest, AsksToRetryWhenTheLogIsFull) {
  CaptureHarness harness;
  harness.log.error = wal::WalError::full;
  const auto answer = harness.exchange(post("/s/", kElement));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "transient error, please retry");
  EXPECT_THAT(answer.head, HasSubstr("retry-after: 30\r\n"));
}

// 53
TEST(RecordingsServiceTest, RefusesABodyAboveTheLimitAndKeepsTheConnection) {
  CaptureHarness harness;
  const std::string too_large(std::size_t{26} << 20, ' ');
  auto answer = harness.exchange(post("/s/", too_large));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "maximum event size exceeded: request body above 25 MiB");
  EXPECT_TRUE(harness.log.records.empty());
  const std::string padding((std::size_t{24} << 20), ' ');
  answer = harness.exchange(post("/s/", kElement + padding));
  EXPECT_EQ(answer.status, 200) << "more than an event body may have";
}

// 57, 58
TEST(RecordingsServiceTest, MirrorsTheOrigin) {
  CaptureHarness harness;
  auto answer = harness.exchange(make_request(
      "OPTIONS", "/s/",
      "Origin: https://a.example\r\nAccess-Control-Request-Headers: x-a,content-type\r\n", {}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  for (const auto* field :
       {"access-control-allow-origin: https://a.example",
        "access-control-allow-headers: x-a,content-type", "access-control-allow-credentials: true",
        "access-control-allow-methods: GET,POST,OPTIONS"}) {
    EXPECT_THAT(answer.head, HasSubstr(field));
  }
  answer = harness.exchange(post("/s/", "{", "Origin: https://a.example\r\n"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.head, HasSubstr("access-control-allow-origin: https://a.example"));
}

// A token of a shape that no project has is accepted, and can never be taken for another's.
TEST(RecordingsServiceTest, KeepsNoTokenThatIsTooLong) {
  CaptureHarness harness;
  const std::string token(65, 't');
  const auto answer = harness.exchange(post(
      "/s/", R"({"event":"e","token":")" + token +
                 R"(","distinct_id":"u","properties":{"$session_id":"s","$snapshot_data":{}}})"));
  EXPECT_EQ(answer.status, 200);
  ASSERT_EQ(harness.log.records.size(), 1U);
  EXPECT_EQ(harness.log.records.front().token, "");
}

}  // namespace
}  // namespace dp::capture
