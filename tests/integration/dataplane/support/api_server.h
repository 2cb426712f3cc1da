// SPDX-License-Identifier: LicenseRef-Project
// Stands in for the API behind the proxy: a small blocking HTTP server on a unix socket, one thread
// per connection.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace integration {

/// What each path answers:
///   /api/echo      the request head as it arrived, then "body <bytes> <crc32c>"
///   /api/length    "twelve bytes" with Content-Length
///   /api/chunked   "one", "two" and 70000 'x' in chunks
///   /api/until-close   "until close", ended by closing
///   /api/large     five million bytes with Content-Length
///   /api/empty     204    /api/same    304
///   /api/broken    a body that ends early    /api/nonsense    no HTTP
///   /livestream/events   server-sent events, one per `push`, until the client goes
class ApiServer {
 public:
  explicit ApiServer(const std::filesystem::path& socket);
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  ApiServer(ApiServer&&) = delete;
  ApiServer& operator=(ApiServer&&) = delete;
  ~ApiServer();

  /// Sends one event to the open streams.
  void push();

  /// Streams whose client has gone.
  [[nodiscard]] int streams_ended() const noexcept { return streams_ended_; }

  static constexpr std::size_t kLargeBytes = 5'000'000;

 private:
  void accept_all();
  void serve(int connection);
  void answer(int connection, const std::string& head, const std::string& body);
  void stream_events(int connection);

  int listener_ = -1;
  std::atomic<int> streams_ended_{0};
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  int pushed_ = 0;
  std::list<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace integration
