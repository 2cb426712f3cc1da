// SPDX-License-Identifier: LicenseRef-Project
#include "bench/load/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace load {
namespace {

constexpr std::size_t kEventsMax = 512;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

std::array<epoll_event, kEventsMax>& event_buffer() {
  static std::array<epoll_event, kEventsMax> buffer{};
  return buffer;
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(70);  // NOLINT(concurrency-mt-unsafe): the only thread.
}

Descriptor connect_socket(std::uint16_t port, int flags) {
  Descriptor made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!made.is_open()) {
    return {};
  }
  const int on = 1;
  setsockopt(made.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (connect(made.number(), generic, sizeof(address)) != 0 && errno != EINPROGRESS) {
    return {};
  }
  return made;
}

}  // namespace

Poller::Poller() : queue_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!queue_.is_open()) {
    fail("epoll_create1");
  }
}

void Poller::control(int operation, const Descriptor& socket, Tag tag, bool wants_to_write) {
  epoll_event event{};
  event.events = EPOLLIN | (wants_to_write ? EPOLLOUT : 0U);
  event.data.u64 = std::uint64_t{static_cast<std::uint32_t>(tag.kind)} << 32 | tag.index;
  if (epoll_ctl(queue_.number(), operation, socket.number(), &event) != 0) {
    fail("epoll_ctl");
  }
}

void Poller::watch(const Descriptor& socket, Tag tag, bool wants_to_write) {
  control(EPOLL_CTL_ADD, socket, tag, wants_to_write);
}

void Poller::change(const Descriptor& socket, Tag tag, bool wants_to_write) {
  control(EPOLL_CTL_MOD, socket, tag, wants_to_write);
}

std::size_t Poller::collect(std::uint64_t nanoseconds) {
  const timespec timeout{static_cast<time_t>(nanoseconds / kNsPerSecond),
                         static_cast<long>(nanoseconds % kNsPerSecond)};
  auto& events = event_buffer();
  const auto count = epoll_pwait2(queue_.number(), events.data(), static_cast<int>(events.size()),
                                  &timeout, nullptr);
  if (count < 0 && errno != EINTR) {
    fail("epoll_pwait2");
  }
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::pair<Tag, bool> Poller::event(std::size_t number) const {
  const auto& event = event_buffer()[number];
  const auto word = event.data.u64;
  return {{static_cast<Tag::Kind>(word >> 32), static_cast<std::uint32_t>(word)},
          (event.events & EPOLLOUT) != 0};
}

Descriptor start_connecting(std::uint16_t port) { return connect_socket(port, SOCK_NONBLOCK); }

Descriptor connect_now(std::uint16_t port) { return connect_socket(port, 0); }

bool is_connected(const Descriptor& socket) {
  int error = 0;
  socklen_t length = sizeof(error);
  return getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(time.tv_nsec);
}

double own_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace load
