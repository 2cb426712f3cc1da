// SPDX-License-Identifier: LicenseRef-Project
// Stream sockets as one shard uses them: accept, receive into shared buffers, send, close.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dp::sys {

/// Readable bytes behind every received piece, for parsers that read past the end (simdjson).
inline constexpr std::size_t kReceivePaddingBytes = 64;

/// Told what happens on one socket. Called from `EventQueue::dispatch` only.
class SocketListener {
 public:
  /// `bytes` lie in a buffer of the network, followed by kReceivePaddingBytes readable ones; gone
  /// after the call.
  virtual void bytes_received(base::Bytes bytes) noexcept = 0;

  /// `receive_into` or `skip` has ended: so many bytes were taken, 0 when it was stopped or the
  /// peer has finished.
  virtual void bytes_taken(std::size_t bytes) noexcept = 0;

  /// Nothing more will be received: 0 when the peer has finished, else a negative errno (ECONNRESET
  /// ...).
  virtual void receive_ended(std::int32_t error) noexcept = 0;

  /// The send ended: bytes taken (possibly fewer than given) or a negative errno.
  virtual void send_done(std::int32_t result) noexcept = 0;

  /// After `close`: no operation is under way, the Socket may be reused or freed.
  virtual void socket_closed() noexcept = 0;

 protected:
  ~SocketListener() = default;
};

/// The network's book-keeping of one socket; lives inside its connection and stays in place until
/// `socket_closed`.
struct alignas(8) Socket {
  SocketListener* listener = nullptr;
  std::int32_t descriptor = -1;
  bool is_receive_wanted = false;
  bool is_receive_armed = false;
  bool is_receive_over = false;
  bool is_one_piece_wanted = false;  ///< See `Network::receive_by_piece`.
  bool is_taking = false;            ///< The receive under way is no `bytes_received`.
  bool is_send_in_flight = false;
  bool is_closing = false;
  bool is_close_started = false;
  Socket* next_to_arm = nullptr;  ///< Sockets waiting for receive buffers.
  bool is_waiting_to_arm = false;
};

/// Told about connections that arrived on a listening descriptor.
class AcceptListener {
 public:
  /// A connected descriptor; the callee owns it now.
  virtual void descriptor_accepted(std::int32_t descriptor) noexcept = 0;

  /// Accepting failed and stands still (EMFILE ...) until `Network::accept` is called again.
  virtual void accept_failed(std::int32_t error) noexcept = 0;

 protected:
  ~AcceptListener() = default;
};

/// Told how a connection attempt went.
class ConnectCompletion {
 public:
  /// A connected descriptor, which the callee owns now, or a negative errno.
  virtual void connect_done(std::int32_t result) noexcept = 0;

 protected:
  ~ConnectCompletion() = default;
};

/// Sockets of one shard. Owner: the shard. Thread: its own.
class Network {
 public:
  /// Accepts on a listening descriptor until it fails.
  virtual void accept(std::int32_t descriptor, AcceptListener& listener) noexcept = 0;

  /// Stops every `accept`. A connection that got in before is still told.
  virtual void stop_accepting() noexcept = 0;

  /// Whether a connection may still be told: until the kernel has confirmed `stop_accepting`.
  [[nodiscard]] virtual bool is_accepting() const noexcept = 0;

  /// Connects to a unix stream socket. `completion` stays in place until told; never from inside
  /// this call.
  virtual void connect_unix(std::string_view path, ConnectCompletion& completion) noexcept = 0;

  /// Keeps receiving until `stop_receiving`, the end, or `close`. Runs out of buffers without harm.
  virtual void start_receiving(Socket& socket) noexcept = 0;

  /// Whether to receive one piece at a time from now on, which leaves the rest of a large message
  /// in the kernel until `bytes_received` has returned; a few pieces may still come. Otherwise all
  /// that is there is received at once, which is cheaper for small messages.
  virtual void receive_by_piece(Socket& socket, bool is_wanted) noexcept = 0;

  /// From inside `bytes_received` or `bytes_taken`: what comes next goes into `to`, which stays in
  /// place until `bytes_taken`. False when a receive is under way already.
  [[nodiscard]] virtual bool receive_into(Socket& socket, base::MutableBytes to) noexcept = 0;

  /// Likewise, for at most `bytes` that nobody wants to see.
  [[nodiscard]] virtual bool skip(Socket& socket, std::size_t bytes) noexcept = 0;

  /// Asks to stop; a few pieces may still come.
  virtual void stop_receiving(Socket& socket) noexcept = 0;

  /// Sends `bytes`, which stay in place until `send_done`. One at a time per socket.
  virtual void send(Socket& socket, base::Bytes bytes) noexcept = 0;

  /// Ends the sending direction (FIN).
  virtual void finish_sending(Socket& socket) noexcept = 0;

  /// Ends everything; `socket_closed` follows, never from inside this call.
  virtual void close(Socket& socket) noexcept = 0;

  /// Closes a descriptor that no Socket uses.
  virtual void discard(std::int32_t descriptor) noexcept = 0;

  /// The peer's address in text without port; empty for unix sockets. `to` holds 46 characters.
  virtual std::size_t peer_address(const Socket& socket, char* to) const noexcept = 0;

 protected:
  ~Network() = default;
};

/// A bound, listening TCP descriptor with SO_REUSEADDR, SO_REUSEPORT (so that every shard has its
/// own) and TCP_NODELAY, which accepted sockets inherit. `host` is a numeric address ("127.0.0.1",
/// "::"); port 0 takes a free one.
base::Result<int> bind_listener(std::string_view host, std::uint16_t port, int backlog = 4096);

/// The port a listening descriptor is bound to, for port 0.
base::Result<std::uint16_t> listener_port(int descriptor);

/// Where a listening descriptor listens, as an operator writes it: `10.0.0.1:80`, `[::]:80`, or the
/// path of a unix socket.
base::Result<std::string> listener_name(int descriptor);

}  // namespace dp::sys
