// SPDX-License-Identifier: LicenseRef-Project
// Goal: the routes that keep nothing answer as capture-protocol sections 1, 2 and 16 say, and are
// counted.
#include "dataplane/capture/discard_service.h"

#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gtest/gtest.h>

#include <string>

namespace dp::capture {
namespace {

struct OneRoute final : http::Router {
  explicit OneRoute(DiscardService& routed) : target(routed) {}
  http::Route route(const http::Request& /*head*/) noexcept override {
    return {&target, nullptr, DiscardService::kBodyBytesMax};
  }
  DiscardService& target;
};

TEST(DiscardServiceTest, AnswersAndCounts) {
  const struct {
    std::string method;
    std::string target;
    std::string answer;
    std::string part;
    Outcome outcome;
  } cases[] = {
      {"POST", "/i/v1/logs?token=phc_abc", "HTTP/1.1 200 ", "\r\n\r\n{}",
       Outcome::telemetry_discarded},
      {"POST", "/i/v1/metrics/", "HTTP/1.1 200 ", "\r\n\r\n{}", Outcome::telemetry_discarded},
      {"POST", "/test/black_hole", "HTTP/1.1 200 ", R"({"status":"Ok"})", Outcome::black_hole},
      {"GET", "/test/black_hole/", "HTTP/1.1 200 ", R"({"status":"Ok"})", Outcome::black_hole},
      {"GET", "/i/v1/logs", "HTTP/1.1 405 ", "allow: POST,OPTIONS\r\n", Outcome::post_only},
      {"PUT", "/test/black_hole", "HTTP/1.1 405 ", "allow: GET,POST,OPTIONS\r\n",
       Outcome::method_not_allowed},
      {"OPTIONS", "/i/v1/logs", "HTTP/1.1 200 ", "access-control-allow-methods: GET,POST,OPTIONS",
       Outcome::preflight},
  };
  Acknowledger acknowledger;
  DiscardService service(acknowledger);
  OneRoute router(service);
  http::SessionContext context(router);
  http::SessionPool pool(context, 1);
  http::FakeConnection connection;
  connection.bind(pool.accepted(connection));
  for (const auto& item : cases) {
    ASSERT_TRUE(DiscardService::serves(item.target.substr(0, item.target.find('?'))));
    const auto before = acknowledger.counters().of(item.outcome);
    connection.receive(make_request(item.method, item.target, "Origin: https://a.example\r\n",
                                    R"({"resourceLogs":[]})"));
    const auto sent = connection.take_sent();
    EXPECT_TRUE(sent.starts_with(item.answer)) << item.target << sent;
    EXPECT_NE(sent.find(item.part), std::string::npos) << item.target << sent;
    EXPECT_NE(sent.find("access-control-allow-origin: https://a.example\r\n"), std::string::npos);
    EXPECT_EQ(acknowledger.counters().of(item.outcome), before + 1) << item.target;
  }
}

TEST(DiscardServiceTest, ServesNothingElse) {
  for (const std::string path : {"/", "/i/v1", "/i/v1/logs/x", "/test", "/i/v1/traces"}) {
    EXPECT_FALSE(DiscardService::serves(path)) << path;
  }
}

}  // namespace
}  // namespace dp::capture
