// SPDX-License-Identifier: LicenseRef-Project
// Goal: an overloaded shard refuses large bodies by their heads in the words of their route
// (capture-protocol sections 10 and 15), takes small ones, and refuses everything when the log
// stands still. Method: gates in front of the real services, a log whose backlog is told.
#include "dataplane/daemon/gate.h"

#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace dp::daemon {
namespace {

using capture::Admission;
using capture::Outcome;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t kLarge = 100'000;
constexpr std::string_view kText = "transient error, please retry";
constexpr std::string_view kV1 =
    R"({"error":"service_unavailable","error_description":"Service Unavailable",)"
    R"("error_uri":"https://posthog.com/docs/api"})";

class Backlog final : public wal::Appender {
 public:
  base::Result<format::Sequence> append(const format::LogRecord& /*record*/) noexcept override {
    return base::unexpected(wal::make_error(wal::WalError::full));
  }
  [[nodiscard]] std::size_t pending_bytes() const noexcept override { return bytes; }

  std::size_t bytes = 0;
};

class GateTest : public testing::Test, public http::Router {
 protected:
  GateTest() {
    sessions_.line = &line_;
    connection_.bind(pool_.accepted(connection_));
  }
  ~GateTest() override { connection_.close(); }

  http::Route route(const http::Request& head) noexcept override {
    if (head.path.starts_with("/s")) {
      return {&recordings_, nullptr, 1'000'000};
    }
    return {head.path.starts_with("/i/v1") ? &v1_ : &capture_, nullptr, 1'000'000};
  }

  std::string ask(std::string_view path, std::size_t bytes, std::size_t sent_bytes,
                  std::string_view method = "POST") {
    connection_.receive(std::string(method) + " " + std::string(path) +
                        " HTTP/1.1\r\nHost: h\r\nOrigin: https://a.example\r\nContent-Length: " +
                        std::to_string(bytes) + "\r\n\r\n" + std::string(sent_bytes, '{'));
    return connection_.take_sent();
  }

  /// The log finishes nothing for as long as the limit, with somebody waiting.
  void stop_log() {
    admission_.turn_ended(1, 0, 0);
    admission_.turn_ended(2 + Admission::kLogNsMax, 1, 0);
  }

  capture::CaptureHarness services_;
  sys::SimClock clock_;
  http::WorkLine line_{clock_};
  Admission admission_;
  Backlog log_;
  Gate capture_{services_.service, {admission_, line_, log_}};
  Gate recordings_{services_.recordings, {admission_, line_, log_}};
  Gate v1_{services_.analytics_v1, {admission_, line_, log_}};
  http::SessionContext sessions_{*this};
  http::SessionPool pool_{sessions_, 1};
  http::FakeConnection connection_;
};

TEST_F(GateTest, EveryRouteRefusesInItsOwnWords) {
  struct Case {
    std::string_view path;
    std::string_view type;
    std::string_view body;
    Outcome outcome;
  };
  constexpr Case kCases[] = {
      {"/batch/", "text/plain; charset=utf-8", kText, Outcome::overloaded},
      {"/i/v0/e/?ip=1", "text/plain; charset=utf-8", kText, Outcome::overloaded},
      {"/s/", "text/plain; charset=utf-8", kText, Outcome::overloaded},
      {"/i/v1/analytics/events", "application/json", kV1, Outcome::v1_service_unavailable},
      {"/i/v1/ai/events", "application/json", kV1, Outcome::v1_service_unavailable}};
  log_.bytes = Admission::kLogBytesMax + 1;
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.path);
    const auto before = services_.acknowledger.counters().of(one.outcome);
    const auto answer = ask(one.path, kLarge, 10);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
    EXPECT_THAT(answer, HasSubstr("content-type: " + std::string(one.type) + "\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nretry-after: 30\r\n"));
    EXPECT_THAT(answer, HasSubstr("access-control-allow-origin: https://a.example\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + std::string(one.body))) << answer;
    EXPECT_EQ(services_.acknowledger.counters().of(one.outcome), before + 1);
    connection_.receive(std::string(kLarge - 10, '{'));
    EXPECT_EQ(connection_.take_sent(), "") << "the body passes by";
  }
}

TEST_F(GateTest, ALongLineIsNotMadeLonger) {
  log_.bytes = Admission::kLogBytesMax;
  EXPECT_EQ(ask("/batch/", kLarge, 10), "");
  EXPECT_GT(line_.expected_wait_ns(), 0U);
  line_.expect(kLarge * 1000);
  connection_.receive(std::string(kLarge - 10, '{'));
  EXPECT_EQ(connection_.take_sent(), "") << "taken before, it stands in line";
  EXPECT_FALSE(line_.is_empty());
  line_.poll(0, 512);
  EXPECT_THAT(connection_.take_sent(), StartsWith("HTTP/1.1 400")) << "and is read";
  EXPECT_THAT(ask("/batch/", kLarge, 10), StartsWith("HTTP/1.1 503"));
  connection_.receive(std::string(kLarge - 10, '{'));
  EXPECT_THAT(ask("/batch/", 10, 10), StartsWith("HTTP/1.1 400")) << "small ones are read";
}

TEST_F(GateTest, ALogThatStandsStillRefusesSmallOnesToo) {
  stop_log();
  EXPECT_THAT(ask("/i/v0/e/", 10, 10), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(ask("/i/v0/e/?data=x", 0, 0, "GET"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(ask("/i/v1/analytics/events", 10, 10), HasSubstr(kV1));
  EXPECT_THAT(ask("/batch/", 0, 0, "OPTIONS"), StartsWith("HTTP/1.1 200")) << "brings no events";
  EXPECT_THAT(ask("/batch/", kLarge, 10), StartsWith("HTTP/1.1 503"));
}

}  // namespace
}  // namespace dp::daemon
