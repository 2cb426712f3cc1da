// SPDX-License-Identifier: LicenseRef-Project
// One connection of the TcpTransport: reassembly, send queue, timeout, and the steps of closing.
#pragma once

#include "dataplane/reactor/timer_wheel.h"
#include "dataplane/stream/connection.h"
#include "dataplane/stream/internal/buffer_pool.h"
#include "dataplane/stream/internal/send_queue.h"
#include "dataplane/stream/tcp_transport.h"
#include "dataplane/sys/network.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dp::stream::internal {

class TcpConnection;

/// What the connections of one shard share; owned by the transport.
struct TcpContext {
  TcpContext(sys::Network& network_to_use, reactor::Reactor& loop,
             const TcpTransport::Options& chosen) noexcept
      : network(network_to_use), reactor(loop), options(chosen) {}

  sys::Network& network;
  reactor::Reactor& reactor;
  TcpTransport::Options options;
  BufferPool buffers;
  TcpTransport::Counters counters;
  TcpConnection* due = nullptr;        // have something to do in the next poll
  TcpConnection* free_list = nullptr;  // closed, ready for reuse
  std::uint32_t open_count = 0;
  bool has_shown_kept_bytes = false;  // during this poll
};

/// Phases: serving -> draining (close_after_sending: answers leave) -> lingering (FIN sent, the
/// peer's last bytes are dropped, so that a reset does not overtake the answer) -> closing (the
/// network lets go) -> free.
class TcpConnection final : public Connection,
                            public sys::SocketListener,
                            public reactor::TimerListener {
 public:
  explicit TcpConnection(TcpContext& context) noexcept;
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;
  TcpConnection(TcpConnection&&) = delete;
  TcpConnection& operator=(TcpConnection&&) = delete;
  ~TcpConnection();

  /// Starts a new life on `descriptor`; `start` follows when the handler is known.
  void open(std::int32_t descriptor) noexcept;
  /// Begins to receive for `handler`; nullptr refuses the connection.
  void start(ConnectionHandler* handler) noexcept;
  /// Right after `start`: `bytes` were received on the descriptor before this life.
  void show_first(base::Bytes bytes) noexcept;
  /// A step of moving to another process. Returns whether further steps may help.
  bool move_out(Successor& successor) noexcept;
  /// Ends it unless something is under way or kept; whether it did.
  bool close_if_idle() noexcept;
  /// What became due: kept bytes, sends, the next step of closing.
  void step() noexcept;
  [[nodiscard]] std::int32_t descriptor() const noexcept { return socket_.descriptor; }

  /// Takes the connections that are due, to be stepped one after the other.
  static TcpConnection* take_due(TcpContext& context) noexcept;
  /// The one after it in what `take_due` returned; detaches it.
  TcpConnection* detach_due() noexcept;

  void send(base::Bytes bytes) noexcept override;
  void send_static(base::Bytes bytes) noexcept override;
  [[nodiscard]] std::size_t send_backlog_bytes() const noexcept override { return queue_.bytes(); }
  void pause_receiving() noexcept override;
  void resume_receiving() noexcept override;
  void show_unconsumed() noexcept override;
  void expect_bytes(std::size_t bytes_max) noexcept override;
  void await_bytes(std::size_t bytes) noexcept override;
  void skip_bytes(std::size_t bytes) noexcept override;
  void set_timeout(std::uint32_t milliseconds) noexcept override;
  void close_after_sending() noexcept override;
  void abort() noexcept override;
  [[nodiscard]] std::string_view peer_address() const noexcept override;

  void bytes_received(base::Bytes bytes) noexcept override;
  void bytes_taken(std::size_t bytes) noexcept override;
  void receive_ended(std::int32_t error) noexcept override;
  void send_done(std::int32_t result) noexcept override;
  void socket_closed() noexcept override;
  void timer_fired(reactor::Timer& timer) noexcept override;

  TcpConnection* next = nullptr;  ///< In the context's list of free ones.

 private:
  enum class Phase : std::uint8_t { serving, draining, lingering, closing };
  enum class Taking : std::uint8_t { nothing, kept, skipped };
  static constexpr std::uint8_t kAddressUnknown = 255;

  void become_due() noexcept;
  void show(base::Bytes bytes) noexcept;
  void take_more() noexcept;
  void keep(base::Bytes bytes) noexcept;
  void make_room(std::size_t bytes) noexcept;
  [[nodiscard]] std::size_t kept_bytes() const noexcept { return kept_end_ - kept_begin_; }
  void drop_kept(std::size_t bytes) noexcept;
  void show_kept() noexcept;
  void tell_peer_finished() noexcept;
  void start_send() noexcept;
  void linger() noexcept;
  void check_backlog() noexcept;
  bool stay(bool is_waited_for) noexcept;
  [[nodiscard]] bool is_serving() const noexcept { return phase_ == Phase::serving; }

  TcpContext& context_;
  ConnectionHandler* handler_ = nullptr;
  sys::Socket socket_;
  Phase phase_ = Phase::closing;
  bool is_paused_ = false;
  bool is_due_ = false;
  bool is_show_wanted_ = false;
  bool has_peer_finished_ = false;
  bool is_finish_told_ = false;
  PooledBuffer kept_;  // unconsumed bytes are [kept_begin_, kept_end_)
  std::size_t kept_begin_ = 0;
  std::size_t kept_end_ = 0;
  std::size_t unconsumed_bytes_max_ = 0;
  Taking taking_ = Taking::nothing;  // what the network does outside of bytes_received
  std::size_t awaited_bytes_ = 0;    // of the unconsumed piece
  std::size_t skip_bytes_ = 0;
  SendQueue queue_;
  TcpConnection* next_due_ = nullptr;
  // Cold from here on.
  reactor::Timer timer_;
  mutable std::uint8_t address_bytes_ = kAddressUnknown;
  mutable std::array<char, 46> address_{};
};

}  // namespace dp::stream::internal
