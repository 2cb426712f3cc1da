// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/health/capture.h"

#include "appliance/health/environment.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace ap::health {
namespace {

constexpr std::size_t kAnswerBytesMax = 1U << 20U;
constexpr const char* kEvents = "bristle_events_accepted_total";

class Socket {
 public:
  Socket() : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval second{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket(Socket&&) = delete;
  Socket& operator=(Socket&&) = delete;
  ~Socket() { close(descriptor_); }

  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

std::optional<sockaddr_in> parse_authority(const std::string& authority) {
  const auto colon = authority.rfind(':');
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t port = 0;
  const char* end = authority.data() + authority.size();
  if (inet_pton(AF_INET, authority.substr(0, colon).c_str(), &address.sin_addr) != 1 ||
      std::from_chars(authority.data() + colon + 1, end, port).ptr != end) {
    return std::nullopt;
  }
  address.sin_port = htons(port);
  return address;
}

// Reads until the other side closes; the request asks for that.
std::optional<std::string> receive(int descriptor) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  std::string answer;
  std::array<char, 16384> buffer{};
  while (answer.size() < kAnswerBytesMax && std::chrono::steady_clock::now() < deadline) {
    const ssize_t bytes = recv(descriptor, buffer.data(), buffer.size(), 0);
    if (bytes < 0) {
      return std::nullopt;
    }
    if (bytes == 0) {
      return answer;
    }
    answer.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> fetch_http(const std::string& authority, const std::string& path) {
  const auto address = parse_authority(authority);
  const Socket socket;
  if (!address || socket.get() < 0) {
    return std::nullopt;
  }
  sockaddr generic{};
  static_assert(sizeof generic >= sizeof *address);
  std::copy_n(reinterpret_cast<const char*>(&*address), sizeof *address,
              reinterpret_cast<char*>(&generic));
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: " + authority + "\r\nConnection: close\r\n\r\n";
  if (connect(socket.get(), &generic, sizeof *address) != 0 ||
      send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size())) {
    return std::nullopt;
  }
  const auto answer = receive(socket.get());
  if (!answer || !answer->starts_with("HTTP/1.1 200")) {
    return std::nullopt;
  }
  const auto head_end = answer->find("\r\n\r\n");
  if (head_end == std::string::npos) {
    return std::nullopt;
  }
  return answer->substr(head_end + 4);
}

CaptureMeter::CaptureMeter(Fetch fetch) : fetch_(std::move(fetch)) {}

CaptureState CaptureMeter::read(const std::string& authority,
                                std::chrono::steady_clock::time_point now) {
  CaptureState state;
  const auto metrics = fetch_(authority, "/metrics");
  if (!metrics) {
    events_.reset();
    rate_.reset();
    return state;
  }
  state.is_up = true;
  const auto events = number_after(*metrics, kEvents);
  if (!events) {
    return state;
  }
  const auto total = static_cast<std::uint64_t>(*events);
  state.events_total = total;
  if (!events_ || total < *events_) {  // The first reading, or capture started anew.
    rate_.reset();
    events_ = total;
    at_ = now;
  } else if (now - at_ >= kGapMin) {
    const std::chrono::duration<double> gap = now - at_;
    rate_ = static_cast<double>(total - *events_) / gap.count();
    events_ = total;
    at_ = now;
  }
  state.rate_per_second = rate_;
  return state;
}

}  // namespace ap::health
