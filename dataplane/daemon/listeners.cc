// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/listeners.h"

#include "dataplane/sys/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace dp::daemon {
namespace {

constexpr int kFirstPassedDescriptor = 3;  // SD_LISTEN_FDS_START
constexpr std::uint64_t kPassedMax = 64;

std::uint64_t number_in_environment(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): start-up, one thread
  std::uint64_t number = 0;
  if (text != nullptr) {
    std::from_chars(text, text + std::strlen(text), number);
  }
  return number;
}

Door door_of(std::string_view name) noexcept {
  if (name == kHandoverName) {
    return Door::handover;
  }
  return name == "metrics" ? Door::metrics : Door::front;
}

/// Where the socket for `door` and `shard` is kept.
std::vector<int>& place_of(Listeners& listeners, Door door, std::uint32_t shard) noexcept {
  if (door == Door::handover) {
    return listeners.handover;
  }
  return door == Door::metrics ? listeners.metrics : listeners.front[shard];
}

/// Adds what systemd passed to `listeners`.
base::Result<void> adopt_passed(Listeners& listeners, std::uint32_t shards) {
  if (number_in_environment("LISTEN_PID") != static_cast<std::uint64_t>(getpid())) {
    return {};
  }
  const char* names = std::getenv("LISTEN_FDNAMES");  // NOLINT(concurrency-mt-unsafe): start-up
  const auto count = std::min<std::uint64_t>(number_in_environment("LISTEN_FDS"), kPassedMax);
  int descriptor = kFirstPassedDescriptor;
  for (const Door door :
       doors_of(names == nullptr ? "" : names, static_cast<std::uint32_t>(count))) {
    for (std::uint32_t shard = 0; shard < (door == Door::front ? shards : 1); ++shard) {
      const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
      if (own < 0) {
        return base::unexpected(base::Error::from_errno(errno));
      }
      place_of(listeners, door, shard).push_back(own);
    }
    listeners.is_front_passed = listeners.is_front_passed || door == Door::front;
    close(descriptor++);
  }
  return {};
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

/// Binds `count` sockets to one address; with port 0 the first finds the port of all.
base::Result<void> bind_all(ListenAddress address, std::uint32_t count, std::vector<int>& bound) {
  if (const auto is_free = check_port_is_free(address); !is_free) {
    return base::unexpected(is_free.error());
  }
  for (std::uint32_t index = 0; index < count; ++index) {
    const auto descriptor = sys::bind_listener(address.host, address.port);
    if (!descriptor) {
      return base::unexpected(descriptor.error());
    }
    bound.push_back(*descriptor);
    const auto port = sys::listener_port(*descriptor);
    if (!port) {
      return base::unexpected(port.error());
    }
    address.port = *port;
  }
  return {};
}

}  // namespace

std::vector<Door> doors_of(std::string_view names, std::uint32_t count) {
  std::vector<Door> doors;
  while (doors.size() < count) {
    const auto colon = names.find(':');
    doors.push_back(door_of(names.substr(0, colon)));
    names.remove_prefix(colon == std::string_view::npos ? names.size() : colon + 1);
  }
  return doors;
}

base::Result<Listeners> open_listeners(const ListenAddress& front,
                                       const std::optional<ListenAddress>& metrics,
                                       std::uint32_t shards) {
  Listeners listeners;
  listeners.front.resize(shards);
  if (const auto adopted = adopt_passed(listeners, shards); !adopted) {
    return base::unexpected(adopted.error());
  }
  if (listeners.front[0].empty()) {
    std::vector<int> bound;
    if (const auto outcome = bind_all(front, shards, bound); !outcome) {
      return base::unexpected(outcome.error());
    }
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      listeners.front[shard].push_back(bound[shard]);
    }
  }
  if (listeners.metrics.empty() && metrics) {
    if (const auto outcome = bind_all(*metrics, 1, listeners.metrics); !outcome) {
      return base::unexpected(outcome.error());
    }
  }
  listeners.address = sys::listener_name(listeners.front[0][0]).value_or("an unnamed socket");
  return listeners;
}

}  // namespace dp::daemon
