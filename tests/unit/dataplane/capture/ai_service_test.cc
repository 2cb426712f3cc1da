// SPDX-License-Identifier: LicenseRef-Project
// Goal: the AI routes with bodies of their own answer as capture-protocol section 16 says, store
// the body as received, and only what brings an event.
#include "dataplane/capture/ai_service.h"

#include "tests/support/ai_requests.h"
#include "tests/support/compression.h"
#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dp::capture {
namespace {

const std::string kBearer = "Authorization: Bearer phc_abc\r\n";
const std::string kProtobuf = "Content-Type: application/x-protobuf\r\n";
const std::string kJson = "Content-Type: application/json\r\n";
const std::string kMultipart = "Content-Type: " + std::string(support::kMultipartType) + "\r\n";

/// The service behind a session of its own.
struct AiHarness final : http::Router {
  AiHarness() {
    acknowledger.start(log);
    connection.bind(pool.accepted(connection));
  }

  http::Route route(const http::Request& head) noexcept override {
    const auto endpoint = AiService::endpoint_of(head.path).value_or(format::Endpoint::ai_event);
    return {&service, nullptr, AiService::body_bytes_max(endpoint)};
  }

  std::string exchange(const std::string& request) {
    connection.receive(request);
    acknowledger.durable_up_to(log.next_sequence - 1);
    return connection.take_sent();
  }

  Acknowledger acknowledger;
  AiService service{acknowledger,
                    {[]() noexcept -> std::int64_t { return 1'672'574'400'000'000; }}};
  FakeLog log;
  http::SessionContext context{*this};
  http::SessionPool pool{context, 1};
  http::FakeConnection connection;
};

std::string event_body(std::string_view name) {
  return support::multipart(
      {{"event", R"({"event":")" + std::string(name) + R"(","distinct_id":"u"})", ""},
       {"event.properties", R"({"$ai_model":"m"})", ""}});
}

TEST(AiServiceTest, AnswersAsTheProtocolSays) {
  const auto traces = support::protobuf_traces();
  const auto event = event_body("$ai_generation");
  const struct {
    std::string method;
    std::string target;
    std::string fields;
    std::string body;
    std::string status;
    std::string end;
    std::size_t records;
  } cases[] = {
      {"POST", "/i/v0/ai/otel", kBearer + kProtobuf, traces, "200", "\r\n\r\n{}", 1},
      {"POST", "/i/v0/ai/otel/", kBearer + kJson, std::string(support::kJsonTraces), "200",
       "\r\n\r\n{}", 1},
      {"POST", "/i/v0/ai/otel", kBearer + kJson, "{}", "200", "\r\n\r\n{}", 0},
      {"POST", "/i/v0/ai/otel", kProtobuf, traces, "401", "event submitted without an api_key", 0},
      {"POST", "/i/v0/ai/otel", "Authorization: bearer phc_abc\r\n" + kProtobuf, traces, "401",
       "event submitted without an api_key", 0},
      {"POST", "/i/v0/ai/otel", "Authorization: Bearer phx_x\r\n" + kProtobuf, traces, "401",
       "API key is not valid: personal_api_key", 0},
      {"POST", "/i/v0/ai/otel", kBearer + kProtobuf, "", "400", "request missing data payload", 0},
      {"POST", "/i/v0/ai/otel", kBearer + kProtobuf, "x", "400",
       "failed to parse request: invalid OTLP protobuf", 0},
      {"POST", "/i/v0/ai/otel", kBearer, traces, "400",
       "Content-Type must be application/x-protobuf or application/json", 0},
      {"POST", "/i/v0/ai/otel", kBearer + kJson + "Content-Encoding: br\r\n", "{}", "400",
       "unsupported Content-Encoding: br", 0},
      {"POST", "/i/v0/ai", kBearer + kMultipart, event, "200", R"({"status":"Ok"})", 1},
      {"POST", "/i/v0/ai/", kBearer + kMultipart, event_body("$pageview"), "400",
       "non-AI event submitted to an AI endpoint: $pageview", 0},
      // Batches are rid of these without a word; a request of nothing else is no AI event.
      {"POST", "/i/v0/ai", kBearer + kMultipart, event_body("$performance_event"), "400",
       "non-AI event submitted to an AI endpoint: $performance_event", 0},
      {"POST", "/i/v0/ai", kBearer + kJson, event, "400",
       "Content-Type must be multipart/form-data with a boundary", 0},
      {"POST", "/i/v0/ai", kBearer + kMultipart, "{}", "400", "invalid multipart body", 0},
      {"POST", "/i/v0/ai", kBearer + kMultipart + "Content-Encoding: br\r\n",
       support::brotli_stored(event), "400",
       "failed to decode request: unsupported Content-Encoding: br", 0},
      {"POST", "/i/v0/ai", kBearer + kMultipart + "Content-Encoding: x-new\r\n", "{}", "400",
       "failed to decode request: unsupported Content-Encoding: x-new", 0},
      {"POST", "/i/v0/ai", kBearer + kMultipart + "Content-Encoding: utf-8\r\n", event, "200",
       R"({"status":"Ok"})", 1},
      {"POST", "/i/v0/ai", kBearer + kMultipart, support::multipart({}), "400",
       "failed to parse request: part 'event' is missing", 0},
      {"POST", "/i/v0/ai", kMultipart, event, "401", "event submitted without an api_key", 0},
      {"GET", "/i/v0/ai", kBearer, "", "405", "allow: POST,OPTIONS\r\n", 0},
      {"OPTIONS", "/i/v0/ai/otel", "Access-Control-Request-Headers: authorization\r\n", "", "200",
       "access-control-allow-headers: authorization\r\n", 0},
  };
  for (const auto& item : cases) {
    AiHarness harness;
    const auto sent = harness.exchange(make_request(
        item.method, item.target, "Origin: https://a.example\r\n" + item.fields, item.body));
    EXPECT_TRUE(sent.starts_with("HTTP/1.1 " + item.status)) << item.target << " " << sent;
    EXPECT_NE(sent.find(item.end), std::string::npos) << sent;
    EXPECT_NE(sent.find("access-control-allow-origin: https://a.example\r\n"), std::string::npos);
    EXPECT_EQ(harness.log.records.size(), item.records) << item.target << item.end;
    for (const auto& record : harness.log.records) {
      EXPECT_EQ(record.token, "phc_abc");
      EXPECT_EQ(record.body, item.body);
      EXPECT_EQ(record.endpoint, AiService::endpoint_of(item.target));
    }
  }
}

TEST(AiServiceTest, RefusesOversizeBodiesAndGoesOn) {
  AiHarness harness;
  for (const std::string path : {"/i/v0/ai", "/i/v0/ai/otel"}) {
    const auto size = AiService::body_bytes_max(*AiService::endpoint_of(path)) + 1;
    const auto sent = harness.exchange(
        make_request("POST", path, kBearer, std::string(static_cast<std::size_t>(size), ' ')));
    EXPECT_TRUE(sent.starts_with("HTTP/1.1 413 ")) << path;
    EXPECT_NE(sent.find("maximum event size exceeded: "), std::string::npos);
    EXPECT_FALSE(harness.connection.is_closing);
  }
  EXPECT_EQ(harness.acknowledger.counters().of(Outcome::ai_body_too_large), 2U);
}

TEST(AiServiceTest, ServesNothingElse) {
  for (const std::string path : {"/", "/i/v0/ai/batch", "/i/v0/ai/otel/v1", "/i/v0/a"}) {
    EXPECT_FALSE(AiService::endpoint_of(path)) << path;
  }
}

}  // namespace
}  // namespace dp::capture
