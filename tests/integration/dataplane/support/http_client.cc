// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/dataplane/support/http_client.h"

#include "dataplane/base/check.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>

namespace integration {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return text;
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

}  // namespace

HttpClient::HttpClient(std::uint16_t port, const char* host, const char* source)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (source != nullptr) {
    CHECK(::inet_pton(AF_INET, source, &address.sin_addr) == 1);
    CHECK(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  address.sin_port = htons(port);
  CHECK(::inet_pton(AF_INET, host, &address.sin_addr) == 1);
  CHECK(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
}

HttpClient::~HttpClient() { ::close(socket_); }

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpClient::fill(std::chrono::milliseconds within) {
  pollfd ready{socket_, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(within.count())) != 1) {
    return false;
  }
  std::array<char, 65536> buffer{};
  const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (count <= 0) {
    return false;
  }
  pending_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

std::string HttpClient::take_line() {
  auto end = pending_.find("\r\n");
  while (end == std::string::npos) {
    if (!fill(kPatience)) {
      return {};
    }
    end = pending_.find("\r\n");
  }
  auto line = pending_.substr(0, end);
  pending_.erase(0, end + 2);
  return line;
}

std::string HttpClient::take(std::size_t bytes) {
  while (pending_.size() < bytes) {
    if (!fill(kPatience)) {
      ADD_FAILURE() << "the answer ended " << bytes - pending_.size() << " bytes early";
      break;
    }
  }
  auto taken = pending_.substr(0, bytes);
  pending_.erase(0, bytes);
  return taken;
}

Answer HttpClient::read_answer(bool to_head) {
  Answer answer;
  const auto status_line = take_line();
  if (status_line.empty()) {
    return answer;
  }
  EXPECT_TRUE(status_line.starts_with("HTTP/1.1 ")) << status_line;
  answer.status = static_cast<int>(number(std::string_view(status_line).substr(9, 3), 10));
  for (auto line = take_line(); !line.empty(); line = take_line()) {
    const auto colon = line.find(": ");
    EXPECT_NE(colon, std::string::npos) << line;
    answer.fields[lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  if (to_head || answer.status == 204 || answer.status == 304) {
    return answer;
  }
  if (answer.fields["transfer-encoding"] == "chunked") {
    answer.is_chunked = true;
    for (auto bytes = number(take_line(), 16); bytes > 0; bytes = number(take_line(), 16)) {
      answer.body += take(bytes);
      EXPECT_EQ(take_line(), "");
    }
    EXPECT_EQ(take_line(), "");
  } else if (answer.fields.contains("content-length")) {
    answer.body = take(number(answer.fields["content-length"], 10));
  } else {
    while (fill(kPatience)) {
    }
    answer.body.swap(pending_);
  }
  return answer;
}

Answer HttpClient::exchange(std::string_view request) {
  send(request);
  return read_answer(request.starts_with("HEAD "));
}

std::string HttpClient::read_some() {
  if (pending_.empty()) {
    fill(kPatience);
  }
  std::string some;
  some.swap(pending_);
  return some;
}

bool HttpClient::is_closed(std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  pollfd ready{socket_, POLLIN, 0};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  if (!pending_.empty() || ::poll(&ready, 1, static_cast<int>(left.count())) != 1) {
    return false;
  }
  char byte = 0;
  return ::recv(socket_, &byte, 1, 0) <= 0;
}

void HttpClient::finish_sending() { ::shutdown(socket_, SHUT_WR); }

Answer exchange_until(HttpClient& client, std::string_view request, int status) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  auto answer = client.exchange(request);
  while (answer.status != status && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    answer = client.exchange(request);
  }
  return answer;
}

std::string request(std::string_view method, std::string_view target, std::string_view body,
                    std::string_view fields) {
  std::string text(method);
  text += ' ';
  text += target;
  text += " HTTP/1.1\r\nHost: bristle.test\r\n";
  text += fields;
  if (!body.empty() || method == "POST") {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  text += "\r\n";
  text += body;
  return text;
}

std::string chunk(std::string_view data) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), data.size(), 16).ptr;
  return std::string(digits.data(), end) + "\r\n" + std::string(data) + "\r\n";
}

std::string gzip(std::string_view text) {
  auto* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

}  // namespace integration
