// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/stream/tcp_transport.h"

#include "dataplane/stream/internal/tcp_connection.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace dp::stream {
namespace {

using internal::TcpConnection;
using internal::TcpContext;

/// Accepting that failed (no descriptors left) is tried again after this long.
constexpr std::uint32_t kAcceptRetryMs = 100;
/// Connections may make each other due (the proxy); more rounds than this wait for the next turn.
constexpr int kRoundsPerPoll = 4;
/// Connections looked at to find one that is idle.
constexpr std::size_t kEvictionLooks = 64;

void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

class TcpTransport::State {
 public:
  State(sys::Network& network, reactor::Reactor& reactor, const Options& options)
      : context(network, reactor, options) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;

  ~State() {
    for (const auto& connection : connections) {
      if (connection->descriptor() >= 0) {
        context.network.discard(connection->descriptor());
      }
    }
  }

  // A connection for `descriptor`, reused or new.
  TcpConnection& open(std::int32_t descriptor) {
    if (context.free_list == nullptr) {
      connections.push_back(std::make_unique<TcpConnection>(context));
      context.free_list = connections.back().get();
    }
    TcpConnection& connection = *context.free_list;
    context.free_list = std::exchange(connection.next, nullptr);
    ++context.open_count;
    connection.open(descriptor);
    return connection;
  }

  // Closes an idle connection, the next in turn, so that a crowd of silent ones keeps nobody out.
  void evict_idle() noexcept {
    const auto looks = std::min<std::size_t>(kEvictionLooks, connections.size());
    for (std::size_t look = 0; look < looks; ++look) {
      eviction_hand = (eviction_hand + 1) % connections.size();
      if (connections[eviction_hand]->close_if_idle()) {
        add(context.counters.evicted, 1);
        return;
      }
    }
  }

  // A connection from a listener, or with `unconsumed` bytes from another process.
  void accept(std::int32_t descriptor, base::Bytes unconsumed, Acceptor& acceptor) {
    if (context.open_count >= context.options.connections_max) {
      add(context.counters.refused, 1);
      context.network.discard(descriptor);
      return;
    }
    if (context.open_count + context.options.connections_spare >= context.options.connections_max) {
      evict_idle();
    }
    TcpConnection& connection = open(descriptor);
    ConnectionHandler* handler = acceptor.accepted(connection);
    add(handler == nullptr ? context.counters.refused : context.counters.accepted, 1);
    connection.start(handler);
    connection.show_first(unconsumed);
  }

  class Listener final : public sys::AcceptListener, public reactor::TimerListener {
   public:
    Listener(State& state, int descriptor, Acceptor& acceptor) noexcept
        : state_(state), descriptor_(descriptor), acceptor_(acceptor), retry_(*this) {}

    void descriptor_accepted(std::int32_t descriptor) noexcept override {
      state_.accept(descriptor, {}, acceptor_);
    }

    void accept_failed(std::int32_t /*error*/) noexcept override {
      add(state_.context.counters.accept_errors, 1);
      state_.context.reactor.timers().arm(retry_, kAcceptRetryMs);
    }

    void timer_fired(reactor::Timer& /*timer*/) noexcept override {
      state_.context.network.accept(descriptor_, *this);
    }

    void stop() noexcept { reactor::TimerWheel::disarm(retry_); }

   private:
    State& state_;
    int descriptor_;
    Acceptor& acceptor_;
    reactor::Timer retry_;
  };

  // One attempt to connect out; kept for reuse.
  class Attempt final : public sys::ConnectCompletion {
   public:
    explicit Attempt(State& state) noexcept : state_(state) {}

    void start(std::string_view path, ConnectListener& listener) noexcept {
      listener_ = &listener;
      state_.context.network.connect_unix(path, *this);
    }

    void connect_done(std::int32_t result) noexcept override {
      ConnectListener& listener = *std::exchange(listener_, nullptr);
      if (result < 0) {
        listener.connect_failed(base::Error::from_errno(-result));
        return;
      }
      TcpConnection& connection = state_.open(result);
      connection.start(listener.connected(connection));
    }

    [[nodiscard]] bool is_free() const noexcept { return listener_ == nullptr; }

   private:
    State& state_;
    ConnectListener* listener_ = nullptr;
  };

  Attempt& free_attempt() {
    for (const auto& attempt : attempts) {
      if (attempt->is_free()) {
        return *attempt;
      }
    }
    attempts.push_back(std::make_unique<Attempt>(*this));
    return *attempts.back();
  }

  TcpContext context;
  std::vector<std::unique_ptr<TcpConnection>> connections;
  std::size_t eviction_hand = 0;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<std::unique_ptr<Attempt>> attempts;
};

TcpTransport::TcpTransport(sys::Network& network, reactor::Reactor& reactor, Options options)
    : state_(std::make_unique<State>(network, reactor, options)) {}

TcpTransport::~TcpTransport() = default;

base::Result<void> TcpTransport::listen(int descriptor, Acceptor& acceptor) noexcept {
  state_->listeners.push_back(std::make_unique<State::Listener>(*state_, descriptor, acceptor));
  state_->context.network.accept(descriptor, *state_->listeners.back());
  return {};
}

void TcpTransport::connect_unix(std::string_view path, ConnectListener& listener) noexcept {
  state_->free_attempt().start(path, listener);
}

std::uint32_t TcpTransport::connection_count() const noexcept { return state_->context.open_count; }

void TcpTransport::stop_listening() noexcept {
  for (const auto& listener : state_->listeners) {
    listener->stop();
  }
  state_->context.network.stop_accepting();
}

void TcpTransport::adopt(std::int32_t descriptor, base::Bytes unconsumed,
                         Acceptor& acceptor) noexcept {
  state_->accept(descriptor, unconsumed, acceptor);
}

std::uint32_t TcpTransport::move_out(Successor& successor) noexcept {
  std::uint32_t waiting = 0;
  for (const auto& connection : state_->connections) {
    waiting += connection->move_out(successor) ? 1U : 0U;
  }
  return waiting;
}

const TcpTransport::Counters& TcpTransport::counters() const noexcept {
  return state_->context.counters;
}

std::uint32_t TcpTransport::poll(std::uint64_t /*now_ns*/, std::uint32_t budget) noexcept {
  TcpContext& context = state_->context;
  context.has_shown_kept_bytes = false;
  std::uint32_t work = 0;
  for (int round = 0; round < kRoundsPerPoll && context.due != nullptr; ++round) {
    TcpConnection* connection = TcpConnection::take_due(context);
    while (connection != nullptr) {
      TcpConnection* following = connection->detach_due();
      connection->step();
      connection = following;
      ++work;
    }
  }
  // Handlers that were shown bytes may have left work for pollers that had their turn before.
  const bool is_unfinished = context.due != nullptr || context.has_shown_kept_bytes;
  return is_unfinished ? budget : (work < budget ? work : budget - 1);
}

}  // namespace dp::stream
