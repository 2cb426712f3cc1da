// SPDX-License-Identifier: LicenseRef-Project
// Loopback sockets and the event queue of the load generator.
#pragma once

#include "dataplane/base/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

struct epoll_event;

namespace load {

using base::Descriptor;

/// Which of the driver's connections an event belongs to.
struct Tag {
  enum class Kind : std::uint32_t { request, crowd };
  Kind kind = Kind::request;
  std::uint32_t index = 0;
};

/// Readiness of many sockets. Owner and thread: the driver. Fails by ending the program: without
/// epoll there is no run.
class Poller {
 public:
  Poller();

  void watch(const Descriptor& socket, Tag tag, bool wants_to_write);
  void change(const Descriptor& socket, Tag tag, bool wants_to_write);

  /// Waits at most `nanoseconds`, then calls `take(tag, is_writable)` for each event.
  template <typename Take>
  void wait(std::uint64_t nanoseconds, Take&& take) {
    const auto count = collect(nanoseconds);
    for (std::size_t number = 0; number < count; ++number) {
      const auto [tag, is_writable] = event(number);
      take(tag, is_writable);
    }
  }

 private:
  void control(int operation, const Descriptor& socket, Tag tag, bool wants_to_write);
  std::size_t collect(std::uint64_t nanoseconds);
  [[nodiscard]] std::pair<Tag, bool> event(std::size_t number) const;

  Descriptor queue_;
};

/// Starts connecting to 127.0.0.1:`port`; not open when the machine has no descriptor or port left.
Descriptor start_connecting(std::uint16_t port);

/// Connects and waits for it; not open when nobody listens.
Descriptor connect_now(std::uint16_t port);

/// Whether a started connection stands.
bool is_connected(const Descriptor& socket);

/// As many descriptors as the system allows.
void raise_descriptor_limit();

/// Nanoseconds of the monotonic clock.
std::uint64_t now_ns();

/// CPU time of this thread in seconds.
double own_cpu_seconds();

}  // namespace load
