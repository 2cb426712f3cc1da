// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/listeners.h"

#include "dataplane/sys/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace dp::daemon {
namespace {

constexpr int kFirstPassedDescriptor = 3;  // SD_LISTEN_FDS_START

std::uint64_t number_in_environment(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): start-up, one thread
  std::uint64_t number = 0;
  if (text != nullptr) {
    std::from_chars(text, text + std::strlen(text), number);
  }
  return number;
}

std::vector<int> passed_descriptors() {
  std::vector<int> passed;
  if (number_in_environment("LISTEN_PID") == static_cast<std::uint64_t>(getpid())) {
    const auto count = static_cast<int>(number_in_environment("LISTEN_FDS"));
    for (int index = 0; index < count; ++index) {
      passed.push_back(kFirstPassedDescriptor + index);
    }
  }
  return passed;
}

base::Result<Listeners> adopt(const std::vector<int>& passed, std::uint32_t shards) {
  Listeners listeners;
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    const int descriptor = fcntl(passed[shard % passed.size()], F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0) {
      return base::unexpected(base::Error::from_errno(errno));
    }
    listeners.descriptors.push_back(descriptor);
  }
  const auto port = sys::listener_port(listeners.descriptors.front());
  listeners.port = port ? *port : std::uint16_t{0};
  return listeners;
}

/// Binds without SO_REUSEPORT and lets go: fails when anybody listens there.
base::Result<void> check_port_is_free(const ListenAddress& address) {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
  auto* four = reinterpret_cast<sockaddr_in*>(&storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, address.host.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(address.port);
    bytes = sizeof(*four);
  } else if (inet_pton(AF_INET6, address.host.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(address.port);
    bytes = sizeof(*six);
  } else {
    return base::unexpected(base::Error::from_errno(EINVAL));
  }
  const int probe = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) {
    return base::unexpected(base::Error::from_errno(errno));
  }
  const int one = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  const int outcome = bind(probe, reinterpret_cast<sockaddr*>(&storage), bytes);
  const int error = errno;
  close(probe);
  if (outcome != 0) {
    return base::unexpected(base::Error::from_errno(error));
  }
  return {};
}

}  // namespace

base::Result<Listeners> open_listeners(const ListenAddress& address, std::uint32_t shards) {
  const auto passed = passed_descriptors();
  if (!passed.empty()) {
    return adopt(passed, shards);
  }
  if (const auto is_free = check_port_is_free(address); !is_free) {
    return base::unexpected(is_free.error());
  }
  Listeners listeners;
  listeners.port = address.port;
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    const auto descriptor = sys::bind_listener(address.host, listeners.port);
    if (!descriptor) {
      return base::unexpected(descriptor.error());
    }
    listeners.descriptors.push_back(*descriptor);
    if (listeners.port == 0) {
      const auto port = sys::listener_port(*descriptor);
      if (!port) {
        return base::unexpected(port.error());
      }
      listeners.port = *port;
    }
  }
  return listeners;
}

}  // namespace dp::daemon
