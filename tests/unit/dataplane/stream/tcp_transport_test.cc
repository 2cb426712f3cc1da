// SPDX-License-Identifier: LicenseRef-Project
// Goal: bytes pass in order and complete, whatever the split, the backlog and the way a peer
// leaves; bounds hold. Method: a real loopback client in the same thread, the shard stepped by
// hand.
#include "dataplane/stream/tcp_transport.h"

#include "dataplane/sys/uring.h"
#include "tests/support/temporary_directory.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dp::stream {
namespace {

// Records what it is told; consumes whole lines, answers as the test wants.
class Handler final : public ConnectionHandler {
 public:
  std::size_t received(Connection& connection, base::Bytes bytes) noexcept override {
    ++received_calls;
    // The promised padding is readable (the address sanitizer watches).
    volatile std::byte last = *(bytes.data() + bytes.size() + 63);
    static_cast<void>(last);
    const std::string_view text = base::as_text(bytes);
    largest_piece = std::max(largest_piece, text.size());
    if (on_received) {
      return on_received(connection, text);
    }
    const std::size_t end = text.rfind('\n');
    if (end == std::string_view::npos) {
      return 0;
    }
    lines += text.substr(0, end + 1);
    return end + 1;
  }
  void skipped(Connection& connection, std::size_t bytes) noexcept override {
    skipped_bytes += bytes;
    if (on_skipped) {
      on_skipped(connection, bytes);
    }
  }
  void writable(Connection& /*connection*/) noexcept override { ++writable_calls; }
  void peer_finished(Connection& connection) noexcept override {
    ++finished_calls;
    if (closes_when_peer_finishes) {
      connection.close_after_sending();
    }
  }
  void timed_out(Connection& connection) noexcept override {
    ++timed_out_calls;
    connection.abort();
  }
  void closed(Connection& /*connection*/) noexcept override { ++closed_calls; }
  [[nodiscard]] Movability movability() const noexcept override { return mobility; }

  Movability mobility = Movability::movable;
  std::function<std::size_t(Connection&, std::string_view)> on_received;
  std::function<void(Connection&, std::size_t)> on_skipped;
  bool closes_when_peer_finishes = true;
  std::string lines;
  std::size_t skipped_bytes = 0;
  std::size_t largest_piece = 0;
  int received_calls = 0;
  int writable_calls = 0;
  int finished_calls = 0;
  int timed_out_calls = 0;
  int closed_calls = 0;
};

class Accepting final : public Acceptor {
 public:
  ConnectionHandler* accepted(Connection& connection) noexcept override {
    if (is_refusing) {
      return nullptr;
    }
    connections.push_back(&connection);
    handlers.push_back(std::make_unique<Handler>());
    if (on_accepted) {
      on_accepted(connection, *handlers.back());
    }
    return handlers.back().get();
  }
  std::function<void(Connection&, Handler&)> on_accepted;
  bool is_refusing = false;
  std::vector<Connection*> connections;
  std::vector<std::unique_ptr<Handler>> handlers;
};

// A plain non-blocking client.
class Client {
 public:
  explicit Client(std::uint16_t port)
      : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int result =
        ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    EXPECT_TRUE(result == 0 || errno == EINPROGRESS);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&&) = delete;
  Client& operator=(Client&&) = delete;
  ~Client() { close(); }

  std::size_t send(std::string_view text) const {
    const ssize_t count = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  // Adds what has arrived to `received`; true at the end of the stream or after a reset.
  bool receive() {
    std::string piece(65536, '\0');
    for (;;) {
      const ssize_t count = ::recv(descriptor_, piece.data(), piece.size(), 0);
      if (count <= 0) {
        was_reset = was_reset || (count < 0 && errno == ECONNRESET);
        return count == 0 || errno != EAGAIN;
      }
      received.append(piece, 0, static_cast<std::size_t>(count));
    }
  }
  void finish() const { ::shutdown(descriptor_, SHUT_WR); }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close();
  }
  void close() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
      descriptor_ = -1;
    }
  }
  std::string received;
  bool was_reset = false;

 private:
  int descriptor_;
};

class TcpTransportTest : public testing::Test {
 protected:
  TcpTransportTest() { start({}, {}); }
  ~TcpTransportTest() override { stop(); }

  void start(TcpTransport::Options options, sys::UringNetwork::Options network_options) {
    stop();
    uring_ = sys::Uring::create({}).value();
    network_ = sys::UringNetwork::create(*uring_, network_options).value();
    reactor_ = std::make_unique<reactor::Reactor>(*uring_, clock_, reactor::Reactor::Options{});
    transport_ = std::make_unique<TcpTransport>(*network_, *reactor_, options);
    reactor_->add_poller(*transport_);
    uring_->attach_thread();
    listener_ = sys::bind_listener("127.0.0.1", 0).value();
    port_ = sys::listener_port(listener_).value();
    ASSERT_TRUE(transport_->listen(listener_, accepting_).has_value());
  }

  void stop() {
    if (uring_ == nullptr) {
      return;
    }
    uring_->shut_down();
    transport_.reset();
    reactor_.reset();
    network_.reset();
    uring_.reset();
    ::close(listener_);
  }

  // Steps the shard until `is_done`; the bound is there for a broken build, not for timing.
  template <typename Condition>
  void run_until(Condition is_done) {
    for (int step = 0; step < 5000; ++step) {
      if (is_done()) {
        return;
      }
      reactor_->turn(1'000'000);
    }
    FAIL() << "did not happen";
  }

  Handler& handler() {
    run_until([this] { return !accepting_.handlers.empty(); });
    return *accepting_.handlers.back();
  }

  sys::SystemClock clock_;
  std::unique_ptr<sys::Uring> uring_;
  std::unique_ptr<sys::UringNetwork> network_;
  std::unique_ptr<reactor::Reactor> reactor_;
  std::unique_ptr<TcpTransport> transport_;
  Accepting accepting_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
};

TEST_F(TcpTransportTest, PassesBytesBothWays) {
  Client client(port_);
  Handler& server = handler();
  client.send("hello\n");
  run_until([&] { return server.lines == "hello\n"; });
  accepting_.connections[0]->send(base::as_bytes("copied "));
  accepting_.connections[0]->send_static(base::as_bytes("static"));
  run_until([&] { return client.receive(), client.received == "copied static"; });
  EXPECT_GE(server.writable_calls, 1);
  EXPECT_EQ(accepting_.connections[0]->peer_address(), "127.0.0.1");
  EXPECT_EQ(transport_->connection_count(), 1U);
}

TEST_F(TcpTransportTest, PutsSplitMessagesTogether) {
  Client client(port_);
  Handler& server = handler();
  std::string line;
  for (int piece = 0; piece < 20; ++piece) {
    line += std::string(500, static_cast<char>('a' + piece));
    client.send(std::string_view(line).substr(line.size() - 500));
    run_until([&] { return server.largest_piece == line.size(); });
  }
  EXPECT_EQ(server.lines, "");
  client.send("\nnext");
  run_until([&] { return server.lines == line + '\n'; });
  client.send("\n");
  run_until([&] { return server.lines == line + "\nnext\n"; });
}

TEST_F(TcpTransportTest, ShowsAWholeMessageWithoutCopying) {
  Client client(port_);
  Handler& server = handler();
  for (int index = 0; index < 10; ++index) {
    client.send("request\n");
    run_until([&] { return server.received_calls == index + 1; });
  }
  EXPECT_EQ(transport_->counters().reassembled.load(), 0U);
}

// Twenty mebibytes through four receive buffers: running out of them slows down and loses nothing.
TEST_F(TcpTransportTest, TakesLargeBodiesThroughFewBuffers) {
  start({}, {4, 4096});
  accepting_.on_accepted = [](Connection& connection, Handler&) {
    connection.expect_bytes(std::size_t{21} << 20);
  };
  Client client(port_);
  Handler& server = handler();
  std::string body(std::size_t{20} << 20, 'x');
  for (std::size_t index = 0; index < body.size(); index += 4093) {
    body[index] = static_cast<char>('a' + index % 26);
  }
  body.back() = '\n';
  server.on_received = [&server](Connection&, std::string_view text) {
    if (text.back() != '\n') {
      return std::size_t{0};
    }
    server.lines = text;
    return text.size();
  };
  std::size_t sent = 0;
  run_until([&] {
    sent += client.send(std::string_view(body).substr(sent));
    return server.lines.size() == body.size();
  });
  EXPECT_EQ(server.lines, body);
}

// What is announced to be large is received into its place: but for the piece that announced it
// nothing is copied. After a small message, which is received otherwise, it still arrives.
TEST_F(TcpTransportTest, ALargeMessageComesStraightToItsPlace) {
  const std::string large = std::string(300'000, 'a') + '\n';
  Client client(port_);
  Handler& server = handler();
  std::string seen;
  server.on_received = [&](Connection& connection, std::string_view text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
      connection.expect_bytes(large.size() * 2);
      connection.await_bytes(large.size());
      return std::size_t{0};
    }
    seen += text.substr(0, end + 1);
    return end + 1;
  };
  std::string sent;
  const auto send = [&](const std::string& message) {
    std::size_t taken = 0;
    sent += message;
    run_until([&] {
      taken += client.send(std::string_view(message).substr(taken));
      return seen.size() == sent.size();
    });
    EXPECT_EQ(seen, sent);
  };
  send(large);
  EXPECT_EQ(transport_->counters().reassembled.load(), 1U);
  send(large);
  EXPECT_EQ(transport_->counters().reassembled.load(), 2U);
  send("small\n");
  send("small\n");
  send(large);
  send("small\n");
  send(large);
  EXPECT_EQ(transport_->counters().received_bytes.load(), sent.size());
}

// Bytes that nobody wants need not be shown, whatever carries them; those behind them are.
TEST_F(TcpTransportTest, SkipsWhatNobodyWantsToSee) {
  constexpr std::size_t kUnwanted = 3'000'000;
  const std::string message = "head\n" + std::string(kUnwanted, 'x') + "tail\n";
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
  Client tcp(port_);
  handler();
  transport_->adopt(pair[0], {}, accepting_);
  ASSERT_EQ(accepting_.handlers.size(), 2U);
  for (std::size_t index = 0; index < 2; ++index) {
    SCOPED_TRACE(index == 0 ? "TCP" : "unix");
    Handler& server = *accepting_.handlers[index];
    std::size_t left = kUnwanted;
    server.on_received = [&](Connection& connection, std::string_view text) {
      if (server.lines.empty()) {
        server.lines = text.substr(0, 5);
        return std::size_t{5};
      }
      const auto unwanted = std::min(left, text.size());
      left -= unwanted;
      connection.skip_bytes(left);
      server.lines += text.substr(unwanted);
      return text.size();
    };
    server.on_skipped = [&](Connection& connection, std::size_t bytes) {
      left -= bytes;
      connection.skip_bytes(left);
    };
    std::size_t sent = 0;
    run_until([&] {
      const auto rest = std::string_view(message).substr(sent);
      const auto count = ::send(pair[1], rest.data(), index == 0 ? 0 : rest.size(), MSG_NOSIGNAL);
      sent += index == 0 ? tcp.send(rest) : (count > 0 ? static_cast<std::size_t>(count) : 0);
      return server.lines == "head\ntail\n";
    });
    EXPECT_EQ(left, 0U);
    EXPECT_GT(server.skipped_bytes, kUnwanted / 2);
  }
  ::close(pair[1]);
}

// A message that breaks off, and a connection that is given up, while it is under way.
TEST_F(TcpTransportTest, LetsGoOfALargeMessageThatIsNotComing) {
  for (const bool is_reset : {false, true}) {
    const auto before = accepting_.handlers.size();
    Client client(port_);
    run_until([&] { return accepting_.handlers.size() > before; });
    Handler& server = handler();
    server.on_received = [](Connection& connection, std::string_view) {
      connection.expect_bytes(1'000'000);
      connection.await_bytes(500'000);
      return std::size_t{0};
    };
    client.send(std::string(20'000, 'x'));
    run_until([&] { return server.largest_piece == 20'000; });
    if (is_reset) {
      client.reset();
    } else {
      accepting_.connections.back()->abort();
    }
    run_until([&] { return server.closed_calls == 1; });
  }
  EXPECT_EQ(transport_->connection_count(), 0U);
}

TEST_F(TcpTransportTest, ClosesAboveTheUnconsumedBound) {
  accepting_.on_accepted = [](Connection& connection, Handler&) { connection.expect_bytes(1000); };
  Client client(port_);
  Handler& server = handler();
  client.send(std::string(5000, 'x'));
  run_until([&] { return server.closed_calls == 1; });
  EXPECT_EQ(transport_->counters().overflowed.load(), 1U);
  EXPECT_EQ(transport_->connection_count(), 0U);
}

TEST_F(TcpTransportTest, DeliversAQueueLargerThanTheSocketBuffer) {
  Client client(port_);
  handler();
  std::string expected;
  for (int index = 0; index < 300; ++index) {
    const std::string piece(40'000, static_cast<char>('a' + index % 26));
    expected += piece;
    accepting_.connections[0]->send(base::as_bytes(piece));
  }
  EXPECT_EQ(accepting_.connections[0]->send_backlog_bytes(), expected.size());
  accepting_.connections[0]->close_after_sending();
  bool is_over = false;
  run_until([&] { return is_over = client.receive(), is_over; });
  EXPECT_EQ(client.received, expected);
  EXPECT_FALSE(client.was_reset);
  client.close();
  run_until([&] { return transport_->connection_count() == 0; });
}

// The answer must arrive although the client is still sending when the server closes.
TEST_F(TcpTransportTest, ClosingDoesNotResetAClientThatIsStillSending) {
  accepting_.on_accepted = [](Connection&, Handler& handler) {
    handler.on_received = [](Connection& connection, std::string_view text) {
      connection.send_static(base::as_bytes("refused"));
      connection.close_after_sending();
      return text.size();
    };
  };
  Client client(port_);
  handler();
  const std::string junk(100'000, 'j');
  client.send(junk);
  bool is_over = false;
  run_until([&] {
    client.send(junk);
    return is_over = client.receive(), is_over;
  });
  EXPECT_EQ(client.received, "refused");
  EXPECT_FALSE(client.was_reset);
  client.close();
  run_until([&] { return transport_->connection_count() == 0; });
}

TEST_F(TcpTransportTest, LingersOnlyForAWhile) {
  TcpTransport::Options options;
  options.linger_ms = 20;
  start(options, {});
  Client client(port_);
  Handler& server = handler();
  accepting_.connections[0]->close_after_sending();
  run_until([&] { return server.closed_calls == 1; });
}

TEST_F(TcpTransportTest, AnswersAfterTheClientsHalfClose) {
  Client client(port_);
  Handler& server = handler();
  server.closes_when_peer_finishes = false;
  client.send("last\n");
  client.finish();
  run_until([&] { return server.finished_calls == 1; });
  EXPECT_EQ(server.lines, "last\n");
  accepting_.connections[0]->send(base::as_bytes("answer"));
  accepting_.connections[0]->close_after_sending();
  bool is_over = false;
  run_until([&] { return is_over = client.receive(), is_over; });
  EXPECT_EQ(client.received, "answer");
  run_until([&] { return server.closed_calls == 1; });
}

TEST_F(TcpTransportTest, SurvivesAReset) {
  auto client = std::make_unique<Client>(port_);
  Handler& server = handler();
  client->reset();
  run_until([&] { return server.closed_calls == 1; });
  EXPECT_EQ(server.finished_calls, 0);
  Client other(port_);
  run_until([&] { return accepting_.handlers.size() == 2; });
}

TEST_F(TcpTransportTest, FiresTimeoutsAndDisarmsThem) {
  Client client(port_);
  Handler& server = handler();
  accepting_.connections[0]->set_timeout(5);
  accepting_.connections[0]->set_timeout(0);
  accepting_.connections[0]->set_timeout(10);
  run_until([&] { return server.closed_calls == 1; });
  EXPECT_EQ(server.timed_out_calls, 1);
}

TEST_F(TcpTransportTest, PausedConnectionsKeepTheirBytes) {
  Client client(port_);
  Handler& server = handler();
  accepting_.connections[0]->pause_receiving();
  client.send("one\ntwo");
  for (int step = 0; step < 20; ++step) {
    reactor_->turn(1'000'000);
  }
  EXPECT_EQ(server.received_calls, 0);
  accepting_.connections[0]->resume_receiving();
  run_until([&] { return server.lines == "one\n"; });
  client.send("\n");
  client.finish();
  run_until([&] { return server.finished_calls == 1; });
  EXPECT_EQ(server.lines, "one\ntwo\n");
}

// A handler that stops in the middle of a pipeline is shown the rest again when it resumes,
// although nothing arrives.
TEST_F(TcpTransportTest, ResumingShowsKeptBytesAgain) {
  Client client(port_);
  Handler& server = handler();
  server.on_received = [](Connection& connection, std::string_view text) {
    connection.pause_receiving();
    return text.find('\n') + 1;
  };
  client.send("first\nsecond\n");
  run_until([&] { return server.received_calls == 1; });
  server.on_received = nullptr;
  accepting_.connections[0]->resume_receiving();
  run_until([&] { return server.lines == "second\n"; });
}

TEST_F(TcpTransportTest, RefusesBeyondTheConnectionLimit) {
  TcpTransport::Options options;
  options.connections_max = 2;
  options.connections_spare = 0;
  start(options, {});
  Client first(port_);
  Client second(port_);
  run_until([&] { return transport_->connection_count() == 2; });
  Client third(port_);
  bool is_over = false;
  run_until([&] { return is_over = third.receive(), is_over; });
  EXPECT_EQ(transport_->counters().refused.load(), 1U);
  first.close();
  run_until([&] { return transport_->connection_count() == 1; });
  Client fourth(port_);
  run_until([&] { return transport_->connection_count() == 2; });
}

// A crowd that says nothing must not keep others out.
TEST_F(TcpTransportTest, AnIdleConnectionGoesForANewOne) {
  TcpTransport::Options options;
  options.connections_max = 6;
  options.connections_spare = 2;
  start(options, {});
  Client busy(port_);
  Handler& at_work = handler();
  at_work.mobility = Movability::answering;
  std::vector<std::unique_ptr<Client>> silent;
  for (int index = 0; index < 20; ++index) {
    const auto before = accepting_.handlers.size();
    silent.push_back(std::make_unique<Client>(port_));
    run_until([&] { return accepting_.handlers.size() > before; });
  }
  run_until([&] { return transport_->connection_count() <= 5; });
  EXPECT_GE(transport_->counters().evicted.load(), 15U);
  EXPECT_EQ(transport_->counters().refused.load(), 0U);
  EXPECT_EQ(at_work.closed_calls, 0);
}

TEST_F(TcpTransportTest, AcceptorMayRefuse) {
  accepting_.is_refusing = true;
  Client client(port_);
  bool is_over = false;
  run_until([&] { return is_over = client.receive(), is_over; });
  run_until([&] { return transport_->connection_count() == 0; });
}

TEST_F(TcpTransportTest, ReusesConnectionsWithoutMixingThemUp) {
  for (int round = 0; round < 50; ++round) {
    Client client(port_);
    run_until([&] { return accepting_.handlers.size() == static_cast<std::size_t>(round) + 1; });
    Handler& server = *accepting_.handlers.back();
    const std::string line = "round " + std::to_string(round) + "\n";
    client.send(line + "unfinished");
    run_until([&] { return server.lines == line; });
    client.close();
    run_until([&] { return server.closed_calls == 1; });
  }
}

// Another process, played by the test: keeps what it is given.
class Keeping final : public Successor {
 public:
  ~Keeping() {
    for (const int descriptor : descriptors) {
      ::close(descriptor);
    }
  }
  [[nodiscard]] bool take(std::int32_t descriptor, base::Bytes unconsumed) noexcept override {
    if (is_refusing) {
      return false;
    }
    descriptors.push_back(::dup(descriptor));
    rests.emplace_back(base::as_text(unconsumed));
    return true;
  }
  bool is_refusing = false;
  std::vector<int> descriptors;
  std::vector<std::string> rests;
};

TEST_F(TcpTransportTest, MovesConnectionsWithTheirUnconsumedBytes) {
  Client client(port_);
  Handler& server = handler();
  client.send("line\nrest");
  run_until([&] { return server.lines == "line\n"; });
  Keeping keeping;
  run_until([&] { return transport_->move_out(keeping) == 0; });
  ASSERT_EQ(keeping.rests, std::vector<std::string>{"rest"});
  run_until([&] { return server.closed_calls == 1; });
  EXPECT_FALSE(client.receive()) << "the peer must not notice";
  client.send(" and more\n");

  transport_->adopt(::dup(keeping.descriptors[0]), base::as_bytes(keeping.rests[0]), accepting_);
  run_until([&] { return accepting_.handlers.back()->lines == "rest and more\n"; });
  accepting_.connections.back()->send(base::as_bytes("answer"));
  run_until([&] { return client.receive(), client.received == "answer"; });
}

// Bytes of a body that the next process gets at once, larger than what a connection keeps unasked.
TEST_F(TcpTransportTest, AdoptsMoreThanAConnectionKeepsByDefault) {
  Client client(port_);
  handler();
  const std::string rest(200'000, 'r');
  Keeping keeping;
  run_until([&] { return transport_->move_out(keeping) == 0; });
  client.send("s\n");
  transport_->adopt(::dup(keeping.descriptors[0]), base::as_bytes(rest), accepting_);
  run_until([&] { return accepting_.handlers.back()->lines == rest + "s\n"; });
}

TEST_F(TcpTransportTest, AnAnswerUnderWayLeavesFirst) {
  Client client(port_);
  Handler& server = handler();
  server.mobility = Movability::answering;
  Keeping keeping;
  for (int step = 0; step < 20; ++step) {
    EXPECT_EQ(transport_->move_out(keeping), 1U);
    reactor_->turn(100'000);
  }
  client.send("for the next process\n");
  const std::string answer(3'000'000, 'a');
  accepting_.connections[0]->send(base::as_bytes(answer));
  server.mobility = Movability::movable;
  run_until([&] { return client.receive(), transport_->move_out(keeping) == 0; });
  EXPECT_EQ(client.received, answer);
  EXPECT_EQ(server.lines, "");
  EXPECT_EQ(keeping.descriptors.size(), 1U);
}

TEST_F(TcpTransportTest, WhatCannotMoveGoesOnReceiving) {
  const struct {
    Movability mobility;
    bool is_refusing;
    std::uint32_t waiting;
  } cases[] = {{Movability::receiving, false, 1},
               {Movability::staying, false, 0},
               {Movability::movable, true, 1}};
  for (const auto& item : cases) {
    Client client(port_);
    const auto before = accepting_.handlers.size();
    run_until([&] { return accepting_.handlers.size() > before; });
    Handler& server = *accepting_.handlers.back();
    server.mobility = item.mobility;
    Keeping keeping;
    keeping.is_refusing = item.is_refusing;
    for (int step = 0; step < 20; ++step) {
      EXPECT_EQ(transport_->move_out(keeping), item.waiting);
      reactor_->turn(100'000);
    }
    client.send("still served\n");
    run_until([&] {
      return static_cast<void>(transport_->move_out(keeping)), server.lines == "still served\n";
    });
    client.close();
    run_until(
        [&] { return static_cast<void>(transport_->move_out(keeping)), server.closed_calls == 1; });
  }
}

class Connecting final : public ConnectListener {
 public:
  ConnectionHandler* connected(Connection& made) noexcept override {
    connection = &made;
    return &handler;
  }
  void connect_failed(base::Error error) noexcept override { failure = error; }
  Connection* connection = nullptr;
  base::Error failure;
  Handler handler;
};

TEST_F(TcpTransportTest, ConnectsToUnixSockets) {
  const support::TemporaryDirectory directory;
  const std::string path = (directory.path() / "upstream.sock").string();
  const int upstream = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(upstream, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(upstream, 8), 0);
  Connecting connecting;
  transport_->connect_unix(path, connecting);
  EXPECT_EQ(connecting.connection, nullptr);
  run_until([&] { return connecting.connection != nullptr; });
  const int peer = ::accept(upstream, nullptr, nullptr);
  connecting.connection->send(base::as_bytes("to upstream"));
  ASSERT_EQ(::send(peer, "from upstream\n", 14, 0), 14);
  run_until([&] {
    return connecting.handler.lines == "from upstream\n" && connecting.handler.writable_calls == 1;
  });
  char text[32] = {};
  ASSERT_EQ(::recv(peer, text, sizeof(text), 0), 11);
  EXPECT_STREQ(text, "to upstream");
  EXPECT_EQ(connecting.connection->peer_address(), "");
  ::close(peer);
  run_until([&] { return connecting.handler.closed_calls == 1; });
  ::close(upstream);
}

TEST_F(TcpTransportTest, TellsWhyAUnixConnectFailed) {
  Connecting connecting;
  transport_->connect_unix("/nowhere/upstream.sock", connecting);
  run_until([&] { return connecting.failure.system_errno == ENOENT; });
  transport_->connect_unix(std::string(200, 'x'), connecting);
  run_until([&] { return connecting.failure.system_errno == ENAMETOOLONG; });
}

TEST_F(TcpTransportTest, StopsListeningAndKeepsServing) {
  Client client(port_);
  Handler& server = handler();
  transport_->stop_listening();
  client.send("still here\n");
  run_until([&] { return server.lines == "still here\n"; });
  run_until([&] { return !network_->is_accepting(); });
}

}  // namespace
}  // namespace dp::stream
