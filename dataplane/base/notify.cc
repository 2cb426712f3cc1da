// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/base/notify.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <system_error>

namespace base {
namespace {

constexpr std::time_t kSendSecondsMax = 5;

std::string_view environment(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): start-up, one thread
  return text == nullptr ? std::string_view() : std::string_view(text);
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

std::uint64_t monotonic_us() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

/// A status is one line: the protocol ends a field at a line break.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

struct Target {
  sockaddr_un address{};
  socklen_t bytes = 0;
};

Target target_of(std::string_view address) noexcept {
  Target target;
  target.address.sun_family = AF_UNIX;
  std::memcpy(target.address.sun_path, address.data(), address.size());
  target.bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  return target;
}

}  // namespace

NotifySettings NotifySettings::from_environment() {
  NotifySettings settings;
  settings.socket = environment("NOTIFY_SOCKET");
  const auto pid = environment("WATCHDOG_PID");
  if (pid.empty() || number_of(pid) == static_cast<std::uint64_t>(getpid())) {
    settings.watchdog_us = number_of(environment("WATCHDOG_USEC"));
  }
  return settings;
}

Notifier::Notifier(std::string_view socket, std::uint64_t watchdog_us) noexcept
    : address_(socket), watchdog_us_(watchdog_us) {
  const bool is_known = socket.size() > 1 && (socket[0] == '/' || socket[0] == '@');
  if (!is_known || socket.size() >= sizeof(sockaddr_un::sun_path)) {
    return;
  }
  if (socket[0] == '@') {
    address_[0] = '\0';
  }
  descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor_ >= 0) {
    const timeval patience{kSendSecondsMax, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  }
}

Notifier::~Notifier() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

void Notifier::ready(std::string_view status) const noexcept {
  send("READY=1\nSTATUS=" + one_line(status), true);
}

void Notifier::status(std::string_view status) const noexcept {
  send("STATUS=" + one_line(status), true);
}

void Notifier::stopping() const noexcept { send("STOPPING=1\nSTATUS=stopping", true); }

void Notifier::extend_start(std::uint64_t microseconds) const noexcept {
  send("EXTEND_TIMEOUT_USEC=" + std::to_string(microseconds), true);
}

// FDPOLL=0: the other end of a stored socket may close before the next start.
bool Notifier::store(int descriptor, std::string_view name) const noexcept {
  if (descriptor_ < 0) {
    return false;
  }
  std::string text = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + one_line(name);
  auto target = target_of(address_);
  iovec piece{text.data(), text.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_name = &target.address;
  message.msg_namelen = target.bytes;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(rights), &descriptor, sizeof(int));
  return sendmsg(descriptor_, &message, MSG_NOSIGNAL) >= 0;
}

void Notifier::forget(std::string_view name) const noexcept {
  send("FDSTOREREMOVE=1\nFDNAME=" + one_line(name), true);
}

void Notifier::feed() const noexcept { send("WATCHDOG=1", false); }

void Notifier::turned() noexcept {
  if (descriptor_ < 0 || watchdog_us_ == 0) {
    return;
  }
  const auto now_us = monotonic_us();
  if (now_us >= next_feed_us_) {
    next_feed_us_ = now_us + watchdog_us_ / 3;
    feed();
  }
}

std::optional<std::uint64_t> Notifier::feed_interval_us() const noexcept {
  if (descriptor_ < 0 || watchdog_us_ == 0) {
    return std::nullopt;
  }
  return std::max<std::uint64_t>(watchdog_us_ / 3, 1);
}

void Notifier::send(std::string_view message, bool may_wait) const noexcept {
  if (descriptor_ < 0) {
    return;
  }
  const auto target = target_of(address_);
  const int flags = MSG_NOSIGNAL | (may_wait ? 0 : MSG_DONTWAIT);
  // A manager that does not take the message cannot be told so.
  static_cast<void>(sendto(descriptor_, message.data(), message.size(), flags,
                           reinterpret_cast<const sockaddr*>(&target.address), target.bytes));
}

}  // namespace base
