// SPDX-License-Identifier: LicenseRef-Project
// Goal: the v1 routes answer event by event what capture-protocol sections 2, 15 and 20 say, never
// before the log is durable, and what the log did not keep is asked for again. Method: bytes into a
// session, a log in memory, bytes out. Numbers are the conformance cases of section 20.
#include "dataplane/capture/analytics_v1_service.h"

#include "dataplane/format/codec/v1_context.h"
#include "tests/support/compression.h"
#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dp::capture {
namespace {

using support::DeflateForm;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kPath = "/i/v1/analytics/events";
constexpr std::string_view kAiPath = "/i/v1/ai/events";
const std::string kRequestId = "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d";
const std::string kUuid = "018a981f-4b35-7c66-825e-8b0eeae65714";
const std::string kOther = "018a981f-4b35-7c66-825e-8b0eeae65715";

/// The fields of a right request; a change replaces one, an empty value leaves it out.
std::string fields_with(const std::map<std::string, std::string>& changes = {}) {
  std::map<std::string, std::string> fields = {
      {"Authorization", "Bearer phc_abc"},
      {"Content-Type", "application/json"},
      {"User-Agent", "posthog-python/7.91.1"},
      {"PostHog-Sdk-Info", "posthog-python/7.91.1"},
      {"PostHog-Attempt", "1"},
      {"PostHog-Request-Id", kRequestId},
      {"PostHog-Request-Timestamp", "2023-01-01T12:00:10Z"}};
  for (const auto& [name, value] : changes) {
    fields[name] = value;
  }
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) {
      text.append(name).append(": ").append(value).append("\r\n");
    }
  }
  return text;
}

std::string event_of(const std::string& uuid, const std::string& time = "2023-01-01T11:00:00Z",
                     const std::string& id = "u", const std::string& name = "a") {
  return R"({"event":")" + name + R"(","uuid":")" + uuid + R"(","distinct_id":")" + id +
         R"(","timestamp":")" + time + "\"}";
}

std::string body_of(const std::string& events) {
  return R"({"created_at":"2023-01-01T12:00:00Z","batch":[)" + events + "]}";
}

const std::string kTwo = body_of(event_of(kUuid) + "," + event_of(kOther));
const std::string kTwoOk =
    R"({"results":{")" + kUuid + R"(":{"result":"ok"},")" + kOther + R"(":{"result":"ok"}}})";

std::string post(std::string_view path, std::string_view body,
                 const std::map<std::string, std::string>& changes = {}) {
  return make_request("POST", path, fields_with(changes), body);
}

TEST(AnalyticsV1ServiceTest, AnswersEveryEvent) {
  const struct {
    std::string name;
    std::string request;
    std::string body;
    std::size_t records;
  } cases[] = {
      {"72 two events", post(kPath, kTwo), kTwoOk, 1},
      {"72 with a slash", post("/i/v1/analytics/events/?ip=1", kTwo), kTwoOk, 1},
      {"74 scheme in small letters", post(kPath, kTwo, {{"Authorization", "bearer phc_abc"}}),
       kTwoOk, 1},
      {"74 token with spaces", post(kPath, kTwo, {{"Authorization", "BEARER   phc_abc "}}), kTwoOk,
       1},
      {"75 charset", post(kPath, kTwo, {{"Content-Type", "Application/JSON; charset=utf-8"}}),
       kTwoOk, 1},
      {"75 gzip",
       post(kPath, support::deflate(kTwo, DeflateForm::gzip), {{"Content-Encoding", "gzip"}}),
       kTwoOk, 1},
      {"75 deflate of python",
       post(kPath, support::deflate(kTwo, DeflateForm::zlib), {{"Content-Encoding", "deflate"}}),
       kTwoOk, 1},
      {"75 raw deflate",
       post(kPath, support::deflate(kTwo, DeflateForm::raw), {{"Content-Encoding", "Deflate"}}),
       kTwoOk, 1},
      {"75 br", post(kPath, support::brotli_stored(kTwo), {{"Content-Encoding", "br"}}), kTwoOk, 1},
      {"75 zstd", post(kPath, support::zstd(kTwo), {{"Content-Encoding", "ZSTD"}}), kTwoOk, 1},
      {"78 one bad time",
       post(kPath, body_of(event_of(kUuid, "yesterday") + "," + event_of(kOther))),
       R"({"results":{")" + kUuid + R"(":{"result":"drop","details":"invalid_event_timestamp"},")" +
           kOther + R"(":{"result":"ok"}}})",
       1},
      {"78 nothing left", post(kPath, body_of(event_of(kUuid, "yesterday"))),
       R"({"results":{")" + kUuid + R"(":{"result":"drop","details":"invalid_event_timestamp"}}})",
       0},
      {"79 an id of nobody",
       post(kPath, body_of(event_of(kUuid, "2023-01-01T11:00:00Z", " Anonymous "))),
       R"({"results":{")" + kUuid + R"(":{"result":"ok","details":"person_processing_disabled"}}})",
       1},
      {"lower-case keys", post(kPath, body_of(event_of("018A981F-4B35-7C66-825E-8B0EEAE65714"))),
       R"({"results":{")" + kUuid + R"(":{"result":"ok"}}})", 1},
      {"83 not for AI",
       post(kAiPath, body_of(event_of(kUuid) + "," +
                             event_of(kOther, "2023-01-01T11:00:00Z", "u", "$ai_generation"))),
       R"({"results":{")" + kUuid + R"(":{"result":"drop","details":"misrouted_event"},")" +
           kOther + R"(":{"result":"ok"}}})",
       1},
  };
  for (const auto& item : cases) {
    CaptureHarness harness;
    harness.connection.receive(item.request);
    if (item.records > 0) {
      EXPECT_EQ(harness.connection.take_sent(), "") << item.name << ": answered before durable";
      harness.flush();
    }
    const auto answer = harness.take_answer();
    EXPECT_EQ(answer.status, 200) << item.name;
    EXPECT_EQ(answer.body, item.body) << item.name;
    EXPECT_THAT(answer.head, HasSubstr("content-type: application/json\r\n")) << item.name;
    EXPECT_THAT(answer.head, HasSubstr("posthog-request-id: " + kRequestId + "\r\n")) << item.name;
    EXPECT_THAT(answer.head, HasSubstr("date: Sun, 01 Jan 2023 12:00:00 GMT\r\n")) << item.name;
    EXPECT_THAT(answer.head, Not(HasSubstr("retry-after"))) << item.name;
    EXPECT_EQ(harness.log.records.size(), item.records) << item.name;
    const auto outcome = item.records > 0 ? Outcome::v1_accepted : Outcome::v1_nothing_to_store;
    EXPECT_EQ(harness.acknowledger.counters().of(outcome), 1U) << item.name;
  }
}

TEST(AnalyticsV1ServiceTest, RefusesAsAWhole) {
  const struct {
    std::string name;
    std::string request;
    Outcome outcome;
    std::string description;
  } cases[] = {
      {"73", post(kPath, kTwo, {{"Authorization", ""}, {"User-Agent", ""}}),
       Outcome::v1_missing_required_headers,
       "request is missing required headers: authorization, user-agent"},
      {"73 all", make_request("POST", kPath, {}, kTwo), Outcome::v1_missing_required_headers,
       "request is missing required headers: authorization, content-type, user-agent, "
       "PostHog-Sdk-Info, PostHog-Attempt, PostHog-Request-Id, PostHog-Request-Timestamp"},
      {"74 scheme", post(kPath, kTwo, {{"Authorization", "Basic x"}}),
       Outcome::v1_invalid_header_value, "invalid header value: authorization must use the Bearer"},
      {"74 personal key", post(kPath, kTwo, {{"Authorization", "Bearer phx_abc"}}),
       Outcome::v1_invalid_api_token, "The provided API token is not valid: personal_api_key"},
      {"74 long", post(kPath, kTwo, {{"Authorization", "Bearer " + std::string(65, 'a')}}),
       Outcome::v1_invalid_api_token, "too_long"},
      {"75 text", post(kPath, kTwo, {{"Content-Type", "text/plain"}}),
       Outcome::v1_unsupported_content_type, "unsupported content type: text/plain"},
      {"75 lz4", post(kPath, kTwo, {{"Content-Encoding", "lz4"}}), Outcome::v1_unsupported_encoding,
       "unsupported content encoding: lz4"},
      {"76 attempt 0", post(kPath, kTwo, {{"PostHog-Attempt", "0"}}),
       Outcome::v1_invalid_header_value, "PostHog-Attempt must be a positive integer"},
      {"76 attempt 1x", post(kPath, kTwo, {{"PostHog-Attempt", "1x"}}),
       Outcome::v1_invalid_header_value, "PostHog-Attempt must be a positive integer"},
      {"76 request id", post(kPath, kTwo, {{"PostHog-Request-Id", "x"}}),
       Outcome::v1_invalid_header_value, "PostHog-Request-Id is not a valid UUID"},
      {"76 timestamp", post(kPath, kTwo, {{"PostHog-Request-Timestamp", "x"}}),
       Outcome::v1_invalid_header_value, "PostHog-Request-Timestamp is not valid RFC 3339"},
      {"not ASCII", post(kPath, kTwo, {{"PostHog-Sdk-Info", "a\xc3\xa4/1"}}),
       Outcome::v1_invalid_header_value, "PostHog-Sdk-Info contains characters"},
      {"77 empty batch", post(kPath, body_of("")), Outcome::v1_empty_batch,
       "request batch is empty"},
      {"77 created_at", post(kPath, R"({"created_at":"\"x","batch":[)" + event_of(kUuid) + "]}"),
       Outcome::v1_invalid_batch, R"(invalid batch: created_at is not valid RFC 3339: \"x)"},
      {"77 twice", post(kPath, body_of(event_of(kUuid) + "," + event_of(kUuid))),
       Outcome::v1_duplicate_event_uuid, "duplicate event uuid: " + kUuid},
      {"77 bad uuid", post(kPath, body_of(event_of("x"))), Outcome::v1_invalid_event_uuid,
       "event uuid is not valid: x"},
      {"no uuid", post(kPath, body_of(event_of(""))), Outcome::v1_missing_event_uuid,
       "event submitted without a uuid"},
      {"no body", post(kPath, ""), Outcome::v1_empty_body, "request body is empty"},
      {"no JSON", post(kPath, "{"), Outcome::v1_request_parsing_error,
       "Failed to parse request body: body: expected valid JSON"},
      {"gzip hint only", post(kPath, kTwo, {{"Content-Encoding", "gzip"}}),
       Outcome::v1_request_decoding_error, "Failed to decode request body."},
      {"bomb",
       post(kPath, support::zstd(std::string(51U << 20U, ' ')), {{"Content-Encoding", "zstd"}}),
       Outcome::v1_payload_too_large, "payload too large"},
  };
  for (const auto& item : cases) {
    CaptureHarness harness;
    const auto answer = harness.exchange(item.request);
    const auto& row = row_of(item.outcome);
    EXPECT_EQ(answer.status, row.status) << item.name;
    EXPECT_THAT(answer.body, HasSubstr(R"({"error":")" + std::string(row.name.substr(3)) +
                                       R"(","error_description":")"))
        << item.name;
    EXPECT_THAT(answer.body, HasSubstr(item.description)) << item.name;
    EXPECT_THAT(answer.body, HasSubstr(R"(,"error_uri":"https://posthog.com/docs/api"})"))
        << item.name;
    EXPECT_THAT(answer.head, HasSubstr("\r\ndate: ")) << item.name;
    EXPECT_THAT(answer.head, Not(HasSubstr("retry-after"))) << item.name;
    EXPECT_TRUE(harness.log.records.empty()) << item.name;
    EXPECT_EQ(harness.acknowledger.counters().of(item.outcome), 1U) << item.name;
  }
}

// 80: the events that were to be stored are asked for again, the dropped ones are not.
TEST(AnalyticsV1ServiceTest, AsksForWhatTheLogDidNotKeep) {
  const auto body = body_of(event_of(kUuid) + "," + event_of(kOther, "yesterday"));
  const auto expected = R"({"results":{")" + kUuid +
                        R"(":{"result":"retry","details":"not_persisted"},")" + kOther +
                        R"(":{"result":"drop","details":"invalid_event_timestamp"}}})";
  const struct {
    std::string name;
    std::optional<wal::WalError> refusal;
    std::string retry_after;
  } cases[] = {{"full", wal::WalError::full, "retry-after: 1\r\n"},
               {"not writable", wal::WalError::not_writable, "retry-after: 30\r\n"},
               {"lost", std::nullopt, "retry-after: 1\r\n"}};
  for (const auto& item : cases) {
    CaptureHarness harness;
    harness.log.error = item.refusal;
    harness.connection.receive(post(kPath, body));
    if (!item.refusal) {
      harness.acknowledger.lost_from(0);
    }
    const auto answer = harness.take_answer();
    EXPECT_EQ(answer.status, 200) << item.name;
    EXPECT_EQ(answer.body, expected) << item.name;
    EXPECT_THAT(answer.head, HasSubstr(item.retry_after)) << item.name;
    EXPECT_EQ(harness.acknowledger.counters().of(Outcome::v1_not_persisted), 1U) << item.name;
    EXPECT_EQ(harness.acknowledger.counters().events_accepted, 0U) << item.name;
    const auto& counters = harness.analytics_v1.counters();
    EXPECT_EQ(counters.of(format::codec::Verdict::not_persisted), 1U) << item.name;
    EXPECT_EQ(counters.of(format::codec::Verdict::invalid_event_timestamp), 1U) << item.name;
    EXPECT_EQ(counters.of(format::codec::Verdict::ok), 0U) << item.name;
  }
}

TEST(AnalyticsV1ServiceTest, ARecordThatNeverFitsIsRefused) {
  CaptureHarness harness;
  harness.log.error = wal::WalError::record_too_large;
  const auto answer = harness.exchange(post(kPath, kTwo));
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr("payload_too_large"));
}

// Section 15: an event that is too big is dropped alone, and the ledger has it under its name. The
// record says what its reader has to leave out.
TEST(AnalyticsV1ServiceTest, DropsAnEventThatIsTooBigAndKeepsTheOthers) {
  const auto event_of_size = [](const std::string& uuid, std::size_t bytes) {
    const std::string begin = R"({"event":"$ai_span","uuid":")" + uuid +
                              R"(","distinct_id":"u","timestamp":"2023-01-01T11:00:00Z",)"
                              R"("properties":{"x":")";
    return begin + std::string(bytes - begin.size() - 3, 'x') + "\"}}";
  };
  const auto result = [](const std::string& uuid, const std::string& verdict) {
    return "\"" + uuid + "\":{\"result\":" + verdict + "}";
  };
  const std::string too_big = R"("drop","details":"event_too_big")";
  const auto largest = event_of_size(kUuid, 1'000'000);
  const auto above = event_of_size(kOther, 1'000'001);
  CaptureHarness harness;
  const auto mixed = harness.exchange(
      post(kPath, support::zstd(body_of(above + "," + largest)), {{"Content-Encoding", "zstd"}}));
  EXPECT_EQ(mixed.status, 200);
  EXPECT_EQ(mixed.body,
            R"({"results":{)" + result(kOther, too_big) + "," + result(kUuid, R"("ok")") + "}}");
  ASSERT_EQ(harness.log.records.size(), 1U);
  EXPECT_EQ(harness.log.records[0].event_count, 1U);
  EXPECT_THAT(harness.log.records[0].query,
              ::testing::EndsWith("\nbristle-event-bytes-max: 1000000\n"));

  const auto none = harness.exchange(post(kPath, body_of(above)));
  EXPECT_EQ(none.status, 200);
  EXPECT_EQ(none.body, R"({"results":{)" + result(kOther, too_big) + "}}");
  const auto fits = harness.exchange(post(kPath, body_of(largest)));
  EXPECT_THAT(fits.body, HasSubstr(R"("result":"ok")"));
  const auto of_ai = harness.exchange(post(kAiPath, body_of(above)));
  EXPECT_THAT(of_ai.body, HasSubstr(R"("result":"ok")")) << "they have limits of their own";
  ASSERT_EQ(harness.log.records.size(), 3U);
  for (const auto index : {1U, 2U}) {
    EXPECT_THAT(harness.log.records[index].query, Not(HasSubstr("bristle-")));
  }
  EXPECT_EQ(harness.analytics_v1.counters().of(format::codec::Verdict::event_too_big), 2U);

  EXPECT_EQ(harness.counted().at("phc_abc event_too_large"), std::pair(2U, 2U));
}

TEST(AnalyticsV1ServiceTest, KeepsWhatDecodingNeeds) {
  CaptureHarness harness;
  const auto body = support::zstd(kTwo);
  harness.exchange(
      post("/i/v1/ai/events/?x=1",
           support::zstd(body_of(event_of(kUuid, "2023-01-01T11:00:00Z", "u", "$ai_trace"))),
           {{"Content-Encoding", "zstd"}, {"PostHog-Attempt", "3"}}));
  harness.exchange(
      post(kPath, body,
           {{"Content-Encoding", "zstd"}, {"PostHog-Sdk-Info", "a/" + std::string(199, '1')}}));
  ASSERT_EQ(harness.log.records.size(), 2U);
  const auto& ai = harness.log.records[0];
  EXPECT_EQ(ai.endpoint, format::Endpoint::ai_v1);
  EXPECT_EQ(ai.token, "phc_abc");
  EXPECT_EQ(ai.content_encoding, "zstd");
  EXPECT_EQ(ai.query,
            "posthog-sdk-info: posthog-python/7.91.1\n"
            "posthog-request-timestamp: 2023-01-01T12:00:10Z\n"
            "posthog-attempt: 3\n"
            "posthog-request-id: " +
                kRequestId + "\n");
  const auto& analytics = harness.log.records[1];
  EXPECT_EQ(analytics.endpoint, format::Endpoint::analytics_v1);
  EXPECT_EQ(analytics.body, body);
  EXPECT_EQ(format::codec::read_v1_context(analytics.query).sdk_info, "") << "too long to be kept";
  EXPECT_EQ(harness.acknowledger.counters().events_accepted, 3U);
}

TEST(AnalyticsV1ServiceTest, AnswersInTheOrderOfTheRequests) {
  CaptureHarness harness;
  const auto first = post(kPath, body_of(event_of(kUuid)));
  const auto second = post(kPath, body_of(event_of(kOther)));
  harness.connection.receive(first + second);
  harness.flush();
  const auto sent = harness.connection.take_sent();
  EXPECT_LT(sent.find(kUuid), sent.find(kOther));
  // A connection that is gone costs nothing but its results.
  harness.connection.receive(first);
  harness.connect();
  harness.flush();
  EXPECT_EQ(harness.exchange(post(kPath, kTwo)).body, kTwoOk);
}

TEST(AnalyticsV1ServiceTest, AFullShelfTakesNothingMore) {
  V1ResultShelf shelf;
  std::vector<format::codec::EventResult> results(format::codec::kV1EventsMax);
  std::vector<std::uint32_t> tickets;
  while (const auto ticket = shelf.put(kRequestId, results)) {
    tickets.push_back(*ticket);
  }
  EXPECT_EQ(tickets.size(), V1ResultShelf::kResultsMax / results.size());
  EXPECT_EQ(shelf.at(tickets[0]).request_id, kRequestId);
  shelf.release(tickets[0]);
  EXPECT_EQ(shelf.put(kOther, results), tickets[0]);
  results.resize(1);
  std::uint32_t more = 0;
  while (shelf.put(kOther, results)) {
    ++more;
  }
  EXPECT_EQ(more + tickets.size(), V1ResultShelf::kWaitingMax);
}

// 81, and section 2: CORS on every status.
TEST(AnalyticsV1ServiceTest, ServesPostAndPreflightOnly) {
  CaptureHarness harness;
  const auto origin = std::string("Origin: https://a.example\r\n");
  const auto preflight = harness.exchange(make_request(
      "OPTIONS", kPath, origin + "Access-Control-Request-Headers: posthog-attempt\r\n", {}));
  EXPECT_EQ(preflight.status, 200);
  EXPECT_EQ(preflight.body, "");
  EXPECT_THAT(preflight.head, HasSubstr("access-control-allow-methods: POST,OPTIONS\r\n"));
  EXPECT_THAT(preflight.head, HasSubstr("access-control-allow-headers: posthog-attempt\r\n"));
  for (const std::string method : {"GET", "PUT", "DELETE"}) {
    const auto answer = harness.exchange(make_request(method, kPath, origin, {}));
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_THAT(answer.head, HasSubstr("allow: POST,OPTIONS\r\n")) << method;
    EXPECT_THAT(answer.head, HasSubstr("access-control-allow-origin: https://a.example\r\n"));
  }
  const auto refused = harness.exchange(make_request("POST", kPath, origin, kTwo));
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.head, HasSubstr("access-control-allow-origin: https://a.example\r\n"));
}

TEST(AnalyticsV1ServiceTest, RefusesBodiesThatNeverArrive) {
  CaptureHarness harness;
  const auto size = AnalyticsV1Service::kBodyBytesMax + 1;
  const auto answer = harness.exchange(post(kPath, std::string(size, ' ')));
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr(R"("error":"payload_too_large")"));
  const auto& stalled = harness.analytics_v1.refuse(http::Refusal::body_stalled);
  EXPECT_EQ(stalled.status(), 408);
  EXPECT_THAT(std::string(base::as_text(stalled.whole())), HasSubstr("retry-after: 1\r\n"));
  EXPECT_THAT(std::string(base::as_text(stalled.rest())),
              HasSubstr(R"("error":"body_read_timeout")"));
}

TEST(AnalyticsV1ServiceTest, PrintsTheDate) {
  std::string date;
  append_http_date(1'795'271'400'000'000, date);
  EXPECT_EQ(date, "Sat, 21 Nov 2026 14:30:00 GMT");
}

}  // namespace
}  // namespace dp::capture
