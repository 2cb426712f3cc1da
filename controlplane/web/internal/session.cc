// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/web/internal/session.h"

#include "controlplane/web/http_error.h"
#include "controlplane/web/url.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace cp::web::internal {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::string_view kLastChunk = "0\r\n\r\n";
// Beast reads as much as its buffer holds already, and a new buffer holds 512 bytes.
constexpr std::size_t kBodyBufferBytes = std::size_t{64} << 10U;

std::string chunk_head(std::size_t bytes) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes, 16).ptr;
  return std::string(digits.data(), end) + "\r\n";
}

bool has_no_body(int status) noexcept { return status == 204 || status == 304 || status < 200; }

}  // namespace

/// Writes pieces of a stream from a worker thread: each is posted to the I/O thread and waited for.
class Session::Sink final : public BodySink {
 public:
  Sink(Session& session, bool is_chunked) : session_(session), is_chunked_(is_chunked) {}

  bool write(std::string_view piece) override {
    if (piece.empty()) {
      return is_open();
    }
    if (!is_chunked_) {
      return send({}, piece, {});
    }
    const std::string head = chunk_head(piece.size());
    return send(head, piece, "\r\n");
  }

  bool is_open() const noexcept override { return session_.is_open_; }
  bool is_stopping() const noexcept override { return session_.owner_.is_stopping(); }

  /// Sends three parts as one write and waits for the kernel to take them, or for the write
  /// timeout.
  bool send(std::string_view head, std::string_view piece, std::string_view tail) {
    if (!session_.is_open_) {
      return false;
    }
    std::mutex mutex;
    std::condition_variable wake;
    bool done = false;
    bool succeeded = false;
    const std::array<asio::const_buffer, 3> parts{asio::buffer(head.data(), head.size()),
                                                  asio::buffer(piece.data(), piece.size()),
                                                  asio::buffer(tail.data(), tail.size())};
    asio::post(session_.stream_.get_executor(), [&] {
      session_.stream_.expires_after(session_.owner_.options().write_timeout);
      asio::async_write(session_.stream_, parts, [&](beast::error_code error, std::size_t) {
        const std::lock_guard lock(mutex);
        succeeded = !error;
        done = true;
        wake.notify_one();
      });
    });
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return done; });
    if (!succeeded) {
      session_.is_open_ = false;
    }
    return succeeded;
  }

 private:
  Session& session_;
  bool is_chunked_;
};

Session::Session(Socket socket, SessionOwner& owner, std::string peer)
    : stream_(std::move(socket)), owner_(owner), peer_(std::move(peer)) {}

Session::~Session() { owner_.closed(*this); }

void Session::start() {
  is_idle_ = true;
  if (owner_.is_stopping()) {
    close();
    return;
  }
  parser_ = std::make_unique<Parser>();
  parser_->header_limit(owner_.options().header_bytes_max);
  parser_->body_limit(owner_.options().body_bytes_max);
  stream_.expires_after(owner_.options().idle_timeout);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](beast::error_code error, std::size_t) {
                            self->header_read(error);
                          });
}

void Session::close_if_idle() {
  if (is_idle_) {
    close();
  }
}

void Session::close() {
  is_open_ = false;
  beast::error_code ignored;
  static_cast<void>(stream_.socket().shutdown(Socket::shutdown_both, ignored));
  static_cast<void>(stream_.socket().close(ignored));
}

void Session::header_read(beast::error_code error) {
  is_idle_ = false;
  if (error == http::error::header_limit) {
    refuse(431, "Request header is too large");
    return;
  }
  if (error == http::error::body_limit) {
    refuse(413, "Request body is too large");
    return;
  }
  if (error) {
    // A malformed request is answered; silence, a reset or a timeout is not.
    if (error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      refuse(400, "Malformed request");
    } else {
      close();
    }
    return;
  }
  const auto expect = parser_->get()[http::field::expect];
  if (!beast::iequals(expect, "100-continue")) {
    read_body();
    return;
  }
  head_ = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(head_),
                    [self = shared_from_this()](beast::error_code failed, std::size_t) {
                      if (failed) {
                        self->close();
                      } else {
                        self->read_body();
                      }
                    });
}

void Session::read_body() {
  if (parser_->is_done()) {
    body_read({});
    return;
  }
  buffer_.reserve(kBodyBufferBytes);
  stream_.expires_after(owner_.options().body_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](beast::error_code error, std::size_t) {
                     self->body_read(error);
                   });
}

void Session::body_read(beast::error_code error) {
  if (error == http::error::body_limit) {
    refuse(413, "Request body is too large");
    return;
  }
  if (error == beast::error::timeout) {
    refuse(408, "Request body did not arrive in time");
    return;
  }
  if (error) {
    close();
    return;
  }
  keep_alive_ = parser_->keep_alive();
  is_http_1_0_ = parser_->get().version() < 11;
  stream_.expires_never();
  auto request = std::make_shared<Request>(take_request());
  const bool taken = owner_.pool().submit(
      [self = shared_from_this(), request = std::move(request)] { self->serve(*request); });
  if (!taken) {
    refuse(503, "Too many requests are waiting");
  }
}

Request Session::take_request() {
  auto message = parser_->release();
  Request request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  const auto mark = std::min(request.target.find('?'), request.target.size());
  request.path = request.target.substr(0, mark);
  request.segments = split_path(request.path);
  if (mark < request.target.size()) {
    request.query = parse_query(std::string_view(request.target).substr(mark + 1));
  }
  for (const auto& field : message) {
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  request.peer = peer_;
  return request;
}

// On a worker thread: the handler may block, and a producer writes from here until it is done.
void Session::serve(const Request& request) {
  const bool is_head = request.method == "HEAD";
  Response response = answer(request);
  if (response.producer) {
    stream(response, is_head);
    return;
  }
  asio::post(stream_.get_executor(),
             [self = shared_from_this(), is_head, response = std::move(response)]() mutable {
               self->send_whole(std::move(response), is_head);
             });
}

Response Session::answer(const Request& request) const {
  try {
    return owner_.handler()(request);
  } catch (const HttpError& error) {
    return error.response();
  } catch (const std::exception& error) {
    owner_.log(request.method + " " + request.path + " failed: " + error.what());
    return HttpError(500, "server_error", "error", "A server error occurred.").response();
  }
}

std::string Session::head_of(const Response& response, std::string_view framing) const {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(http::obsolete_reason(static_cast<http::status>(response.status))).append("\r\n");
  for (const auto& [name, value] : response.headers.fields()) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  head.append(framing);
  head.append(keep_alive_ ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  return head;
}

void Session::send_whole(Response response, bool is_head) {
  keep_alive_ = keep_alive_ && !owner_.is_stopping();
  body_ = std::move(response.body);
  const std::string framing = has_no_body(response.status)
                                  ? ""
                                  : "Content-Length: " + std::to_string(body_.size()) + "\r\n";
  head_ = head_of(response, framing);
  if (is_head || has_no_body(response.status)) {
    body_.clear();
  }
  stream_.expires_after(owner_.options().write_timeout);
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head_), asio::buffer(body_)};
  asio::async_write(
      stream_, parts,
      [self = shared_from_this()](beast::error_code error, std::size_t) { self->written(error); });
}

void Session::stream(const Response& response, bool is_head) {
  const bool is_chunked = !is_http_1_0_;
  keep_alive_ = keep_alive_ && is_chunked;
  Sink sink(*this, is_chunked);
  const std::string head = head_of(response, is_chunked ? "Transfer-Encoding: chunked\r\n" : "");
  bool is_complete = sink.send(head, {}, {});
  if (is_complete && !is_head) {
    asio::post(stream_.get_executor(), [self = shared_from_this()] { self->watch_for_close(); });
    try {
      response.producer(sink);
      is_complete = is_chunked ? sink.send({}, kLastChunk, {}) : sink.is_open();
    } catch (const std::exception& error) {
      owner_.log(std::string("a streamed response broke off: ") + error.what());
      is_complete = false;
    }
  }
  asio::post(stream_.get_executor(), [self = shared_from_this(), is_complete] {
    self->written(is_complete ? beast::error_code{} : asio::error::broken_pipe);
  });
}

// While a producer runs nothing reads, so a client that leaves would stay unnoticed until the next
// write.
void Session::watch_for_close() {
  stream_.socket().async_wait(Socket::wait_read,
                              [self = shared_from_this()](beast::error_code error) {
                                char byte = 0;
                                if (error || ::recv(self->stream_.socket().native_handle(), &byte,
                                                    1, MSG_PEEK | MSG_DONTWAIT) == 0) {
                                  if (error != asio::error::operation_aborted) {
                                    self->is_open_ = false;
                                  }
                                }
                              });
}

void Session::written(beast::error_code error) {
  if (error || !keep_alive_ || !is_open_) {
    close();
    return;
  }
  body_ = {};
  beast::error_code ignored;
  static_cast<void>(
      stream_.socket().cancel(ignored));  // ends a watch for close that is still armed
  start();
}

void Session::refuse(int status, std::string_view text) {
  keep_alive_ = false;
  send_whole(Response::with(status, "text/plain", std::string(text) + "\n"), false);
}

}  // namespace cp::web::internal
