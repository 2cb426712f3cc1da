// SPDX-License-Identifier: LicenseRef-Project
// Goal: the live stream shows captured events through the real api, and an open stream does not
// keep the api from stopping.
#include "tests/integration/controlplane/installation.h"
#include "tests/support/log_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

namespace cp::test {
namespace {

using testing::HasSubstr;

class StreamTest : public IntegrationTest {};

void capture(support::LogFixture& log, const std::string& token, const std::string& name) {
  const std::string body = R"({"api_key":")" + token + R"(","event":")" + name +
                           R"(","distinct_id":"d","properties":{"a":1,"b":2}})";
  format::LogRecord record;
  record.received_us = 1'700'000'000'000'000;
  record.token = token;
  record.content_type = "application/json";
  record.body = base::as_bytes(body);
  log.append(record);
  log.flush();
}

TEST_F(StreamTest, CapturedEventsAreShownAsTheyCome) {
  auto& installation = shared_installation();
  const std::string token(installation.connection().at("project_token").as_string());
  support::LogFixture log(installation.directory() / "log");
  capture(log, token, "before");
  web::Client client(installation.api_url());
  web::ClientRequest request;
  request.target = "/livestream/events?eventType=wanted,also&columns=b";
  request.headers = Caller::with_key(installation).headers;
  std::string seen;
  bool is_captured = false;
  client.send(request, [&](const web::ClientResponse& head, std::string_view piece) {
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.headers.find("Content-Type"), "text/event-stream");
    seen += piece;
    if (!is_captured) {
      is_captured = true;
      capture(log, token, "unwanted");
      capture(log, "phc_other", "wanted");
      capture(log, token, "wanted");
    }
    return seen.find("data:") == std::string::npos;
  });
  EXPECT_THAT(seen, HasSubstr("\"event\":\"wanted\",\"properties\":{\"b\":2}}\n\n"));
  EXPECT_THAT(seen, testing::Not(HasSubstr("unwanted")));
  EXPECT_THAT(seen, testing::Not(HasSubstr("before")));
}

TEST_F(StreamTest, TheApiStopsWithAnOpenStream) {
  const Installation installation;
  ASSERT_EQ(installation.run("migrate").exit_code, 0);
  auto api = installation.start_api();
  web::Client client(installation.api_url());
  web::ClientRequest request;
  request.target = "/livestream/events";
  request.headers = Caller::with_key(installation).headers;
  auto began = std::chrono::steady_clock::now();
  client.send(request, [&](const web::ClientResponse&, std::string_view) {
    began = std::chrono::steady_clock::now();
    api->send(SIGTERM);
    return true;
  });
  const auto outcome = api->wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("api stopped"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
}  // namespace cp::test
