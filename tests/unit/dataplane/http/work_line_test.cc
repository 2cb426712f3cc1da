// SPDX-License-Identifier: LicenseRef-Project
// Goal: large requests are served one after the other, a few milliseconds per turn of the loop;
// small ones do not wait for them; what is not awaited is refused by its head, and its body passes
// by. Method: fake connections, a service that moves the clock.
#include "dataplane/http/work_line.h"

#include "dataplane/http/session.h"
#include "tests/unit/dataplane/http/fake_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace dp::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint32_t kBudget = 512;
constexpr std::size_t kLarge = 20'000;
static_assert(kLarge > WorkLine::kLightBodyBytes);

class SlowService final : public Service, public Router {
 public:
  explicit SlowService(sys::SimClock& clock) : clock_(clock) {}

  Route route(const Request& /*head*/) noexcept override { return {this, nullptr, 1'000'000}; }
  void handle(const Request& request, Exchange exchange) noexcept override {
    seen.emplace_back(request.path);
    bodies_are_right =
        bodies_are_right &&
        (request.body.size() < 100 || base::as_text(request.body) == std::string(kLarge, 'x'));
    clock_.advance_ns(cost_ns);
    exchange.answer(ok);
  }
  bool awaits(std::size_t body_bytes) noexcept override {
    asked.push_back(body_bytes);
    return is_awaiting;
  }
  const StaticAnswer& refuse(Refusal refusal) noexcept override {
    refusals.push_back(refusal);
    return no;
  }

  StaticAnswer ok{Answer{200, "text/plain", "ok", {}}};
  StaticAnswer no{Answer{503, "text/plain", "no", {}}};
  std::uint64_t cost_ns = kMs;
  bool is_awaiting = true;
  bool bodies_are_right = true;
  std::vector<std::string> seen;
  std::vector<std::size_t> asked;
  std::vector<Refusal> refusals;

 private:
  sys::SimClock& clock_;
};

std::string head(const std::string& path, std::size_t bytes, const std::string& fields = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: h\r\n" + fields +
         "Content-Length: " + std::to_string(bytes) + "\r\n\r\n";
}

std::string large(const std::string& path) { return head(path, kLarge) + std::string(kLarge, 'x'); }

class WorkLineTest : public testing::Test {
 protected:
  WorkLineTest() { context_.line = &line_; }
  ~WorkLineTest() override {
    for (auto& connection : connections_) {
      connection.close();
    }
  }

  FakeConnection& connect() {
    auto& connection = connections_.emplace_back();
    connection.bind(pool_.accepted(connection));
    return connection;
  }
  std::uint32_t poll() { return line_.poll(clock_.monotonic_ns(), kBudget); }

  sys::SimClock clock_;
  SlowService service_{clock_};
  WorkLine line_{clock_};
  SessionContext context_{service_};
  SessionPool pool_{context_, 100};
  std::deque<FakeConnection> connections_;
};

TEST_F(WorkLineTest, ATurnTakesAFewMillisecondsOfWorkInTheOrderOfArrival) {
  service_.cost_ns = WorkLine::kTurnNsMax / 2;
  for (const char* path : {"/1", "/2", "/3", "/4", "/5"}) {
    connect().receive(large(path));
  }
  EXPECT_TRUE(service_.seen.empty()) << "nothing is served while the harvest goes on";
  EXPECT_EQ(poll(), kBudget) << "the loop must not sleep on the rest";
  EXPECT_THAT(service_.seen, ElementsAre("/1", "/2"));
  EXPECT_THAT(connections_[0].take_sent(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(connections_[2].take_sent().empty());
  EXPECT_EQ(poll(), kBudget);
  EXPECT_LT(poll(), kBudget);
  EXPECT_THAT(service_.seen, ElementsAre("/1", "/2", "/3", "/4", "/5"));
  EXPECT_TRUE(line_.is_empty());
  EXPECT_TRUE(service_.bodies_are_right);
  EXPECT_EQ(poll(), 0U);
}

TEST_F(WorkLineTest, APieceOfWorkThatTakesLongIsAlone) {
  service_.cost_ns = 100 * kMs;
  connect().receive(large("/1"));
  connect().receive(large("/2"));
  EXPECT_EQ(poll(), kBudget);
  EXPECT_THAT(service_.seen, ElementsAre("/1"));
}

TEST_F(WorkLineTest, SmallRequestsAreServedWhereTheyCome) {
  connect().receive(large("/large"));
  connect().receive(head("/small", 5) + "hello");
  EXPECT_THAT(service_.seen, ElementsAre("/small"));
  EXPECT_THAT(service_.asked, ElementsAre(kLarge));
}

TEST_F(WorkLineTest, PiecesAndPipelinedRequestsKeepTheirOrder) {
  auto& connection = connect();
  const auto bytes = large("/1") + large("/2") + head("/3", 2) + "ab";
  for (std::size_t at = 0; at < bytes.size(); at += 3000) {
    connection.receive(bytes.substr(at, 3000));
  }
  EXPECT_TRUE(connection.is_paused) << "what follows stays in the kernel";
  poll();
  poll();
  connection.show();
  EXPECT_THAT(service_.seen, ElementsAre("/1", "/2", "/3"));
  EXPECT_FALSE(connection.is_paused);
  EXPECT_EQ(connection.kept_bytes(), 0U);
}

TEST_F(WorkLineTest, WhoLeavesIsForgotten) {
  for (const char* path : {"/1", "/2", "/3", "/4"}) {
    connect().receive(large(path));
  }
  connections_[0].close();
  connections_[2].close();
  poll();
  connections_[3].close();
  EXPECT_THAT(service_.seen, ElementsAre("/2", "/4"));
  EXPECT_TRUE(line_.is_empty());
  for (int turns = 0; turns < 64; ++turns) {
    poll();
  }
  EXPECT_EQ(line_.expected_wait_ns(), 0U);
}

TEST_F(WorkLineTest, HalfClosedInLineIsStillAnswered) {
  auto& connection = connect();
  connection.receive(large("/1"));
  connection.finish_peer();
  EXPECT_FALSE(connection.is_closing);
  poll();
  EXPECT_THAT(connection.take_sent(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(connection.is_closing);
}

TEST_F(WorkLineTest, InLineATimeoutIsNobodysFault) {
  auto& connection = connect();
  connection.receive(large("/1"));
  connection.fire_timeout();
  EXPECT_TRUE(connection.take_sent().empty());
  poll();
  EXPECT_THAT(connection.take_sent(), StartsWith("HTTP/1.1 200"));
}

TEST_F(WorkLineTest, WhatIsNotAwaitedIsRefusedByItsHeadAndPassesBy) {
  service_.is_awaiting = false;
  auto& connection = connect();
  connection.receive(head("/1", kLarge));
  EXPECT_THAT(connection.take_sent(), StartsWith("HTTP/1.1 503"));
  for (int piece = 0; piece < 20; ++piece) {
    connection.receive(std::string(kLarge / 20, 'x'));
    EXPECT_EQ(connection.kept_bytes(), 0U);
  }
  connection.receive(head("/small", 2) + "ab");
  EXPECT_THAT(connection.take_sent(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(service_.seen, ElementsAre("/small"));
  EXPECT_THAT(service_.refusals, ElementsAre(Refusal::overloaded));
  EXPECT_FALSE(connection.is_closing);
  EXPECT_TRUE(line_.is_empty());
}

TEST_F(WorkLineTest, TheBodyOfTheRefusedNeedNotComeThisFar) {
  service_.is_awaiting = false;
  auto& connection = connect();
  connection.receive(head("/1", kLarge) + std::string(1000, 'x'));
  EXPECT_THAT(connection.take_sent(), StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(connection.skippable_bytes, kLarge - 1000);
  connection.skip(4000);
  EXPECT_EQ(connection.skippable_bytes, kLarge - 5000);
  connection.receive(std::string(2000, 'x'));
  EXPECT_EQ(connection.skippable_bytes, kLarge - 7000);
  connection.skip(kLarge - 7000);
  connection.receive(head("/small", 2) + "ab");
  EXPECT_THAT(connection.take_sent(), StartsWith("HTTP/1.1 200"));
  EXPECT_FALSE(connection.is_closing);
}

TEST_F(WorkLineTest, ALargeBodyIsAnnouncedToTheTransport) {
  auto& connection = connect();
  const auto bytes = large("/1");
  connection.receive(bytes.substr(0, 1000));
  EXPECT_EQ(connection.awaited_bytes, bytes.size());
}

TEST_F(WorkLineTest, ARefusedClientThatWaitsForAContinueMustNotSend) {
  service_.is_awaiting = false;
  auto& connection = connect();
  connection.receive(head("/1", kLarge, "Expect: 100-continue\r\n"));
  const auto sent = connection.take_sent();
  EXPECT_THAT(sent, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(sent, HasSubstr("connection: close"));
  EXPECT_TRUE(connection.is_closing);
}

TEST_F(WorkLineTest, ARefusedClientThatWantsToCloseIsClosed) {
  service_.is_awaiting = false;
  auto& connection = connect();
  connection.receive(head("/1", kLarge, "Connection: close\r\n") + "xx");
  EXPECT_THAT(connection.take_sent(), HasSubstr("connection: close"));
  EXPECT_TRUE(connection.is_closing);
  EXPECT_EQ(connection.kept_bytes(), 0U);
}

TEST_F(WorkLineTest, AChunkedBodyOfUnknownLengthIsRefusedWhenItIsKnown) {
  service_.is_awaiting = false;
  auto& connection = connect();
  const auto chunks = "4e20\r\n" + std::string(kLarge, 'x') + "\r\n0\r\n\r\n";
  connection.receive("POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
  EXPECT_THAT(connection.take_sent(), StartsWith("HTTP/1.1 503"));
  service_.is_awaiting = true;
  connection.receive("POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
  EXPECT_THAT(connection.take_sent(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(service_.seen, ElementsAre("/2"));
}

TEST_F(WorkLineTest, TheWaitIsWhatTheLastOnesTook) {
  EXPECT_EQ(line_.expected_wait_ns(), 0U);
  service_.cost_ns = kMs;
  for (int count = 0; count < 60; ++count) {
    connect().receive(large("/"));
    poll();
  }
  for (int turns = 0; turns < 64; ++turns) {
    poll();  // bodies that were on their way are forgotten
  }
  connect().receive(head("/", kLarge));
  const auto coming_ns = line_.expected_wait_ns();
  EXPECT_NEAR(static_cast<double>(coming_ns), 1e6, 1e5) << "awaited is as good as there";
  poll();
  EXPECT_NEAR(static_cast<double>(line_.expected_wait_ns()), 5e5, 1e5) << "unless it never comes";
  connections_.back().receive(std::string(kLarge, 'x'));
  connect().receive(large("/"));
  EXPECT_GT(line_.expected_wait_ns(), 2 * coming_ns);
}

TEST_F(WorkLineTest, WithoutALineEverythingIsServedAtOnce) {
  context_.line = nullptr;
  connect().receive(large("/1"));
  EXPECT_THAT(service_.seen, ElementsAre("/1"));
  EXPECT_TRUE(service_.asked.empty());
}

}  // namespace
}  // namespace dp::http
