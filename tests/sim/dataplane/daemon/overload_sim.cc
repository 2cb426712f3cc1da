// SPDX-License-Identifier: LicenseRef-Project
// Goal: a shard that is offered five times what it can do does as much as ever, says no to the rest
// at once and undecoded, keeps the log going, and serves small requests as if nothing were (T14 of
// the budgets). Method: gate, line, capture service and log writer on simulated clock, network and
// disk; decoding a batch moves the clock; an open loop keeps its schedule whatever the answers.
// SIM_SEED=<number> replays one seed.
#include "dataplane/capture/service.h"
#include "dataplane/daemon/gate.h"
#include "dataplane/http/session.h"
#include "dataplane/reactor/reactor.h"
#include "dataplane/stream/tcp_transport.h"
#include "dataplane/sys/sim_disk.h"
#include "dataplane/sys/sim_events.h"
#include "dataplane/sys/sim_network.h"
#include "dataplane/wal/writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace dp::daemon {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::int32_t kListener = 3;
constexpr std::size_t kConnections = 600;
constexpr std::uint64_t kBatchNs = 500'000;  // so the shard can do 2,000 a second
constexpr std::uint64_t kOffer = 5;
constexpr std::uint64_t kDurationNs = 1'000 * kMs;
constexpr std::uint64_t kSingleEveryNs = 25 * kMs;

/// Takes its time for large bodies, then does what the capture service does.
class CostlyService final : public http::Service {
 public:
  CostlyService(http::Service& service, sys::SimClock& clock) : service_(service), clock_(clock) {}
  void handle(const http::Request& request, http::Exchange exchange) noexcept override {
    if (request.body.size() > http::WorkLine::kLightBodyBytes) {
      clock_.advance_ns(kBatchNs);
    }
    ++decoded;
    service_.handle(request, exchange);
  }
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override {
    return service_.refuse(refusal);
  }

  std::uint64_t decoded = 0;

 private:
  http::Service& service_;
  sys::SimClock& clock_;
};

class OneService final : public http::Router {
 public:
  explicit OneService(http::Service& service) : service_(service) {}
  http::Route route(const http::Request& /*head*/) noexcept override {
    return {&service_, nullptr, capture::kBodyBytesMax};
  }

 private:
  http::Service& service_;
};

std::string batch_request() {
  std::string body = R"({"api_key":"phc_overload","batch":[)";
  while (body.size() < http::WorkLine::kLightBodyBytes + 1000) {
    body += R"({"event":"$screen","distinct_id":"user","properties":{"$os":"Android"}},)";
  }
  body.back() = ']';
  body += '}';
  return "POST /batch/ HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string single_request() {
  const std::string body = R"({"api_key":"phc_overload","event":"tap","distinct_id":"user"})";
  return "POST /i/v0/e/ HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::int64_t wall_clock_us() noexcept { return 1'700'000'000'000'000; }

/// One client and what it waits for.
struct Peer {
  std::int32_t descriptor = -1;
  std::size_t seen_bytes = 0;
  std::uint64_t intended_ns = 0;
  bool is_single = false;
  bool is_busy = false;
};

class Simulation final : public reactor::Poller {
 public:
  explicit Simulation(std::uint64_t seed)
      : disk_(seed), network_(events_, seed + 1), writer_(disk_, acknowledger_, options()) {
    disk_.attach(events_);
    network_.stop_splitting();
    disk_.set_delay_ns_max(3 * kMs);
    sessions_.line = &line_;
    EXPECT_TRUE(writer_.open().has_value());
    acknowledger_.start(writer_);
    reactor_.add_poller(line_);
    reactor_.add_poller(writer_);
    reactor_.add_poller(*this);
    reactor_.add_poller(transport_);
    EXPECT_TRUE(transport_.listen(kListener, pool_).has_value());
    while (!writer_.is_writable()) {
      reactor_.turn(kMs);
    }
    for (std::size_t index = 0; index <= kConnections; ++index) {
      peers_.push_back({network_.peer_connect(kListener)});
    }
    peers_.back().is_single = true;
  }

  void run() {
    started_ns_ = clock_.monotonic_ns();
    next_batch_ns_ = started_ns_;
    next_single_ns_ = started_ns_;
    while (clock_.monotonic_ns() < started_ns_ + kDurationNs) {
      offer();
      const auto before = clock_.monotonic_ns();
      reactor_.turn(kBatchNs / kOffer);
      longest_turn_ns_ = std::max(longest_turn_ns_, clock_.monotonic_ns() - before);
      read_answers();
      longest_wait_ns_ = std::max(longest_wait_ns_, line_.expected_wait_ns());
    }
    check();
  }

  std::uint32_t poll(std::uint64_t now_ns, std::uint32_t /*budget*/) noexcept override {
    admission_.turn_ended(now_ns, acknowledger_.waiting_count(), writer_.counters().flushes.load());
    return 0;
  }

 private:
  wal::Writer::Options options() {
    wal::Writer::Options chosen;
    chosen.timers = &reactor_.timers();
    return chosen;
  }

  void send(Peer& peer, std::uint64_t intended_ns) {
    peer.is_busy = true;
    peer.intended_ns = intended_ns;
    network_.peer_send(peer.descriptor, peer.is_single ? single_ : batch_);
  }

  // Sends what is due, the oldest first; who finds no free connection waits for one.
  void offer() {
    const auto now_ns = clock_.monotonic_ns();
    for (; next_batch_ns_ <= now_ns; next_batch_ns_ += kBatchNs / kOffer) {
      waiting_.push_back(next_batch_ns_);
    }
    for (std::size_t index = 0; index < kConnections && !waiting_.empty(); ++index) {
      if (!peers_[index].is_busy) {
        send(peers_[index], waiting_.front());
        waiting_.pop_front();
      }
    }
    if (next_single_ns_ <= now_ns && !peers_.back().is_busy) {
      send(peers_.back(), next_single_ns_);
      next_single_ns_ += kSingleEveryNs;
    }
  }

  void read_answers() {
    for (Peer& peer : peers_) {
      const std::string_view answer =
          std::string_view(network_.peer_received(peer.descriptor)).substr(peer.seen_bytes);
      const bool is_ok = answer.ends_with(R"({"status":"Ok"})");
      if (!is_ok && !answer.ends_with("please retry")) {
        continue;
      }
      EXPECT_TRUE(is_ok || answer.find("retry-after: 30\r\n") != std::string_view::npos);
      peer.seen_bytes += answer.size();
      peer.is_busy = false;
      const auto took_ns = clock_.monotonic_ns() - peer.intended_ns;
      auto& slowest_ns =
          peer.is_single ? slowest_single_ns_ : (is_ok ? slowest_batch_ns_ : slowest_refusal_ns_);
      slowest_ns = std::max(slowest_ns, took_ns);
      ++(peer.is_single ? singles_ : (is_ok ? accepted_ : refused_));
      EXPECT_TRUE(is_ok || !peer.is_single) << "small requests are always served";
    }
  }

  void check() const {
    EXPECT_GE(accepted_ * kBatchNs * 100, kDurationNs * 90) << "goodput / capacity";
    EXPECT_GE(refused_, accepted_ * (kOffer - 1) * 9 / 10) << "the others are not kept waiting";
    const auto& outcomes = acknowledger_.counters();
    EXPECT_EQ(costly_.decoded,
              outcomes.of(capture::Outcome::accepted) + acknowledger_.waiting_count())
        << "what is refused is not decoded";
    EXPECT_EQ(outcomes.of(capture::Outcome::log_full), 0U);
    EXPECT_LE(slowest_refusal_ns_, 20 * kMs);
    EXPECT_LE(slowest_batch_ns_, 2 * capture::Admission::kWaitNsMax);
    EXPECT_LE(longest_turn_ns_, http::WorkLine::kTurnNsMax + kBatchNs + kBatchNs / kOffer);
    EXPECT_LE(longest_wait_ns_, 2 * capture::Admission::kWaitNsMax) << "bounds the memory";
    EXPECT_GE(writer_.counters().flushes.load(), kDurationNs / (20 * kMs)) << "in between turns";
    EXPECT_GE(singles_, kDurationNs / kSingleEveryNs - 2);
    EXPECT_LE(slowest_single_ns_, 25 * kMs) << "two flushes and the turns around them";
  }

  sys::SimClock clock_;
  sys::SimEvents events_{clock_};
  sys::SimDisk disk_;
  sys::SimNetwork network_;
  reactor::Reactor reactor_{events_, clock_, {}};
  capture::Acknowledger acknowledger_;
  wal::Writer writer_;
  capture::Admission admission_;
  http::WorkLine line_{clock_};
  capture::CaptureService capture_{
      acknowledger_, capture::Intake{wall_clock_us, format::AddressPolicy::discard, nullptr}};
  CostlyService costly_{capture_, clock_};
  Gate gate_{costly_, {admission_, line_, writer_}};
  OneService router_{gate_};
  http::SessionContext sessions_{router_};
  http::SessionPool pool_{sessions_, kConnections + 1};
  stream::TcpTransport transport_{network_, reactor_, {}};
  const std::string batch_ = batch_request();
  const std::string single_ = single_request();
  std::vector<Peer> peers_;
  std::deque<std::uint64_t> waiting_;
  std::uint64_t started_ns_ = 0;
  std::uint64_t next_batch_ns_ = 0;
  std::uint64_t next_single_ns_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t singles_ = 0;
  std::uint64_t slowest_batch_ns_ = 0;
  std::uint64_t slowest_refusal_ns_ = 0;
  std::uint64_t slowest_single_ns_ = 0;
  std::uint64_t longest_turn_ns_ = 0;
  std::uint64_t longest_wait_ns_ = 0;
};

TEST(OverloadSim, FiveTimesTheCapacityLeavesGoodputAndRefusesAtOnce) {
  if (const char* seed = std::getenv("SIM_SEED")) {
    SCOPED_TRACE(seed);
    Simulation(std::stoull(seed)).run();
    return;
  }
  for (std::uint64_t seed = 1; seed <= 2 && !HasFailure(); ++seed) {
    SCOPED_TRACE("SIM_SEED=" + std::to_string(seed));
    Simulation(seed).run();
  }
}

}  // namespace
}  // namespace dp::daemon
