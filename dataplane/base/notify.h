// SPDX-License-Identifier: LicenseRef-Project
// Tells the service manager how a program is: ready, stopping, a line of status, and the watchdog's
// food. The protocol of sd_notify(3), spoken directly: one datagram per message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// One program's line to its service manager. Owner: main. Threads: any, but `turned` by one only.
/// Bounds: a message waits at most five seconds, food for the watchdog not at all.
/// Failure: without a manager, or when it does not listen, every call does nothing.
class Notifier {
 public:
  /// `socket` is a path, or a name after `@` for the abstract namespace; empty: nobody is told.
  /// `watchdog_us` is how long the manager waits for food; 0: it does not ask for any.
  Notifier(std::string_view socket, std::uint64_t watchdog_us) noexcept;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  Notifier(Notifier&&) = delete;
  Notifier& operator=(Notifier&&) = delete;
  ~Notifier();

  /// The program serves from now on; `status` is what an operator reads.
  void ready(std::string_view status) const noexcept;

  void status(std::string_view status) const noexcept;

  /// The program was asked to end and does so.
  void stopping() const noexcept;

  /// Starting takes longer than planned for a reason: at least this much more time, please.
  void extend_start(std::uint64_t microseconds) const noexcept;

  /// Gives the manager a duplicate of `descriptor` to keep, whatever becomes of it, and to pass to
  /// the next start under `name`. False when nobody took the message.
  bool store(int descriptor, std::string_view name) const noexcept;

  /// The manager lets go of every descriptor it keeps under `name`.
  void forget(std::string_view name) const noexcept;

  /// Feeds the watchdog now.
  void feed() const noexcept;

  /// A real turn of the program's main loop has ended: feeds when it is time again. Cheap enough
  /// for every turn.
  void turned() noexcept;

  /// How often to feed: a third of what the manager waits. Nothing when it does not ask.
  [[nodiscard]] std::optional<std::uint64_t> feed_interval_us() const noexcept;

 private:
  void send(std::string_view message, bool may_wait) const noexcept;

  std::string address_;  // as in sockaddr_un; an abstract name begins with a zero byte
  std::uint64_t watchdog_us_;
  int descriptor_ = -1;
  std::uint64_t next_feed_us_ = 0;
};

/// What the manager left in the environment.
struct NotifySettings {
  std::string socket;             ///< NOTIFY_SOCKET
  std::uint64_t watchdog_us = 0;  ///< WATCHDOG_USEC, when WATCHDOG_PID is absent or this process

  /// Start-up, one thread.
  static NotifySettings from_environment();
};

}  // namespace base
