// SPDX-License-Identifier: LicenseRef-Project
// Goal: a session cuts requests out of any fragmentation, keeps the order of answers, bounds what
// it holds, and stays usable after a refused request. Method: a fake connection, a service that
// answers now or when told.
#include "dataplane/http/session.h"

#include "tests/unit/dataplane/http/fake_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace dp::http {
namespace {

constexpr std::uint64_t kBodyMax = 1000;

class RecordingService final : public Service {
 public:
  void handle(const Request& request, Exchange exchange) noexcept override {
    seen.push_back(std::string(request.method_text) + " " + std::string(request.path) + " " +
                   std::string(base::as_text(request.body)));
    if (request.path == "/later") {
      waiting.push_back(exchange);
    } else if (request.method == Method::options) {
      exchange.answer_preflight(request, "GET,POST,OPTIONS");
    } else if (request.path == "/dynamic") {
      exchange.answer(Answer{200, "text/plain", base::as_text(request.body), "x-more: 1\r\n"});
    } else {
      exchange.answer(ok);
    }
  }

  const StaticAnswer& refuse(Refusal refusal) noexcept override {
    refusals.push_back(refusal);
    return refusal == Refusal::body_too_large ? too_large : stalled;
  }

  StaticAnswer ok{Answer{200, "application/json", R"({"status":"Ok"})", {}}};
  StaticAnswer too_large{Answer{413, "text/plain", "too large", {}}};
  StaticAnswer stalled{Answer{408, "text/plain", "stalled", {}}};
  std::vector<std::string> seen;
  std::vector<Exchange> waiting;
  std::vector<Refusal> refusals;
};

class RecordingStream final : public RequestStream, public StreamingRoute {
 public:
  RequestStream* open(const Request& head, Exchange opened) noexcept override {
    exchange = opened;
    ++opened_count;
    if (head.path == "/stream/no") {
      exchange.answer(refusal);
      return nullptr;
    }
    is_open = true;
    return this;
  }
  std::size_t body(base::Bytes piece) noexcept override {
    const auto taken = std::min(piece.size(), take_max);
    received.append(base::as_text(piece.first(taken)));
    return taken;
  }
  void body_finished() noexcept override { is_finished = true; }
  void writable() noexcept override { ++writable_count; }
  void client_gone() noexcept override { is_open = false; }

  StaticAnswer refusal{Answer{503, "text/plain", "no", {}}};
  Exchange exchange;
  std::string received;
  std::size_t take_max = 1'000'000;
  int opened_count = 0;
  int writable_count = 0;
  bool is_open = false;
  bool is_finished = false;
};

class PathRouter final : public Router {
 public:
  PathRouter(Service& service, StreamingRoute& stream) : service_(service), stream_(stream) {}
  Route route(const Request& head) noexcept override {
    if (head.path.starts_with("/stream")) {
      return {nullptr, &stream_, 1'000'000};
    }
    return {&service_, nullptr, head.path == "/large" ? 1'000'000 : kBodyMax};
  }

 private:
  Service& service_;
  StreamingRoute& stream_;
};

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { connect(); }

  /// Replaces the connection by a fresh one.
  void connect() {
    connection_.close();
    connection_ = FakeConnection();
    connection_.bind(pool_.accepted(connection_));
  }

  /// The status codes of everything sent, in order.
  std::vector<int> statuses() {
    std::vector<int> found;
    const auto sent = connection_.take_sent();
    for (auto at = sent.find("HTTP/1.1 "); at != std::string::npos;
         at = sent.find("HTTP/1.1 ", at + 1)) {
      found.push_back(std::stoi(sent.substr(at + 9, 3)));
    }
    return found;
  }

  RecordingService service_;
  RecordingStream stream_;
  PathRouter router_{service_, stream_};
  SessionContext context_{router_};
  SessionPool pool_{context_, 4};
  FakeConnection connection_;
};

std::string post(const std::string& path, const std::string& body, const std::string& fields = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: h\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(SessionTest, AnswersARequestThatArrivesWhole) {
  connection_.receive(post("/e?x=1", "hello"));
  EXPECT_EQ(service_.seen, std::vector<std::string>{"POST /e hello"});
  EXPECT_EQ(
      connection_.take_sent(),
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n"
      "access-control-allow-credentials: true\r\nvary: origin, access-control-request-method, "
      "access-control-request-headers\r\n\r\n{\"status\":\"Ok\"}");
  EXPECT_EQ(connection_.kept_bytes(), 0U);
}

TEST_F(SessionTest, AnswersWhateverTheFragmentation) {
  const auto bytes = post("/e", "hello") + "\r\n" + "GET /x HTTP/1.1\r\n\r\n" +
                     "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n" +
                     post("/last", "");
  for (std::size_t piece = 1; piece < bytes.size(); piece += 3) {
    service_.seen.clear();
    connect();
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      connection_.receive(std::string_view(bytes).substr(at, piece));
    }
    ASSERT_EQ(service_.seen, (std::vector<std::string>{"POST /e hello", "GET /x ", "POST /c abcde",
                                                       "POST /last "}))
        << piece;
    ASSERT_EQ(statuses(), (std::vector<int>{200, 200, 200, 200}));
  }
}

TEST_F(SessionTest, KeepsTheOrderOfLateAnswers) {
  connection_.receive(post("/later", "1") + post("/e", "2") + post("/later", "3") +
                      post("/dynamic", "4"));
  EXPECT_EQ(service_.seen.size(), 4U);
  EXPECT_EQ(connection_.sent, "");
  service_.waiting[1].answer(service_.too_large);
  EXPECT_EQ(connection_.sent, "");
  service_.waiting[0].answer(service_.stalled);
  EXPECT_EQ(statuses(), (std::vector<int>{408, 200, 413, 200}));
  EXPECT_FALSE(service_.waiting[0].is_open());
  service_.waiting[0].answer(service_.ok);
  EXPECT_EQ(connection_.sent, "");
}

// Wherever the answer waits, its own fields stand behind the ready ones and nowhere else.
TEST_F(SessionTest, AddsFieldsToAReadyAnswer) {
  const std::string cors = std::string(base::as_text(service_.ok.fields()));
  const std::string origin = "access-control-allow-origin: https://a.example\r\n";
  const std::string body = "\r\n" + std::string(R"({"status":"Ok"})");
  const auto receive = [this](const std::string& fields) {
    connection_.receive(post("/later", "", fields));
    return std::exchange(service_.waiting, {}).back();
  };
  receive("").answer(service_.ok, "x-more: 1\r\n");
  EXPECT_EQ(connection_.take_sent(), cors + "x-more: 1\r\n" + body);
  receive("").answer(service_.ok);
  EXPECT_EQ(connection_.take_sent(), cors + body);
  receive("Origin: https://a.example\r\n").answer(service_.ok, "x-more: 2\r\n");
  EXPECT_EQ(connection_.take_sent(), cors + "x-more: 2\r\n" + origin + body);
  const std::string long_field = "x-more: " + std::string(2'000, 'm') + "\r\n";
  receive("").answer(service_.ok, long_field);
  EXPECT_EQ(connection_.take_sent(), cors + long_field + body);
  const auto first = receive("");
  const auto second = receive("Origin: https://a.example\r\n");
  const auto third = receive("");
  second.answer(service_.ok, "x-more: 4\r\n");
  third.answer(service_.ok);
  EXPECT_EQ(connection_.sent, "");
  first.answer(service_.ok, "x-more: 3\r\n");
  EXPECT_EQ(connection_.take_sent(),
            cors + "x-more: 3\r\n" + body + cors + "x-more: 4\r\n" + origin + body + cors + body);
}

TEST_F(SessionTest, IgnoresAnswersForClosedConnections) {
  connection_.receive(post("/later", "1"));
  connection_.close();
  FakeConnection next;
  next.bind(pool_.accepted(next));
  next.receive(post("/later", "2"));
  service_.waiting[0].answer(service_.ok);
  EXPECT_EQ(next.sent, "");
  service_.waiting[1].answer(service_.ok);
  EXPECT_NE(next.sent, "");
}

TEST_F(SessionTest, StopsReadingWhenTooManyAnswersAreDue) {
  std::string bytes;
  for (std::uint32_t index = 0; index < kPipelineMax + 3; ++index) {
    bytes += post("/later", std::to_string(index));
  }
  connection_.receive(bytes);
  EXPECT_EQ(service_.seen.size(), kPipelineMax);
  EXPECT_TRUE(connection_.is_paused);
  for (std::size_t index = 0; index < service_.waiting.size(); ++index) {
    service_.waiting[index].answer(service_.ok);
    connection_.show();
  }
  EXPECT_EQ(service_.seen.size(), kPipelineMax + 3);
  EXPECT_EQ(statuses().size(), kPipelineMax + 3);
}

TEST_F(SessionTest, StopsReadingWhenThePeerDoesNotRead) {
  connection_.backlog_bytes = 1'000'000;
  connection_.receive(post("/e", ""));
  EXPECT_TRUE(service_.seen.empty());
  EXPECT_TRUE(connection_.is_paused);
  connection_.backlog_bytes = 0;
  connection_.become_writable();
  EXPECT_EQ(service_.seen.size(), 1U);
}

TEST_F(SessionTest, MirrorsTheOriginOnEveryAnswer) {
  const std::string origin = "Origin: https://app.example.com\r\n";
  const std::string mirrored = "access-control-allow-origin: https://app.example.com\r\n";
  const std::vector<std::string> requests = {
      post("/e", "", origin),
      post("/dynamic", "x", origin),
      post("/e", std::string(kBodyMax + 1, 'x'), origin),
      "OPTIONS /e HTTP/1.1\r\nAccess-Control-Request-Headers: x-a,content-type\r\n" + origin +
          "\r\n",
  };
  for (const auto& request : requests) {
    connection_.receive(request);
    const auto sent = connection_.take_sent();
    EXPECT_NE(sent.find(mirrored), std::string::npos) << sent;
    EXPECT_NE(sent.find("access-control-allow-credentials: true\r\n"), std::string::npos);
  }
}

TEST_F(SessionTest, AnswersPreflights) {
  connection_.receive(
      "OPTIONS /e HTTP/1.1\r\nOrigin: https://a\r\nAccess-Control-Request-Headers: "
      "x-a,content-type\r\n\r\n");
  const auto sent = connection_.take_sent();
  EXPECT_TRUE(sent.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n")) << sent;
  EXPECT_NE(sent.find("access-control-allow-methods: GET,POST,OPTIONS\r\n"), std::string::npos);
  EXPECT_NE(sent.find("access-control-allow-headers: x-a,content-type\r\n"), std::string::npos);
}

TEST_F(SessionTest, DrainsAnOversizeBodyAndGoesOn) {
  connection_.receive(post("/e", std::string(2 * kBodyMax, 'x')) + post("/e", "next"));
  EXPECT_EQ(statuses(), (std::vector<int>{413, 200}));
  EXPECT_FALSE(connection_.is_closing);
  EXPECT_EQ(service_.refusals, std::vector<Refusal>{Refusal::body_too_large});

  connection_.receive("POST /e HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5dc\r\n" +
                      std::string(1500, 'x') + "\r\n0\r\n\r\n" + post("/e", "next"));
  EXPECT_EQ(statuses(), (std::vector<int>{413, 200}));
}

TEST_F(SessionTest, GivesUpOnBodiesBeyondTwiceTheLimit) {
  connection_.receive(post("/e", std::string(10 * kBodyMax, 'x')).substr(0, 3 * kBodyMax));
  EXPECT_EQ(statuses(), (std::vector<int>{413}));
  EXPECT_TRUE(connection_.is_closing);
}

TEST_F(SessionTest, AnswersExpectations) {
  connection_.receive("POST /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(connection_.take_sent(), "HTTP/1.1 100 Continue\r\n\r\n");
  connection_.receive("ab");
  EXPECT_EQ(statuses(), (std::vector<int>{200}));

  connection_.receive("POST /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n");
  EXPECT_EQ(statuses(), (std::vector<int>{413}));
  EXPECT_TRUE(connection_.is_closing);
}

TEST_F(SessionTest, HoldsBackContinueUntilEarlierAnswersLeft) {
  connection_.receive(post("/later", "") +
                      "POST /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(connection_.sent, "");
  service_.waiting[0].answer(service_.ok);
  EXPECT_EQ(statuses(), (std::vector<int>{200, 100}));
}

TEST_F(SessionTest, ServesHttp10) {
  connection_.receive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(connection_.take_sent().find("connection: keep-alive\r\n"), std::string::npos);
  EXPECT_FALSE(connection_.is_closing);
  connection_.receive("GET / HTTP/1.0\r\n\r\n");
  EXPECT_NE(connection_.take_sent().find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(connection_.is_closing);
}

TEST_F(SessionTest, ClosesWhenAsked) {
  connection_.receive("POST /later HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" +
                      post("/ignored", ""));
  EXPECT_EQ(service_.seen.size(), 1U);
  EXPECT_FALSE(connection_.is_closing);
  service_.waiting[0].answer(service_.ok);
  EXPECT_NE(connection_.take_sent().find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(connection_.is_closing);
}

TEST_F(SessionTest, SendsNoBodyToHead) {
  connection_.receive("HEAD /e HTTP/1.1\r\n\r\n");
  const auto sent = connection_.take_sent();
  EXPECT_TRUE(sent.ends_with("\r\n\r\n")) << sent;
  EXPECT_NE(sent.find("content-length: 15"), std::string::npos);
}

TEST_F(SessionTest, RefusesMalformedRequestsAndCloses) {
  const std::vector<std::string> heads = {
      "GET\r\n\r\n",
      "GET  / HTTP/1.1\r\n\r\n",
      "GET / HTTP/2.0\r\n\r\n",
      "GET x HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\n\n",
      "GET / HTTP/1.1\r\nA : b\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
      "GET / HTTP/1.1\r\nA: \x01\r\n\r\n",
      "GET / HTTP/1.1\r\n: b\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
  };
  for (const auto& head : heads) {
    connect();
    connection_.receive(post("/later", "") + head);
    ASSERT_EQ(service_.waiting.size(), 1U);
    service_.waiting[0].answer(service_.ok);
    service_.waiting.clear();
    EXPECT_EQ(statuses(), (std::vector<int>{200, 400})) << head;
    EXPECT_TRUE(connection_.is_closing) << head;
    connection_.close();
  }
}

TEST_F(SessionTest, RefusesLargeHeads) {
  std::string many = "GET / HTTP/1.1\r\n";
  for (std::size_t index = 0; index <= kHeadersMax; ++index) {
    many += "A: b\r\n";
  }
  const std::vector<std::string> heads = {
      many + "\r\n",
      "GET /" + std::string(kRequestLineBytesMax, 'x') + " HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nA: " + std::string(kHeadBytesMax, 'x'),
  };
  for (const auto& head : heads) {
    connect();
    connection_.receive(head);
    EXPECT_EQ(statuses(), (std::vector<int>{431})) << head.substr(0, 20);
    EXPECT_TRUE(connection_.is_closing);
    connection_.close();
  }
}

TEST_F(SessionTest, TimesOutSlowHeadsFromTheirFirstByte) {
  EXPECT_EQ(connection_.timeout_ms, context_.timeouts.idle_ms);
  connection_.receive("GE");
  EXPECT_EQ(connection_.timeout_ms, context_.timeouts.head_ms);
  connection_.timeout_ms = 0;
  connection_.receive("T");
  EXPECT_EQ(connection_.timeout_ms, 0U) << "further bytes must not extend the time";
  connection_.fire_timeout();
  EXPECT_EQ(statuses(), (std::vector<int>{408}));
  EXPECT_TRUE(connection_.is_closing);
  EXPECT_EQ(context_.counters.head_timed_out, 1U);
}

TEST_F(SessionTest, TimesOutStalledBodies) {
  connection_.receive("POST /e HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(connection_.timeout_ms, context_.timeouts.body_ms);
  connection_.timeout_ms = 0;
  connection_.receive("d");
  EXPECT_EQ(connection_.timeout_ms, 0U) << "a trickle must not extend the time";
  connection_.fire_timeout();
  EXPECT_EQ(statuses(), (std::vector<int>{408}));
  EXPECT_TRUE(connection_.is_closing);
  EXPECT_EQ(service_.refusals, std::vector<Refusal>{Refusal::body_stalled});
  connection_.fire_timeout();
  EXPECT_TRUE(connection_.is_aborted) << "a peer that does not take its answer is cut";
}

// Whatever the body's form, kBodyProgressBytes are a step and fewer are not.
TEST_F(SessionTest, OnlyARealStepExtendsTheTimeOfABody) {
  const std::string heads[] = {
      "POST /large HTTP/1.1\r\nContent-Length: 100000\r\n\r\n",
      "POST /large HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
      "POST /stream HTTP/1.1\r\nContent-Length: 100000\r\n\r\n",
      "POST /stream HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
      "POST /e HTTP/1.1\r\nContent-Length: 1900\r\n\r\n",  // discarded
  };
  for (const auto& head : heads) {
    const auto is_discarded = head.find("POST /e ") == 0;
    connect();
    connection_.receive(head);
    EXPECT_EQ(connection_.timeout_ms, context_.timeouts.body_ms) << head;
    connection_.timeout_ms = 0;
    connection_.receive(std::string(is_discarded ? 1000 : kBodyProgressBytes - 1, 'b'));
    EXPECT_EQ(connection_.timeout_ms, 0U) << head;
    connection_.receive("b");
    EXPECT_EQ(connection_.timeout_ms, is_discarded ? 0U : context_.timeouts.body_ms) << head;
  }
}

TEST_F(SessionTest, CutsAPeerThatDoesNotReadItsAnswers) {
  connection_.receive(post("/e", "first"));
  connection_.backlog_bytes = 100'000;
  connection_.receive(post("/e", "second"));
  EXPECT_TRUE(connection_.is_paused);
  connection_.fire_timeout();
  EXPECT_FALSE(connection_.is_closing) << "something happened since";
  connection_.fire_timeout();
  EXPECT_TRUE(connection_.is_closing);

  connect();
  connection_.backlog_bytes = 0;
  connection_.receive(post("/stream", ""));
  connection_.fire_timeout();
  connection_.fire_timeout();
  EXPECT_FALSE(connection_.is_closing) << "a stream may be silent for long";
  connection_.backlog_bytes = 1;
  connection_.fire_timeout();
  EXPECT_TRUE(connection_.is_closing);
  EXPECT_FALSE(stream_.is_open);
}

// Large unfinished bodies share a bound; small ones are served whatever happens.
TEST_F(SessionTest, BoundsTheMemoryOfUnfinishedBodies) {
  context_.held_bytes_max = 150'000;
  const std::string forms[] = {"Content-Length: 300000\r\n\r\n",
                               "Transfer-Encoding: chunked\r\n\r\nfffff\r\n"};
  for (const auto& form : forms) {
    connect();
    connection_.receive("POST /large HTTP/1.1\r\n" + form);
    connection_.receive(std::string(100'000, 'a'));
    EXPECT_TRUE(statuses().empty());
    FakeConnection other;
    other.bind(pool_.accepted(other));
    other.receive("POST /large HTTP/1.1\r\n" + form);
    other.receive(std::string(60'000, 'b'));
    EXPECT_EQ(other.sent, "") << "small: taken beyond the bound";
    other.receive(std::string(10'000, 'b'));
    EXPECT_THAT(other.sent, testing::StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(other.sent, testing::HasSubstr("retry-after: 30\r\n"));
    EXPECT_TRUE(other.is_closing);
    other.close();
    FakeConnection small;
    small.bind(pool_.accepted(small));
    small.receive(post("/e", "small"));
    EXPECT_THAT(small.sent, testing::StartsWith("HTTP/1.1 200 "));
    small.close();
    connection_.close();
    EXPECT_EQ(context_.held_bytes, 0U);
  }
  EXPECT_EQ(context_.counters.body_without_room, 2U);
}

TEST_F(SessionTest, ClosesIdleConnectionsOnly) {
  connection_.receive(post("/later", ""));
  connection_.fire_timeout();
  connection_.fire_timeout();
  EXPECT_FALSE(connection_.is_closing) << "an answer is due";
  service_.waiting[0].answer(service_.ok);
  connection_.fire_timeout();
  EXPECT_FALSE(connection_.is_closing) << "something happened since";
  connection_.fire_timeout();
  EXPECT_TRUE(connection_.is_closing);
  EXPECT_EQ(context_.counters.idle_closed, 1U);
}

TEST_F(SessionTest, AnswersAHalfClosedPeer) {
  connection_.receive(post("/later", ""));
  connection_.finish_peer();
  EXPECT_FALSE(connection_.is_closing);
  service_.waiting[0].answer(service_.ok);
  EXPECT_EQ(statuses(), (std::vector<int>{200}));
  EXPECT_TRUE(connection_.is_closing);
}

TEST_F(SessionTest, RefusesConnectionsBeyondThePool) {
  std::array<FakeConnection, 4> more;
  for (std::size_t index = 0; index < more.size(); ++index) {
    EXPECT_EQ(pool_.accepted(more.at(index)) != nullptr, index < 3);
  }
  EXPECT_EQ(context_.counters.connections_refused, 1U);
}

// What another process would not know by the unconsumed bytes alone must not move.
TEST_F(SessionTest, MovesOnlyWhatItHasNotBegun) {
  using stream::Movability;
  context_.may_move = true;
  const auto half_body = post("/e", std::string(100, 'b')).substr(0, 120);
  const struct {
    std::string bytes;
    Movability movability;
  } cases[] = {
      {"", Movability::movable},
      {post("/e", "done"), Movability::movable},
      {"POST /e HT", Movability::movable},
      {half_body, Movability::movable},
      {post("/later", ""), Movability::answering},
      {post("/later", "") + half_body, Movability::answering},
      {post("/later", "", "Connection: close\r\n"), Movability::answering},
      {post("/e", "", "Connection: close\r\n"), Movability::staying},
      {"POST /e HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
       Movability::receiving},
      {"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 1500\r\n\r\n" + std::string(10, 'l'),
       Movability::receiving},
      {post("/stream", "whole"), Movability::staying},
      {"not HTTP\r\n\r\n", Movability::staying},
  };
  for (const auto& item : cases) {
    connect();
    connection_.receive(item.bytes);
    EXPECT_EQ(connection_.movability(), item.movability) << item.bytes;
  }
  context_.may_move = false;
  connect();
  EXPECT_EQ(connection_.movability(), Movability::staying);
}

// The half of a request that moved is shown again elsewhere and completed there.
TEST_F(SessionTest, AMovedHalfIsServedWhole) {
  context_.may_move = true;
  const auto whole = post("/e", std::string(100, 'b'));
  for (const std::size_t moved : {0U, 5U, 60U, 120U}) {
    connection_.receive(whole.substr(0, moved));
    ASSERT_EQ(connection_.movability(), stream::Movability::movable);
    connect();
    connection_.receive(whole.substr(0, moved));
    connection_.receive(whole.substr(moved));
    EXPECT_EQ(statuses(), std::vector<int>{200}) << moved;
  }
}

TEST_F(SessionTest, StreamsABodyWithBackPressure) {
  stream_.take_max = 3;
  connection_.receive(post("/stream", "hello"));
  EXPECT_EQ(stream_.received, "hel");
  EXPECT_TRUE(connection_.is_paused);
  EXPECT_FALSE(stream_.is_finished);
  stream_.exchange.resume_body();
  connection_.show();
  EXPECT_EQ(stream_.received, "hello");
  EXPECT_TRUE(stream_.is_finished);
  stream_.exchange.send(base::as_bytes("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  stream_.exchange.finish(true);
  EXPECT_FALSE(stream_.exchange.is_open());
  connection_.receive(post("/e", ""));
  EXPECT_EQ(statuses(), (std::vector<int>{200, 200}));
}

TEST_F(SessionTest, StreamsAChunkedBodyWithBackPressure) {
  stream_.take_max = 2;
  connection_.receive(
      "POST /stream HTTP/1.1\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n" +
      post("/e", ""));
  for (int turn = 0; turn < 10 && !stream_.is_finished; ++turn) {
    EXPECT_TRUE(connection_.is_paused);
    stream_.exchange.resume_body();
    connection_.show();
  }
  EXPECT_EQ(stream_.received, "abcdefg");
  EXPECT_TRUE(stream_.is_finished);
  EXPECT_TRUE(service_.seen.empty()) << "the next request waits for the stream's answer";
  stream_.exchange.finish(true);
  connection_.show();
  EXPECT_EQ(service_.seen.size(), 1U);
}

TEST_F(SessionTest, OpensAStreamOnlyInItsTurn) {
  connection_.receive(post("/later", "") + post("/stream", "x"));
  EXPECT_EQ(stream_.opened_count, 0);
  service_.waiting[0].answer(service_.ok);
  connection_.show();
  EXPECT_EQ(stream_.opened_count, 1);
  EXPECT_EQ(stream_.received, "x");
}

TEST_F(SessionTest, SkipsTheBodyOfAnAnsweredStream) {
  connection_.receive(post("/stream/no", "unread") + post("/e", ""));
  EXPECT_EQ(statuses(), (std::vector<int>{503, 200}));
  EXPECT_FALSE(connection_.is_closing);
}

TEST_F(SessionTest, FinishesAStreamBeforeItsBody) {
  connection_.receive("POST /stream HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  stream_.exchange.send(base::as_bytes("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"));
  stream_.exchange.finish(true);
  connection_.receive("defghij" + post("/e", ""));
  EXPECT_EQ(stream_.received, "abc");
  EXPECT_EQ(statuses(), (std::vector<int>{400, 200}));
}

TEST_F(SessionTest, TellsAStreamThatItsClientIsGone) {
  connection_.receive("GET /stream HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(stream_.is_finished);
  EXPECT_TRUE(stream_.is_open);
  connection_.fire_timeout();
  connection_.fire_timeout();
  EXPECT_FALSE(connection_.is_closing) << "a stream may be silent for long";
  connection_.close();
  EXPECT_FALSE(stream_.is_open);
  stream_.exchange.send(base::as_bytes("x"));
  EXPECT_EQ(connection_.sent, "");
}

TEST_F(SessionTest, CutsAStreamWhoseBodyBreaks) {
  connection_.receive("POST /stream HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz");
  EXPECT_FALSE(stream_.is_open);
  EXPECT_EQ(statuses(), (std::vector<int>{400}));
  EXPECT_TRUE(connection_.is_closing);
}

}  // namespace
}  // namespace dp::http
