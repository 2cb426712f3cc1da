// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/web/client.h"

#include "dataplane/base/check.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <vector>

namespace cp::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using beast::error_code;
using Stream = beast::basic_stream<asio::generic::stream_protocol, asio::io_context::executor_type>;

constexpr std::size_t kPieceBytes = std::size_t{256} << 10U;
// Beast reads as much as its buffer holds already, and a new buffer holds 512 bytes.
constexpr std::size_t kBufferBytes = std::size_t{64} << 10U;

struct Destination {
  std::string socket_path;  // or host and port
  std::string host;
  std::string port;
};

Destination parse_url(const std::string& url) {
  constexpr std::string_view kUnix = "unix:";
  constexpr std::string_view kHttp = "http://";
  Destination destination;
  if (url.starts_with(kUnix) && url.size() > kUnix.size()) {
    destination.socket_path = url.substr(kUnix.size());
    destination.host = "localhost";
    return destination;
  }
  if (!url.starts_with(kHttp)) {
    throw std::invalid_argument("'" + url + "' is neither unix:/path nor http://host:port");
  }
  std::string authority = url.substr(kHttp.size());
  authority = authority.substr(0, authority.find('/'));
  const auto colon = authority.rfind(':');
  const bool has_port =
      colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  destination.host = authority.substr(0, has_port ? colon : authority.size());
  destination.port = has_port ? authority.substr(colon + 1) : "80";
  if (destination.host.size() > 2 && destination.host.front() == '[') {
    destination.host = destination.host.substr(1, destination.host.size() - 2);
  }
  if (destination.host.empty() || destination.port.empty()) {
    throw std::invalid_argument("'" + url + "' names no host and port");
  }
  return destination;
}

[[noreturn]] void fail(const std::string& doing, error_code error) {
  throw ConnectionError(doing + ": " + error.message());
}

}  // namespace

struct Client::State {
  explicit State(const std::string& url) : destination(parse_url(url)) {}

  template <typename Operation>
  error_code run(Operation&& operation);
  void open();
  void open_tcp();
  void drop() noexcept;
  bool is_usable();
  void write(const ClientRequest& request);
  ClientResponse read(const ClientRequest& request, const BodyCallback* callback);
  ClientResponse exchange(const ClientRequest& request, const BodyCallback* callback);

  Destination destination;
  std::chrono::milliseconds timeout{60'000};
  std::chrono::steady_clock::time_point deadline;
  std::uint64_t body_bytes_max = 1ULL << 30U;
  asio::io_context io{1};
  std::optional<Stream> stream;
  beast::flat_buffer buffer;
};

// Runs one asynchronous operation to its end: only those have timeouts.
template <typename Operation>
error_code Client::State::run(Operation&& operation) {
  CHECK(stream.has_value());  // `open` comes first
  error_code result;
  if (timeout.count() > 0) {
    stream->expires_at(deadline);
  } else {
    stream->expires_never();
  }
  operation([&result](error_code error, auto&&...) { result = error; });
  io.restart();
  io.run();
  return result;
}

void Client::State::open() {
  buffer.clear();
  stream.emplace(io);
  if (destination.socket_path.empty()) {
    open_tcp();
    return;
  }
  const asio::generic::stream_protocol::endpoint endpoint =
      asio::local::stream_protocol::endpoint(destination.socket_path);
  const auto error = run([&](auto done) { stream->async_connect(endpoint, done); });
  if (error) {
    drop();
    fail("cannot connect to " + destination.socket_path, error);
  }
}

void Client::State::open_tcp() {
  error_code error;
  asio::ip::tcp::resolver resolver(io);
  const auto found = resolver.resolve(destination.host, destination.port, error);
  for (const auto& entry : found) {
    stream.emplace(io);
    const asio::generic::stream_protocol::endpoint endpoint = entry.endpoint();
    error = run([&](auto done) { stream->async_connect(endpoint, done); });
    if (!error) {
      const int on = 1;
      ::setsockopt(stream->socket().native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      return;
    }
  }
  drop();
  fail("cannot connect to " + destination.host + ":" + destination.port, error);
}

void Client::State::drop() noexcept {
  stream.reset();
  buffer.clear();
}

// A kept-alive connection that the peer has closed meanwhile is readable and at its end.
bool Client::State::is_usable() {
  if (!stream || !stream->socket().is_open()) {
    return false;
  }
  char byte = 0;
  const auto got = ::recv(stream->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && errno == EAGAIN;
}

void Client::State::write(const ClientRequest& request) {
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (!request.headers.contains("Host")) {
    head.append("Host: ").append(destination.host).append("\r\n");
  }
  for (const auto& [name, value] : request.headers.fields()) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  head.append("\r\n");
  const std::array<asio::const_buffer, 2> parts{
      asio::buffer(head), asio::buffer(request.body.data(), request.body.size())};
  const auto error = run([&](auto done) { asio::async_write(*stream, parts, done); });
  // A server may answer and close before it has read everything; then its answer is worth reading.
  if (error && error != asio::error::broken_pipe && error != asio::error::connection_reset) {
    fail("sending the request", error);
  }
}

ClientResponse Client::State::read(const ClientRequest& request, const BodyCallback* callback) {
  http::response_parser<http::buffer_body> parser;
  parser.header_limit(1024 * 1024);
  parser.body_limit(boost::none);
  parser.skip(request.method == "HEAD");
  auto error = run([&](auto done) { http::async_read_header(*stream, buffer, parser, done); });
  if (error) {
    fail("reading the answer", error);
  }
  ClientResponse response;
  response.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    response.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  buffer.reserve(kBufferBytes);
  std::vector<char> piece(kPieceBytes);
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    error = run([&](auto done) { http::async_read_some(*stream, buffer, parser, done); });
    const std::string_view got(piece.data(), piece.size() - parser.get().body().size);
    if (callback != nullptr) {
      if (!got.empty() && !(*callback)(response, got)) {
        drop();
        return response;
      }
    } else if (response.body.append(got).size() > body_bytes_max) {
      throw ConnectionError("the body of the answer is longer than " +
                            std::to_string(body_bytes_max) + " bytes");
    }
    if (error && error != http::error::need_buffer) {
      fail("reading the body of the answer", error);
    }
  }
  if (!parser.keep_alive()) {
    drop();
  }
  return response;
}

ClientResponse Client::State::exchange(const ClientRequest& request, const BodyCallback* callback) {
  deadline = std::chrono::steady_clock::now() + timeout;
  if (!is_usable()) {
    open();
  }
  try {
    write(request);
    return read(request, callback);
  } catch (...) {
    drop();
    throw;
  }
}

Client::Client(const std::string& url) : state_(std::make_unique<State>(url)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

ClientResponse Client::send(const ClientRequest& request) {
  return state_->exchange(request, nullptr);
}

ClientResponse Client::send(const ClientRequest& request, const BodyCallback& callback) {
  return state_->exchange(request, &callback);
}

void Client::set_timeout(std::chrono::milliseconds timeout) { state_->timeout = timeout; }
void Client::set_body_bytes_max(std::uint64_t bytes) { state_->body_bytes_max = bytes; }
void Client::close() noexcept { state_->drop(); }

}  // namespace cp::web
