// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/sys/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace dp::sys {
namespace {

// Fills `address` from a numeric host; returns its length, 0 when the host is no address.
socklen_t parse_address(const std::string& host, std::uint16_t port, sockaddr_storage& address) {
  auto& narrow = reinterpret_cast<sockaddr_in&>(address);
  if (::inet_pton(AF_INET, host.c_str(), &narrow.sin_addr) == 1) {
    narrow.sin_family = AF_INET;
    narrow.sin_port = htons(port);
    return sizeof(narrow);
  }
  auto& wide = reinterpret_cast<sockaddr_in6&>(address);
  if (::inet_pton(AF_INET6, host.c_str(), &wide.sin6_addr) == 1) {
    wide.sin6_family = AF_INET6;
    wide.sin6_port = htons(port);
    return sizeof(wide);
  }
  return 0;
}

}  // namespace

base::Result<int> bind_listener(std::string_view host, std::uint16_t port, int backlog) {
  sockaddr_storage address{};
  const socklen_t length = parse_address(std::string(host), port, address);
  if (length == 0) {
    return base::unexpected(base::Error::from_errno(EINVAL));
  }
  const int descriptor = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    return base::unexpected(base::Error::from_errno(errno));
  }
  const int on = 1;
  const bool is_listening =
      ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
      ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0 &&
      ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
      ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
      ::listen(descriptor, backlog) == 0;
  if (!is_listening) {
    const base::Error error = base::Error::from_errno(errno);
    ::close(descriptor);
    return base::unexpected(error);
  }
  return descriptor;
}

base::Result<std::uint16_t> listener_port(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return base::unexpected(base::Error::from_errno(errno));
  }
  const bool is_narrow = address.ss_family == AF_INET;
  return ntohs(is_narrow ? reinterpret_cast<const sockaddr_in&>(address).sin_port
                         : reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
}

base::Result<std::string> listener_name(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return base::unexpected(base::Error::from_errno(errno));
  }
  if (address.ss_family == AF_UNIX) {
    return std::string(reinterpret_cast<const sockaddr_un&>(address).sun_path);
  }
  const bool is_narrow = address.ss_family == AF_INET;
  const void* host =
      is_narrow ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr)
                : &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  const auto port = listener_port(descriptor);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!port || ::inet_ntop(address.ss_family, host, text.data(), text.size()) == nullptr) {
    return base::unexpected(base::Error::from_errno(EAFNOSUPPORT));
  }
  const std::string name = is_narrow ? text.data() : "[" + std::string(text.data()) + "]";
  return name + ":" + std::to_string(*port);
}

}  // namespace dp::sys
