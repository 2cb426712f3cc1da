// SPDX-License-Identifier: LicenseRef-Project
// The HTTP/1.1 client of the controlplane: one kept-alive connection to a unix socket or a TCP
// address.
#pragma once

#include "controlplane/web/message.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cp::web {

/// The peer could not be reached, broke off or was too slow: there is no answer to look at.
class ConnectionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a client sends. The views are only read during the call.
struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";
  Headers headers{};
  std::string_view body{};
};

/// What came back. `body` is empty when it went to a callback.
struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

/// Gets the pieces of a body as they come, with the head of the response; false stops reading.
using BodyCallback = std::function<bool(const ClientResponse& head, std::string_view piece)>;

/// One connection, opened when needed and reused while the peer keeps it. Thread: one at a time.
/// Bounds: the timeout of one call and `body_bytes_max` of a body kept in memory. Throws
/// ConnectionError.
class Client {
 public:
  /// `unix:/path/of.sock` or `http://host:port` (a path after it is ignored). Throws
  /// std::invalid_argument.
  explicit Client(const std::string& url);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// Sends a request and returns the whole answer, whatever its status.
  ClientResponse send(const ClientRequest& request);
  /// The same, the body given to `callback` in pieces.
  ClientResponse send(const ClientRequest& request, const BodyCallback& callback);

  /// The longest that a whole call may take; the default is 60 s, zero waits for ever.
  void set_timeout(std::chrono::milliseconds timeout);
  /// The longest body kept in memory; the default is 1 GiB.
  void set_body_bytes_max(std::uint64_t bytes);
  /// Drops the connection; the next call opens a new one.
  void close() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cp::web
