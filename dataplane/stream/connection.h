// SPDX-License-Identifier: LicenseRef-Project
// Byte-stream connections as the HTTP code sees them, whatever carries them (kernel TCP now, lwIP
// later).
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"

#include <cstdint>
#include <string_view>

namespace dp::stream {

class Connection;

/// What a handler says when its connection is to move to another process.
enum class Movability : std::uint8_t {
  movable,    ///< Now: whoever is shown the unconsumed bytes and what follows knows all it knows.
  answering,  ///< Later, and without further bytes from the peer.
  receiving,  ///< Later, when more has come.
  staying,    ///< Never.
};

/// What lives on a connection. One per connection, made by the acceptor. Called on the owner's core
/// only and never from inside a call to the Connection (run to completion, style.md 5.6).
class ConnectionHandler {
 public:
  /// Bytes arrived. Returns how many were consumed; the rest is kept and shown again, in front of
  /// what comes next, in one contiguous piece followed by at least 64 readable bytes of padding.
  /// Return 0 to wait for more.
  virtual std::size_t received(Connection& connection, base::Bytes bytes) noexcept = 0;

  /// Everything given to `send` so far has left this process (or the peer's window allows more): a
  /// streaming sender may continue.
  virtual void writable(Connection& connection) noexcept = 0;

  /// The peer has finished sending (half close); answers may still be sent.
  virtual void peer_finished(Connection& connection) noexcept = 0;

  /// A timeout armed with `set_timeout` fired.
  virtual void timed_out(Connection& connection) noexcept = 0;

  /// So many bytes of what `skip_bytes` spoke of were dropped without being shown.
  virtual void skipped(Connection& /*connection*/, std::size_t /*bytes*/) noexcept {}

  /// The connection is gone; the last call. The Connection must not be used afterwards.
  virtual void closed(Connection& connection) noexcept = 0;

  /// Whether another process could go on with this connection.
  [[nodiscard]] virtual Movability movability() const noexcept { return Movability::staying; }

 protected:
  ~ConnectionHandler() = default;
};

/// One connection, owned by its shard's transport; handlers keep a pointer until `closed`.
class Connection {
 public:
  /// Queues a copy of `bytes`. Never blocks; a slow peer's backlog is bounded by
  /// `send_backlog_bytes`.
  virtual void send(base::Bytes bytes) noexcept = 0;

  /// Queues bytes that outlive the connection (pre-rendered answers); they are not copied.
  virtual void send_static(base::Bytes bytes) noexcept = 0;

  /// Bytes queued and not yet taken by the kernel.
  [[nodiscard]] virtual std::size_t send_backlog_bytes() const noexcept = 0;

  /// Stops or resumes receiving (back-pressure to the peer). While paused `received` is not called;
  /// after resuming, the bytes kept unconsumed are shown again from the loop (never from inside the
  /// call), new bytes or not.
  virtual void pause_receiving() noexcept = 0;
  virtual void resume_receiving() noexcept = 0;

  /// Shows the bytes kept unconsumed again, now. Not while paused, and never from inside of a call
  /// to the handler.
  virtual void show_unconsumed() noexcept = 0;

  /// Tells how large the unconsumed piece may become (a body of known length); default 64 KiB.
  /// Beyond it the connection is closed.
  virtual void expect_bytes(std::size_t bytes_max) noexcept = 0;

  /// From inside of `received`: a large message begins with the unconsumed piece and will have so
  /// many bytes. They are received where they will be shown.
  virtual void await_bytes(std::size_t bytes) noexcept = 0;

  /// From inside of `received` or `skipped`: the next `bytes` behind those shown are of no use.
  /// They are dropped (`skipped`), or shown all the same.
  virtual void skip_bytes(std::size_t bytes) noexcept = 0;

  /// Fires `timed_out` once after this many milliseconds unless set again; 0 disarms.
  virtual void set_timeout(std::uint32_t milliseconds) noexcept = 0;

  /// Sends what is queued, then closes both ways. `closed` follows.
  virtual void close_after_sending() noexcept = 0;

  /// Closes at once. `closed` follows.
  virtual void abort() noexcept = 0;

  /// The peer's address in text, without port; empty for unix sockets.
  [[nodiscard]] virtual std::string_view peer_address() const noexcept = 0;

 protected:
  ~Connection() = default;
};

/// Makes the handler of each new connection.
class Acceptor {
 public:
  /// The handler for `connection`, owned by the acceptor until its `closed`; nullptr refuses the
  /// connection.
  virtual ConnectionHandler* accepted(Connection& connection) noexcept = 0;

 protected:
  ~Acceptor() = default;
};

/// Takes connections to another process.
class Successor {
 public:
  /// Takes over a duplicate of `descriptor` and a copy of the bytes that were received on it and
  /// not consumed. False: not now.
  [[nodiscard]] virtual bool take(std::int32_t descriptor, base::Bytes unconsumed) noexcept = 0;

 protected:
  ~Successor() = default;
};

/// What a connection attempt to an upstream became.
class ConnectListener {
 public:
  /// Success: returns the handler of the new connection. Same ownership as `Acceptor::accepted`.
  virtual ConnectionHandler* connected(Connection& connection) noexcept = 0;
  virtual void connect_failed(base::Error error) noexcept = 0;

 protected:
  ~ConnectListener() = default;
};

/// The transport of one shard: listens, connects out (unix sockets, for the proxy), owns every
/// connection.
class Transport {
 public:
  /// Serves an already bound and listening descriptor (systemd socket activation or
  /// `bind_listener`).
  virtual base::Result<void> listen(int descriptor, Acceptor& acceptor) noexcept = 0;

  /// Connects to a unix stream socket. The listener is told later, never from inside this call.
  virtual void connect_unix(std::string_view path, ConnectListener& listener) noexcept = 0;

  [[nodiscard]] virtual std::uint32_t connection_count() const noexcept = 0;

 protected:
  ~Transport() = default;
};

}  // namespace dp::stream
