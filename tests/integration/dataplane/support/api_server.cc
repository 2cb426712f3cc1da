// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/dataplane/support/api_server.h"

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/base/crc32c.h"
#include "tests/integration/dataplane/support/http_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

namespace integration {
namespace {

void send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Appends what arrives to `text`; false at the end.
bool fill(int connection, std::string& text) {
  std::array<char, 65536> buffer{};
  const auto count = ::recv(connection, buffer.data(), buffer.size(), 0);
  if (count > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return count > 0;
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// Takes a chunked body off the connection; `text` holds what came after the head.
std::string read_chunks(int connection, std::string text) {
  std::string body;
  while (true) {
    auto end = text.find("\r\n");
    while (end == std::string::npos && fill(connection, text)) {
      end = text.find("\r\n");
    }
    const auto bytes = number(text, 16);
    text.erase(0, end + 2);
    while (text.size() < bytes + 2 && fill(connection, text)) {
    }
    body += text.substr(0, bytes);
    text.erase(0, bytes + 2);
    if (bytes == 0) {
      return body;
    }
  }
}

std::string read_body(int connection, const std::string& head, std::string rest) {
  if (head.find("Transfer-Encoding: chunked") != std::string::npos) {
    return read_chunks(connection, std::move(rest));
  }
  const std::string_view name = "Content-Length: ";
  const auto at = head.find(name);
  const auto bytes =
      at == std::string::npos ? 0 : number(std::string_view(head).substr(at + name.size()), 10);
  while (rest.size() < bytes && fill(connection, rest)) {
  }
  return rest;
}

std::string with_length(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace

ApiServer::ApiServer(const std::filesystem::path& socket)
    : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(socket.string().size() < sizeof(address.sun_path));
  socket.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  std::filesystem::remove(socket);
  CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  CHECK(::listen(listener_, 64) == 0);
  acceptor_ = std::thread([this] { accept_all(); });
}

ApiServer::~ApiServer() {
  is_stopping_ = true;
  changed_.notify_all();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& connection : connections_) {
    connection.join();
  }
  ::close(listener_);
}

void ApiServer::push() {
  const std::lock_guard lock(mutex_);
  ++pushed_;
  changed_.notify_all();
}

void ApiServer::accept_all() {
  while (true) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      return;
    }
    connections_.emplace_back([this, connection] {
      serve(connection);
      ::close(connection);
    });
  }
}

void ApiServer::serve(int connection) {
  std::string text;
  auto end = std::string::npos;
  while (end == std::string::npos) {
    if (!fill(connection, text)) {
      return;
    }
    end = text.find("\r\n\r\n");
  }
  const auto head = text.substr(0, end + 4);
  answer(connection, head, read_body(connection, head, text.substr(end + 4)));
}

void ApiServer::answer(int connection, const std::string& head, const std::string& body) {
  const auto from = head.find(' ') + 1;
  const auto path = head.substr(from, head.find_first_of(" ?", from) - from);
  const bool to_head = head.starts_with("HEAD ");
  if (path == "/api/echo") {
    send_all(connection, with_length(head + "body " + std::to_string(body.size()) + " " +
                                     std::to_string(base::crc32c(base::as_bytes(body)))));
  } else if (path == "/api/length") {
    const auto whole = with_length("twelve bytes");
    send_all(connection, to_head ? whole.substr(0, whole.find("\r\n\r\n") + 4) : whole);
  } else if (path == "/api/chunked") {
    send_all(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("one") +
                             chunk("two") + chunk(std::string(70000, 'x')) + "0\r\n\r\n");
  } else if (path == "/api/until-close") {
    send_all(connection, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil close");
  } else if (path == "/api/large") {
    send_all(connection, with_length(std::string(kLargeBytes, 'L')));
  } else if (path == "/api/empty") {
    send_all(connection, "HTTP/1.1 204 No Content\r\nX-Kept: yes\r\n\r\n");
  } else if (path == "/api/same") {
    send_all(connection, "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 12\r\n\r\n");
  } else if (path == "/api/broken") {
    send_all(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
  } else if (path == "/api/nonsense") {
    send_all(connection, "what?\r\n\r\n");
  } else if (path == "/livestream/events") {
    stream_events(connection);
  } else {
    send_all(connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  }
}

void ApiServer::stream_events(int connection) {
  send_all(
      connection,
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  int sent = 0;
  pollfd gone{connection, POLLIN | POLLRDHUP, 0};
  while (!is_stopping_ && ::poll(&gone, 1, 0) == 0) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(10),
                      [&] { return pushed_ > sent || is_stopping_; });
    if (pushed_ > sent) {
      send_all(connection, chunk("data: " + std::to_string(++sent) + "\n\n"));
    }
  }
  ++streams_ended_;
}

}  // namespace integration
