// SPDX-License-Identifier: LicenseRef-Project
// Connections over kernel sockets: the transport of laptops, CI and every server without its own
// NIC queue.
#pragma once

#include "dataplane/reactor/reactor.h"
#include "dataplane/stream/connection.h"
#include "dataplane/sys/network.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace dp::stream {

/// All connections of one shard. Owner: the shard. Thread: its own.
/// Bounds: `connections_max`; per connection an unconsumed piece (`Connection::expect_bytes`) and a
/// send backlog. Failure: a connection in breach of a bound is closed; accepting pauses while
/// descriptors are short. Add it to the reactor as the last poller: it starts the sends of the
/// turn.
class TcpTransport final : public Transport, public reactor::Poller {
 public:
  struct Options {
    std::uint32_t connections_max = 16384;   ///< Accepted beyond it: closed at once.
    std::uint32_t connections_spare = 1024;  ///< Of these: an idle one goes for each new one.
    std::size_t unconsumed_bytes_default = 64 << 10;  ///< Until `expect_bytes` says otherwise.
    std::size_t send_backlog_bytes_max = 64 << 20;    ///< Beyond it the connection is closed.
    std::uint32_t send_stall_ms =
        30'000;                      ///< After `close_after_sending`: closed without progress.
    std::uint32_t linger_ms = 2000;  ///< How long a closing peer may take to say goodbye.
  };

  /// Numbers for /metrics; one writer, readable from any thread.
  struct Counters {
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> refused{0};  ///< Over `connections_max`, or refused by the acceptor.
    std::atomic<std::uint64_t> accept_errors{0};
    std::atomic<std::uint64_t> evicted{0};  ///< Idle ones closed to make room.
    std::atomic<std::uint64_t> closed{0};
    std::atomic<std::uint64_t> received_bytes{0};
    std::atomic<std::uint64_t> sent_bytes{0};
    std::atomic<std::uint64_t> reassembled{
        0};  ///< Pieces that had to be copied because a message was split.
    std::atomic<std::uint64_t> overflowed{0};  ///< Closed because a bound was breached.
  };

  TcpTransport(sys::Network& network, reactor::Reactor& reactor, Options options);
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;
  TcpTransport(TcpTransport&&) = delete;
  TcpTransport& operator=(TcpTransport&&) = delete;
  /// Closes every descriptor. The event queue has been shut down by then; handlers are not told.
  ~TcpTransport();

  /// The descriptor stays the caller's.
  base::Result<void> listen(int descriptor, Acceptor& acceptor) noexcept override;
  void connect_unix(std::string_view path, ConnectListener& listener) noexcept override;
  [[nodiscard]] std::uint32_t connection_count() const noexcept override;

  /// Stops accepting; existing connections go on. The first step of an orderly stop.
  void stop_listening() noexcept;

  /// Goes on with a connection that another process had accepted and received `unconsumed` on. The
  /// descriptor is the transport's from now on.
  void adopt(std::int32_t descriptor, base::Bytes unconsumed, Acceptor& acceptor) noexcept;

  /// Gives `successor` every connection that can move now, stops receiving on those that can move
  /// when they have answered, and returns how many are worth waiting for: call it again. A
  /// connection that moved closes here without the peer noticing.
  std::uint32_t move_out(Successor& successor) noexcept;

  [[nodiscard]] const Counters& counters() const noexcept;

  std::uint32_t poll(std::uint64_t now_ns, std::uint32_t budget) noexcept override;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace dp::stream
