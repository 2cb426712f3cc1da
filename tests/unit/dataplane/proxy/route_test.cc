// SPDX-License-Identifier: LicenseRef-Project
// Goal: whichever side ends first, and however, the other side is told, nothing is leaked, and a
// slow side stops the fast one. Method: real HTTP sessions between fake connections.
#include "dataplane/proxy/route.h"

#include "dataplane/http/session.h"
#include "dataplane/stream/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dp::proxy {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A connection that remembers what it was asked to do.
class FakeConnection final : public stream::Connection {
 public:
  void send(base::Bytes bytes) noexcept override { sent += base::as_text(bytes); }
  void send_static(base::Bytes bytes) noexcept override { sent += base::as_text(bytes); }
  [[nodiscard]] std::size_t send_backlog_bytes() const noexcept override { return backlog; }
  void pause_receiving() noexcept override { is_paused = true; }
  void resume_receiving() noexcept override { is_paused = false; }
  void show_unconsumed() noexcept override {}
  void expect_bytes(std::size_t /*bytes_max*/) noexcept override {}
  void await_bytes(std::size_t /*bytes*/) noexcept override {}
  void skip_bytes(std::size_t /*bytes*/) noexcept override {}
  void set_timeout(std::uint32_t milliseconds) noexcept override { timeout_ms = milliseconds; }
  void close_after_sending() noexcept override { is_closing = true; }
  void abort() noexcept override { is_aborted = true; }
  [[nodiscard]] std::string_view peer_address() const noexcept override { return "10.1.1.7"; }

  std::string sent;
  std::size_t backlog = 0;
  std::uint32_t timeout_ms = 0;
  bool is_paused = false;
  bool is_closing = false;
  bool is_aborted = false;
};

class FakeTransport final : public stream::Transport {
 public:
  base::Result<void> listen(int /*descriptor*/, stream::Acceptor& /*acceptor*/) noexcept override {
    return {};
  }
  void connect_unix(std::string_view path, stream::ConnectListener& listener) noexcept override {
    connected_path = path;
    attempts.push_back(&listener);
  }
  [[nodiscard]] std::uint32_t connection_count() const noexcept override { return 0; }

  std::string connected_path;
  std::vector<stream::ConnectListener*> attempts;
};

class EveryPath final : public http::Router {
 public:
  explicit EveryPath(http::StreamingRoute& stream) : stream_(stream) {}
  http::Route route(const http::Request& /*head*/) noexcept override {
    http::Route route;
    route.stream = &stream_;
    return route;
  }

 private:
  http::StreamingRoute& stream_;
};

class ProxyRouteTest : public testing::Test {
 protected:
  ProxyRouteTest() { handler_ = pool_.accepted(client_); }

  void client_sends(std::string_view text) {
    pending_ += text;
    // As a transport does: a copy with padding behind it.
    std::string shown = pending_ + std::string(64, '\0');
    const auto bytes = base::as_bytes(std::string_view(shown).substr(0, pending_.size()));
    pending_.erase(0, handler_->received(client_, bytes));
  }

  void connect() {
    upstream_handler_ = transport_.attempts.back()->connected(upstream_);
    client_sends("");
  }

  void api_sends(std::string_view text) {
    upstream_handler_->received(upstream_, base::as_bytes(text));
  }

  FakeTransport transport_;
  ProxyRoute route_{transport_, "/run/api.sock", {.requests_max = 2}};
  EveryPath router_{route_};
  http::SessionContext sessions_{router_};
  http::SessionPool pool_{sessions_, 4};
  FakeConnection client_;
  FakeConnection upstream_;
  stream::ConnectionHandler* handler_ = nullptr;
  stream::ConnectionHandler* upstream_handler_ = nullptr;
  std::string pending_;
};

constexpr std::string_view kGet = "GET /api/x HTTP/1.1\r\nHost: b\r\n\r\n";

TEST_F(ProxyRouteTest, AnExchangeReturnsItsRequestToThePool) {
  for (int round = 0; round < 5; ++round) {
    client_sends(kGet);
    EXPECT_EQ(transport_.connected_path, "/run/api.sock");
    connect();
    EXPECT_THAT(upstream_.sent, StartsWith("GET /api/x HTTP/1.1\r\n"));
    api_sends("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    api_sends("ok");
    EXPECT_THAT(client_.sent, testing::EndsWith("\r\n\r\nok"));
    EXPECT_TRUE(upstream_.is_aborted) << "one request per upstream connection";
    EXPECT_EQ(route_.counters().open, 1U);
    upstream_handler_->closed(upstream_);
    EXPECT_EQ(route_.counters().open, 0U);
    upstream_ = {};
    client_.sent.clear();
  }
  EXPECT_EQ(route_.counters().responses_2xx_3xx, 5U);
}

TEST_F(ProxyRouteTest, ClientThatLeavesBeforeTheConnectionStandsIsForgotten) {
  client_sends(kGet);
  handler_->closed(client_);
  EXPECT_EQ(route_.counters().open, 1U);
  EXPECT_EQ(transport_.attempts.back()->connected(upstream_), nullptr);
  EXPECT_EQ(route_.counters().open, 0U);
}

TEST_F(ProxyRouteTest, ClientThatLeavesInsideTheAnswerEndsTheUpstream) {
  client_sends(kGet);
  connect();
  api_sends("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome");
  handler_->closed(client_);
  EXPECT_TRUE(upstream_.is_aborted);
  api_sends("late bytes are ignored");
  upstream_handler_->closed(upstream_);
  EXPECT_EQ(route_.counters().open, 0U);
  EXPECT_EQ(route_.counters().clients_gone, 1U);
}

TEST_F(ProxyRouteTest, RefusedConnectionIs502) {
  client_sends(kGet);
  transport_.attempts.back()->connect_failed(base::Error::from_errno(ECONNREFUSED));
  EXPECT_THAT(client_.sent, StartsWith("HTTP/1.1 502 "));
  EXPECT_THAT(client_.sent, HasSubstr("\"code\":\"api_unavailable\""));
  EXPECT_EQ(route_.counters().open, 0U);
}

TEST_F(ProxyRouteTest, HeadIsRefusedWithoutABody) {
  client_sends("HEAD / HTTP/1.1\r\nHost: b\r\n\r\n");
  transport_.attempts.back()->connect_failed(base::Error::from_errno(ENOENT));
  EXPECT_THAT(client_.sent, StartsWith("HTTP/1.1 502 "));
  EXPECT_THAT(client_.sent, testing::EndsWith("\r\n\r\n"));
}

TEST_F(ProxyRouteTest, UpstreamThatEndsBeforeItsHeadIs502AfterItCutsTheClient) {
  client_sends(kGet);
  connect();
  upstream_handler_->peer_finished(upstream_);
  EXPECT_THAT(client_.sent, StartsWith("HTTP/1.1 502 "));
  upstream_handler_->closed(upstream_);
  EXPECT_EQ(route_.counters().open, 0U);

  upstream_ = {};
  client_sends(kGet);
  connect();
  api_sends("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome");
  upstream_handler_->closed(upstream_);
  EXPECT_TRUE(client_.is_aborted);
  EXPECT_EQ(route_.counters().cut, 1U);
  EXPECT_EQ(route_.counters().open, 0U);
}

TEST_F(ProxyRouteTest, SilentUpstreamIs504) {
  client_sends(kGet);
  connect();
  EXPECT_GT(upstream_.timeout_ms, 0U);
  upstream_handler_->timed_out(upstream_);
  EXPECT_THAT(client_.sent, StartsWith("HTTP/1.1 504 "));
  EXPECT_TRUE(upstream_.is_aborted);
  upstream_handler_->closed(upstream_);
  EXPECT_EQ(route_.counters().timed_out, 1U);
  EXPECT_EQ(route_.counters().open, 0U);
}

TEST_F(ProxyRouteTest, SlowClientPausesTheUpstream) {
  client_sends(kGet);
  connect();
  api_sends("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
  client_.backlog = kBacklogBytesMax + 1;
  const std::string_view body = "12345678";
  EXPECT_EQ(upstream_handler_->received(upstream_, base::as_bytes(body)), 0U);
  EXPECT_TRUE(upstream_.is_paused);
  client_.backlog = 0;
  handler_->writable(client_);
  EXPECT_FALSE(upstream_.is_paused);
  EXPECT_EQ(upstream_handler_->received(upstream_, base::as_bytes(body)), body.size());
  EXPECT_THAT(client_.sent, testing::EndsWith("12345678"));
}

TEST_F(ProxyRouteTest, SlowUpstreamPausesTheClient) {
  client_sends("POST /api/x HTTP/1.1\r\nHost: b\r\nContent-Length: 10\r\n\r\n12345");
  connect();
  EXPECT_THAT(upstream_.sent, testing::EndsWith("\r\n\r\n12345"));
  upstream_.backlog = kBacklogBytesMax + 1;
  client_sends("67890");
  EXPECT_TRUE(client_.is_paused);
  EXPECT_THAT(upstream_.sent, testing::EndsWith("12345"));
  upstream_.backlog = 0;
  upstream_handler_->writable(upstream_);
  EXPECT_FALSE(client_.is_paused);
  client_sends("");
  EXPECT_THAT(upstream_.sent, testing::EndsWith("1234567890"));
}

TEST_F(ProxyRouteTest, TooManyOpenRequestsAre503) {
  FakeConnection others[2];
  stream::ConnectionHandler* handlers[2] = {pool_.accepted(others[0]), pool_.accepted(others[1])};
  const std::string padded = std::string(kGet) + std::string(64, '\0');
  const auto bytes = base::as_bytes(std::string_view(padded).substr(0, kGet.size()));
  handlers[0]->received(others[0], bytes);
  handlers[1]->received(others[1], bytes);
  client_sends(kGet);
  EXPECT_THAT(client_.sent, StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(route_.counters().overloaded, 1U);
}

TEST_F(ProxyRouteTest, EventStreamsAreNotWaitedFor) {
  client_sends(kGet);
  connect();
  EXPECT_EQ(route_.finite_open(), 1U);
  api_sends("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  EXPECT_EQ(route_.finite_open(), 0U);
  api_sends("data: 1\n\n");
  EXPECT_THAT(client_.sent, testing::EndsWith("9\r\ndata: 1\n\n\r\n"));
  handler_->closed(client_);
  upstream_handler_->closed(upstream_);
  EXPECT_EQ(route_.counters().open_streams, 0U);
}

}  // namespace
}  // namespace dp::proxy
