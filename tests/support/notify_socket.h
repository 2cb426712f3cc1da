// SPDX-License-Identifier: LicenseRef-Project
// The service manager's end of sd_notify, for a test: a datagram socket that remembers nothing.
#pragma once

#include "dataplane/base/check.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace support {

/// Listens at `name`: a path, or an abstract name after `@`.
class NotifySocket {
 public:
  explicit NotifySocket(std::string name)
      : name_(std::move(name)), descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    CHECK(name_.size() < sizeof(address.sun_path));
    std::memcpy(address.sun_path, name_.data(), name_.size());
    if (name_[0] == '@') {
      address.sun_path[0] = '\0';
    }
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    CHECK(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), bytes) == 0);
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  NotifySocket(NotifySocket&&) = delete;
  NotifySocket& operator=(NotifySocket&&) = delete;
  ~NotifySocket() { ::close(descriptor_); }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// The next message; nothing when none comes in time.
  [[nodiscard]] std::optional<std::string> receive(std::chrono::milliseconds patience) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    const timeval wait{seconds.count(), std::chrono::microseconds(patience - seconds).count() + 1};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    std::array<char, 4096> buffer{};
    const auto size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (size < 0) {
      return std::nullopt;
    }
    return std::string(buffer.data(), static_cast<std::size_t>(size));
  }

  /// The next message and the descriptor that came with it; -1: none did. Waits without limit.
  [[nodiscard]] std::pair<std::string, int> receive_with_descriptor() const {
    std::array<char, 4096> buffer{};
    iovec piece{buffer.data(), buffer.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto size = ::recvmsg(descriptor_, &message, MSG_CMSG_CLOEXEC);
    const cmsghdr* rights = CMSG_FIRSTHDR(&message);
    int descriptor = -1;
    if (rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
      std::memcpy(&descriptor, CMSG_DATA(rights), sizeof(descriptor));
    }
    return {std::string(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))),
            descriptor};
  }

  /// Skips messages until one contains `text`; nothing when none does in time.
  [[nodiscard]] std::optional<std::string> receive_with(const std::string& text,
                                                        std::chrono::milliseconds patience) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (auto left = patience; left.count() > 0;
         left = std::chrono::duration_cast<std::chrono::milliseconds>(
             deadline - std::chrono::steady_clock::now())) {
      auto message = receive(left);
      if (!message || message->find(text) != std::string::npos) {
        return message;
      }
    }
    return std::nullopt;
  }

 private:
  std::string name_;
  int descriptor_;
};

}  // namespace support
