// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever the pieces, pauses, half closes, resets and the order of events on many
// connections, a handler sees exactly the bytes its peer sent, the peer gets exactly the answers,
// `closed` comes once and last, nothing leaks. Method: two shards on one simulated clock, stepped
// in turn; every peer's lines are answered by an echo that sometimes pauses, closes or aborts.
// SIM_SEED=<number> replays one seed, SIM_SEEDS=<count> runs a campaign.
#include "dataplane/reactor/reactor.h"
#include "dataplane/stream/tcp_transport.h"
#include "dataplane/sys/sim_events.h"
#include "dataplane/sys/sim_network.h"
#include "tests/support/seeds.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace dp::stream {
namespace {

constexpr std::int32_t kListener = 3;
constexpr std::size_t kShards = 2;

// Answers each line with itself in capitals.
class EchoHandler final : public ConnectionHandler {
 public:
  EchoHandler(Connection& connection, std::mt19937_64& random)
      : connection_(&connection), random_(random) {}

  std::size_t received(Connection& connection, base::Bytes bytes) noexcept override {
    EXPECT_FALSE(is_closed || is_paused || is_closing);
    const std::string_view text = base::as_text(bytes);
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      if (random_() % 2 == 0) {
        connection.await_bytes(bytes.size() + random_() % 1000);  // right or wrong: only a hint
      }
      return 0;
    }
    seen += text.substr(0, end + 1);
    answer(text.substr(0, end + 1));
    disturb(connection);
    if (!is_paused && !is_closing && end + 1 < text.size()) {
      return end + 1 + received(connection, bytes.subspan(end + 1));
    }
    return end + 1;
  }
  void writable(Connection& connection) noexcept override {
    EXPECT_FALSE(is_closed);
    EXPECT_EQ(connection.send_backlog_bytes(), 0U);
  }
  void peer_finished(Connection& connection) noexcept override {
    EXPECT_FALSE(is_closed || is_paused || is_finish_seen);
    is_finish_seen = true;
    is_closing = true;
    connection.close_after_sending();
  }
  void timed_out(Connection& connection) noexcept override {
    EXPECT_FALSE(is_closed);
    if (is_paused) {
      is_paused = false;
      connection.resume_receiving();
    }
  }
  void closed(Connection& connection) noexcept override {
    EXPECT_FALSE(is_closed);
    EXPECT_EQ(&connection, connection_);
    is_closed = true;
  }

  std::string seen;
  std::string answered;
  bool is_paused = false;
  bool is_closing = false;
  bool is_aborted = false;
  bool is_finish_seen = false;
  bool is_closed = false;

 private:
  void answer(std::string_view line) {
    static constexpr std::string_view kStatic = "static answer\n";
    if (random_() % 3 == 0) {
      connection_->send_static(base::as_bytes(kStatic));
      answered += kStatic;
      return;
    }
    connection_->send(base::as_bytes(line));
    answered += line;
  }
  void disturb(Connection& connection) {
    switch (random_() % 40) {
      case 0:
        is_paused = true;
        connection.pause_receiving();
        connection.set_timeout(1 + static_cast<std::uint32_t>(random_() % 20));
        break;
      case 1:
        is_closing = true;
        connection.close_after_sending();
        break;
      case 2:
        is_closing = true;
        is_aborted = true;
        connection.abort();
        break;
      case 3:  // twice at once must be harmless
        connection.pause_receiving();
        connection.resume_receiving();
        break;
      default:
        break;
    }
  }

  Connection* connection_;
  std::mt19937_64& random_;
};

class EchoAcceptor final : public Acceptor {
 public:
  explicit EchoAcceptor(std::mt19937_64& random) : random_(random) {}
  ConnectionHandler* accepted(Connection& connection) noexcept override {
    if (random_() % 50 == 0) {
      return nullptr;
    }
    connection.expect_bytes(std::size_t{1} << 20);
    handlers.push_back(std::make_unique<EchoHandler>(connection, random_));
    return handlers.back().get();
  }
  std::vector<std::unique_ptr<EchoHandler>> handlers;

 private:
  std::mt19937_64& random_;
};

struct Shard {
  Shard(sys::SimClock& clock, std::mt19937_64& random)
      : events(clock),
        network(events, random()),
        reactor(events, clock, {}),
        transport(network, reactor, options()),
        acceptor(random) {
    reactor.add_poller(transport);
    EXPECT_TRUE(transport.listen(kListener, acceptor).has_value());
  }
  static TcpTransport::Options options() {
    TcpTransport::Options chosen;
    chosen.connections_max = 16;
    chosen.linger_ms = 5;
    return chosen;
  }
  sys::SimEvents events;
  sys::SimNetwork network;
  reactor::Reactor reactor;
  TcpTransport transport;
  EchoAcceptor acceptor;
};

struct Peer {
  std::size_t shard = 0;
  std::int32_t descriptor = -1;
  std::string sent;
  bool is_over = false;
  bool has_reset = false;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {
    for (auto& shard : shards_) {
      shard = std::make_unique<Shard>(clock_, random_);
    }
  }

  void run() {
    for (int step = 0; step < 1500 && !testing::Test::HasFailure(); ++step) {
      act();
      turn();
    }
    for (Peer& peer : peers_) {
      shards_[peer.shard]->network.peer_finish(peer.descriptor);
    }
    for (int step = 0; step < 3000; ++step) {
      turn();
    }
    check();
  }

 private:
  void turn() {
    for (auto& shard : shards_) {
      shard->reactor.turn(0);
    }
    clock_.advance_ns(random_() % 400'000);
  }

  void act() {
    if (random_() % 10 == 0 || peers_.empty()) {
      Peer peer;
      peer.shard = random_() % kShards;
      peer.descriptor = shards_[peer.shard]->network.peer_connect(kListener);
      peer.sent = std::to_string(peers_.size()) + '\n';
      shards_[peer.shard]->network.peer_send(peer.descriptor, peer.sent);
      peers_.push_back(peer);
      return;
    }
    Peer& peer = peers_[random_() % peers_.size()];
    sys::SimNetwork& network = shards_[peer.shard]->network;
    if (peer.is_over) {
      return;
    }
    const std::uint64_t choice = random_() % 40;
    if (choice == 0) {
      network.peer_finish(peer.descriptor);
    } else if (choice == 1) {
      network.peer_reset(peer.descriptor);
      peer.has_reset = true;
    } else {
      std::string bytes;  // a burst of lines, the last one often unfinished
      for (std::uint64_t lines = 1 + random_() % 6; lines > 0; --lines) {
        bytes.append(random_() % (choice == 2 ? 20'000 : 200),
                     static_cast<char>('a' + choice % 26));
        bytes += lines == 1 && random_() % 3 == 0 ? "" : "\n";
      }
      network.peer_send(peer.descriptor, bytes);
      peer.sent += bytes;
    }
    peer.is_over = choice <= 1;
  }

  void check() {
    std::size_t served = 0;
    for (const auto& shard : shards_) {
      EXPECT_EQ(shard->transport.connection_count(), 0U);
      for (const auto& handler : shard->acceptor.handlers) {
        EXPECT_TRUE(handler->is_closed);
        served += handler->seen.empty() ? 0U : 1U;
        check_peer_of(*handler, *shard);
      }
    }
    EXPECT_GT(served, 5U);
  }

  // Peers say their number first, so that a handler's peer is known.
  void check_peer_of(const EchoHandler& handler, const Shard& shard) {
    if (handler.seen.empty()) {
      return;
    }
    const Peer& peer = peers_.at(std::stoul(handler.seen));
    ASSERT_EQ(shards_[peer.shard].get(), &shard);
    EXPECT_TRUE(peer.sent.starts_with(handler.seen));
    if (handler.is_finish_seen) {
      EXPECT_EQ(handler.seen.size(), peer.sent.rfind('\n') + 1);
    }
    const std::string& received = shard.network.peer_received(peer.descriptor);
    EXPECT_TRUE(handler.answered.starts_with(received));
    if (!handler.is_aborted && !peer.has_reset) {
      EXPECT_EQ(received.size(), handler.answered.size());
    }
  }

  std::mt19937_64 random_;
  sys::SimClock clock_;
  std::array<std::unique_ptr<Shard>, kShards> shards_;
  std::vector<Peer> peers_;
};

TEST(ConnectionsSim, HoldsForManySeeds) {
  support::for_each_seed(100, [](std::uint64_t seed) { Simulation(seed).run(); });
}

}  // namespace
}  // namespace dp::stream
