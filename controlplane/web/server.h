// SPDX-License-Identifier: LicenseRef-Project
// The HTTP/1.1 server of the controlplane: one I/O thread for all connections, a pool for blocking
// handlers.
#pragma once

#include "controlplane/web/message.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cp::web {

struct ServerOptions {
  std::string unix_socket;  ///< path; empty for none. A stale file of a dead server is replaced.
  std::string listen;  ///< `host:port` with a numeric host; empty for none; port 0 picks a free one
  std::size_t threads = 4;        ///< handler threads kept
  std::size_t threads_max = 256;  ///< handlers and streams at once; each stream holds one
  std::size_t connections_max = 4096;
  std::uint32_t header_bytes_max = 64 * 1024;
  std::uint64_t body_bytes_max = 64ULL * 1024 * 1024;
  std::chrono::milliseconds idle_timeout{75'000};   ///< until a whole header has come
  std::chrono::milliseconds body_timeout{120'000};  ///< until a whole body has come
  std::chrono::milliseconds write_timeout{60'000};  ///< until the client has taken one piece
  std::vector<int> cores;                           ///< cores for all threads; empty: any
  std::function<void(std::string_view)> log;        ///< told of failures nobody else sees
  std::function<void()> on_turn;  ///< called by the I/O thread, every `turn_interval`; may be empty
  std::chrono::microseconds turn_interval{10'000'000};
};

/// Serves until stopped. Owner: the daemon. Thread: start and stop from one thread; handlers run on
/// the pool. Bounds: the options. Failure: `start` throws std::runtime_error when an address is not
/// to be had.
class Server {
 public:
  Server(ServerOptions options, Handler handler);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  Server(Server&&) = delete;
  Server& operator=(Server&&) = delete;
  /// Stops without grace.
  ~Server();

  /// Binds the addresses and starts the threads; connections are answered when it returns.
  void start();

  /// Accepts nothing more, lets running handlers and streams finish for up to `grace`, then closes
  /// all. True when everything finished in time.
  bool stop(std::chrono::milliseconds grace);

  /// The TCP port, for `listen` with port 0.
  [[nodiscard]] std::uint16_t port() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cp::web
