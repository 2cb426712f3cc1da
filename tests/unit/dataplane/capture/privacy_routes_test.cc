// SPDX-License-Identifier: LicenseRef-Project
// Goal: under a policy the routes with bodies of their own (v1, AI, OTLP traces, recordings) log
// no forbidden value, what they log is read as what was answered, and the number of events of the
// record is the number the worker finds. Method: the services behind HTTP sessions, a real tenant
// store, a log in memory, the worker's readers.
#include "dataplane/capture/ai_service.h"
#include "dataplane/capture/privacy_guard.h"
#include "dataplane/format/codec/v1_context.h"
#include "tests/support/ai_requests.h"
#include "tests/support/encodings.h"
#include "tests/support/hidden_values.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tenant_publisher.h"
#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dp::capture {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kUuid = "018a981f-4b35-7c66-825e-8b0eeae6571";

/// Every route of the harness, and the AI routes.
class RoutesHarness final : public http::Router {
 public:
  explicit RoutesHarness(PrivacyGuard& guard)
      : capture(options_with(guard)),
        ai(capture.acknowledger, CaptureHarness::intake_of(options_with(guard))) {
    connection.bind(pool.accepted(connection));
  }

  http::Route route(const http::Request& head) noexcept override {
    if (const auto endpoint = AiService::endpoint_of(head.path)) {
      return {&ai, nullptr, AiService::body_bytes_max(*endpoint)};
    }
    return capture.route(head);
  }

  SeenAnswer exchange(std::string_view request) {
    connection.receive(request);
    capture.flush();
    const auto sent = connection.take_sent();
    const auto end = sent.find("\r\n\r\n");
    return end == std::string::npos ? SeenAnswer{}
                                    : SeenAnswer{std::stoi(sent.substr(9, 3)), sent.substr(0, end),
                                                 sent.substr(end + 4)};
  }

  static CaptureHarness::Options options_with(PrivacyGuard& guard) {
    CaptureHarness::Options options;
    options.guard = &guard;
    return options;
  }

  CaptureHarness capture;
  AiService ai;
  http::SessionContext context{*this};
  http::SessionPool pool{context, 1};
  http::FakeConnection connection;
};

class PrivacyRoutesTest : public testing::Test {
 protected:
  void start(std::string_view policy) {
    publisher_.publish(std::string(support::kHiddenToken), std::string(policy));
    guard_ = std::make_unique<PrivacyGuard>(store_, GuardSettings());
    harness_ = std::make_unique<RoutesHarness>(*guard_);
  }

  SeenAnswer send(const support::HiddenValueRequest& request) {
    return harness_->exchange(
        make_request(request.method, request.target, request.fields, request.body));
  }

  SeenAnswer send_v1(std::string_view events, std::string_view target = "/i/v1/analytics/events") {
    const auto pattern = support::hidden_value_requests_elsewhere().front();
    const auto body =
        R"({"created_at":"2023-01-01T12:00:00Z","batch":[)" + std::string(events) + "]}";
    return harness_->exchange(make_request("POST", target, pattern.fields, body));
  }

  SeenAnswer send_traces(std::string_view body) {
    return harness_->exchange(
        make_request("POST", "/i/v0/ai/otel",
                     "Authorization: Bearer phc_abc\r\nContent-Type: application/json\r\n", body));
  }

  [[nodiscard]] const StoredRecord& last() const { return harness_->capture.log.records.back(); }

  support::TemporaryDirectory directory_;
  support::TenantPublisher publisher_{directory_.path() / "tenants"};
  tenant::Store store_{(directory_.path() / "tenants").string()};
  std::unique_ptr<PrivacyGuard> guard_;
  std::unique_ptr<RoutesHarness> harness_;
};

/// The events that the worker makes of a record, with its readers.
std::uint32_t events_of(const StoredRecord& record) {
  if (record.endpoint == format::Endpoint::recordings) {
    return 1;
  }
  if (record.endpoint == format::Endpoint::ai_traces) {
    format::codec::TracesReader reader;
    const auto counts =
        reader.read({record.content_type, record.content_encoding, base::as_bytes(record.body)});
    return counts ? counts->ai_spans : 0;
  }
  if (record.endpoint == format::Endpoint::analytics_v1 ||
      record.endpoint == format::Endpoint::ai_v1) {
    format::codec::V1Scratch scratch;
    const auto payload = format::codec::decode_v1_body(
        {record.content_encoding, base::as_bytes(record.body)}, format::codec::kV1Limits, scratch);
    format::codec::V1Reader reader;
    const auto context = format::codec::read_v1_context(record.query);
    const auto batch =
        reader.parse(*payload, record.endpoint, nullptr,
                     {{}, format::codec::read_event_bytes_max(context.event_bytes_max)});
    EXPECT_TRUE(batch) << record.body << reader.error_detail();
    return batch ? batch->taken_count : 0;
  }
  format::codec::Payload payload;
  payload.json = record.body;
  format::codec::BatchReader reader;
  const auto batch = reader.parse(payload, record.endpoint);
  return batch ? batch->event_count : 0;
}

TEST_F(PrivacyRoutesTest, NoWayOfSendingBringsAValueIntoTheLog) {
  for (const std::string action : {"redact", "drop", "quarantine"}) {
    for (const auto& request : support::hidden_value_requests_elsewhere()) {
      start(R"({"patterns":{"email":")" + action + "\"}}");
      const auto answer = send(request);
      EXPECT_EQ(answer.status, 200) << action << " " << request.name << ": " << answer.body;
      ASSERT_EQ(harness_->capture.log.records.size(), 1U) << request.name;
      const auto& record = last();
      for (const auto& field : {record.query, record.content_type, record.content_encoding,
                                record.user_agent, record.client_address, record.body}) {
        EXPECT_THAT(field, Not(HasSubstr("example.com"))) << action << " " << request.name;
        EXPECT_THAT(field, Not(HasSubstr("anna"))) << action << " " << request.name;
      }
      EXPECT_THAT(record.content_encoding, testing::AnyOf("", "gzip"));
      EXPECT_EQ(events_of(record), record.event_count) << action << " " << request.name;
    }
  }
}

TEST_F(PrivacyRoutesTest, V1LogsWhatItTookAndNothingElse) {
  const auto event = [](char last, const std::string& members) {
    return R"({"uuid":")" + kUuid + last + R"(","timestamp":"2023-01-01T11:00:00Z",)" + members +
           "}";
  };
  const auto taken = event('4', R"("event":"good","distinct_id":"u")");
  const std::string mail = "anna@example.com";
  const std::string many(190, 'x');
  // Each would be taken once its value is gone, or changes its verdict in some other way.
  const std::string dropped[] = {
      R"("event":"","distinct_id":"u","properties":{"m":")" + mail + "\"}",
      R"("event":"a","distinct_id":")" + many + " " + mail + "\"",
      R"("event":")" + many + " " + mail + R"(","distinct_id":"u")",
      R"("event":"a","distinct_id":"u","timestamp":")" + mail + "\"",
      R"("event":"a","distinct_id":"u","properties":")" + mail + "\"",
      R"("event":"a","distinct_id":"u","options":{"cookieless_mode":")" + mail + "\"}",
      R"("event":"$performance_event","distinct_id":"u","properties":{"m":")" + mail + "\"}",
  };
  for (const std::string action : {"redact", "drop", "quarantine"}) {
    for (const auto& members : dropped) {
      start(R"({"patterns":{"email":")" + action + "\"}}");
      const auto answer = send_v1(taken + "," + event('5', members));
      EXPECT_EQ(answer.status, 200) << members;
      EXPECT_THAT(answer.body, HasSubstr(R"(4":{"result":"ok"})")) << members;
      EXPECT_THAT(answer.body, HasSubstr(R"(5":{"result":"drop")")) << members;
      EXPECT_EQ(last().event_count, 1U);
      EXPECT_EQ(events_of(last()), 1U) << action << last().body;
      EXPECT_THAT(last().body, Not(HasSubstr("example.com")));
    }
  }
}

TEST_F(PrivacyRoutesTest, WhatV1TookIsStillTakenAfterwards) {
  const std::string many(193, 'x');
  const std::string spaces(300, ' ');
  const std::string taken[] = {
      // Marks are longer than what they stand for.
      R"("event":")" + many + R"( a@b.co","distinct_id":"u")",
      R"("event":"a","distinct_id":"a@b.co")",
      R"("event":"a","distinct_id":"u","options":{"cookieless_mode":4111111111111111})",
      R"("event":"a","distinct_id":"u","options":{"product_tour_id":"a@b.co"})",
      R"("event":"a","distinct_id":"u","properties":{"m":"a@b.co"})",
  };
  for (const std::string action : {"redact", "drop", "quarantine"}) {
    for (const auto& members : taken) {
      start(
          R"({"patterns":{"email":")" + action + R"(","card":")" + action +
          R"("},"properties":{"mode":"deny","names":["disable_skew_correction"],"action":"redact"}})");
      const auto answer = send_v1(R"({"uuid":")" + spaces + kUuid +
                                  R"(4","timestamp":"2023-01-01T11:00:00Z",)" + members + "}");
      EXPECT_THAT(answer.body, HasSubstr(R"(4":{"result":"ok"})")) << members;
      EXPECT_EQ(last().event_count, 1U);
      EXPECT_EQ(events_of(last()), 1U) << action << " " << last().body;
    }
  }
}

// An event that is too big is in the log only with the word that it is dropped; one that only the
// policy makes too big is stored all the same.
TEST_F(PrivacyRoutesTest, V1DropsByTheSizeThatWasSent) {
  const auto event = [](char last, const std::string& text, int mails = 0) {
    return R"({"uuid":")" + kUuid + last + R"(","timestamp":"2023-01-01T11:00:00Z","event":"a",)" +
           R"("distinct_id":"u","properties":{"m":[)" + support::repeat(R"("a@b.co",)", mails) +
           "\"" + text + "\"]}}";
  };
  const std::string filler(999'600, 'x');
  const auto big = event('5', filler + filler);
  const auto grows = event('4', filler, 28);
  ASSERT_LE(grows.size(), 1'000'000U);
  ASSERT_GT(grows.size(), 999'980U);
  start(R"({"patterns":{"email":"redact"}})");
  for (const auto& [taken, is_kept_as_sent] :
       {std::pair(event('4', "plain"), true), std::pair(grows, false)}) {
    const auto answer = send_v1(big + "," + taken);
    EXPECT_THAT(answer.body, HasSubstr(R"(4":{"result":"ok"})"));
    EXPECT_THAT(answer.body, HasSubstr(R"(5":{"result":"drop","details":"event_too_big"})"));
    EXPECT_EQ(last().event_count, 1U);
    EXPECT_EQ(events_of(last()), 1U) << is_kept_as_sent;
    EXPECT_EQ(last().query.find("bristle-") != std::string::npos, is_kept_as_sent);
    EXPECT_EQ(last().body.find(kUuid + "5") != std::string::npos, is_kept_as_sent);
  }
  EXPECT_GT(last().body.size(), 1'000'000U);
}

TEST_F(PrivacyRoutesTest, AQuarantinedAiBatchTakesNoEventThatWasMisrouted) {
  start(R"({"patterns":{"email":"quarantine"}})");
  const auto event = [](char last, std::string_view name, std::string_view mail) {
    return R"({"uuid":")" + kUuid + last + R"(","timestamp":"2023-01-01T11:00:00Z","event":")" +
           std::string(name) + R"(","distinct_id":"u","properties":{"m":")" + std::string(mail) +
           "\"}}";
  };
  send_v1(event('4', "$ai_span", "a@b.co") + "," + event('5', "misrouted", "x") + "," +
              event('6', "$ai_span", "x"),
          "/i/v1/ai/events");
  EXPECT_EQ(last().endpoint, format::Endpoint::analytics_v1);
  EXPECT_EQ(last().event_count, 2U);
  EXPECT_EQ(events_of(last()), 2U) << last().body;
  EXPECT_THAT(last().body, Not(HasSubstr("misrouted")));
  EXPECT_THAT(last().body, HasSubstr("$privacy_quarantine"));
}

// As JSON every byte of the attribute takes six.
TEST_F(PrivacyRoutesTest, SaysThatOnlyThePolicyMakesAnExportTooLarge) {
  namespace pb = support::protobuf;
  start("{}");
  const auto large = pb::pair(1, "large", pb::text(std::string(std::size_t{1} << 20, '\x01')));
  const auto answer = harness_->exchange(
      make_request("POST", "/i/v0/ai/otel",
                   "Authorization: Bearer phc_abc\r\nContent-Type: application/x-protobuf\r\n",
                   pb::request(large, support::chat_span())));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body,
            "maximum event size exceeded: too large once the project's privacy policy is applied");
}

TEST_F(PrivacyRoutesTest, TracesAreWrittenAgainUnderThePolicy) {
  const std::string traces(support::kJsonTraces);
  const auto with = [&traces](std::string_view from, std::string_view to) {
    auto changed = traces;
    return changed.replace(changed.find(from), from.size(), to);
  };
  const struct {
    std::string policy;
    std::string body;
    std::string present;
    std::string absent;
  } cases[] = {
      {"{}", traces, R"({"key":"gen_ai.usage.input_tokens","value":{"intValue":"7"}})",
       "http.request"},
      {"{}", traces, R"("traceId":"010101010101010101010101010101ff")", "openai"},
      {R"({"patterns":{"email":"redact"}})", with("gpt-4\"}", "to a@b.example\"}"), "to [email]",
       "a@b"},
      {R"({"patterns":{"email":"drop"}})", with("shop", "a@b.example"), "host.name",
       "service.name"},
      {R"({"patterns":{"email":"quarantine"}})", with("shop", "a@b.example"), "host.name",
       "service.name"},
      {R"({"patterns":{"email":"redact"}})", with("\"u1\"", "\"a@b.example\""), "[redacted]",
       "a@b"},
      {R"({"properties":{"mode":"deny","names":["host.*","user.id"]}})", traces, "service.name",
       "host.name"},
      {R"({"properties":{"mode":"deny","names":["host.name"],"action":"redact"}})", traces,
       R"({"key":"host.name","value":{"stringValue":"[redacted]"}})", "web-1"},
      {R"({"properties":{"mode":"deny","names":["token"]}})", with("host.name", "token"), "gen_ai.",
       "web-1"},
      {R"({"properties":{"mode":"allow","names":["gen_ai.*"]}})", traces,
       "gen_ai.usage.input_tokens", "user.id"},
      {R"({"properties":{"mode":"allow","names":["plan"]}})", traces,
       R"("attributes":[{"key":"gen_ai.redacted","value":{"boolValue":true}}])", "gpt-4\"}"},
      {R"({"a field of a later release":1})", traces, R"("name":"[redacted]")", "gpt-4"},
      {"{}", with("host.name", "$ip"), "gen_ai.", "web-1"},
  };
  for (const auto& [policy, body, present, absent] : cases) {
    start(policy);
    const auto answer = send_traces(body);
    EXPECT_EQ(answer.status, 200) << policy << answer.body;
    EXPECT_EQ(answer.body, "{}");
    EXPECT_THAT(last().body, HasSubstr(present)) << policy;
    EXPECT_THAT(last().body, Not(HasSubstr(absent))) << policy;
    EXPECT_EQ(last().endpoint, format::Endpoint::ai_traces);
    EXPECT_EQ(last().content_type, "application/json");
    EXPECT_EQ(last().event_count, 1U);
    EXPECT_EQ(events_of(last()), 1U) << last().body;
  }
}

}  // namespace
}  // namespace dp::capture
