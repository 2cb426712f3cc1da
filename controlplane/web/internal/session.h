// SPDX-License-Identifier: LicenseRef-Project
// One connection of the server: reads requests, has them handled on the pool, writes the answers.
#pragma once

#include "controlplane/web/internal/worker_pool.h"
#include "controlplane/web/server.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace cp::web::internal {

using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                boost::asio::io_context::executor_type>;
using Stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol,
                                          boost::asio::io_context::executor_type>;

class Session;

/// What a session needs of its server.
class SessionOwner {
 public:
  virtual const ServerOptions& options() const noexcept = 0;
  virtual const Handler& handler() const noexcept = 0;
  virtual WorkerPool& pool() noexcept = 0;
  virtual bool is_stopping() const noexcept = 0;
  virtual void closed(Session& session) noexcept = 0;
  virtual void log(std::string_view line) const = 0;

 protected:
  ~SessionOwner() = default;
};

/// Lives as long as an operation or a handler holds it. Thread: the I/O thread, except for `serve`
/// and the sink.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, SessionOwner& owner, std::string peer);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session(Session&&) = delete;
  Session& operator=(Session&&) = delete;
  ~Session();

  /// Waits for the next request.
  void start();
  /// Closes the connection when it is between requests.
  void close_if_idle();
  /// Closes the connection whatever it does.
  void close();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  class Sink;

  void header_read(boost::beast::error_code error);
  void read_body();
  void body_read(boost::beast::error_code error);
  void serve(const Request& request);
  Response answer(const Request& request) const;
  void send_whole(Response response, bool is_head);
  void stream(const Response& response, bool is_head);
  void written(boost::beast::error_code error);
  void refuse(int status, std::string_view text);
  void watch_for_close();
  [[nodiscard]] std::string head_of(const Response& response, std::string_view framing) const;
  Request take_request();

  Stream stream_;
  SessionOwner& owner_;
  std::string peer_;
  boost::beast::flat_buffer buffer_;
  std::unique_ptr<Parser> parser_;  ///< Of the request that is being read.
  std::string head_;
  std::string body_;
  std::atomic<bool> is_open_{true};
  bool is_idle_ = true;
  bool keep_alive_ = false;
  bool is_http_1_0_ = false;
};

}  // namespace cp::web::internal
