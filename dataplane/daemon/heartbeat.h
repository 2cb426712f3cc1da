// SPDX-License-Identifier: LicenseRef-Project
// Whether every shard still turns: what feeding the service manager's watchdog depends on.
#pragma once

#include <cstdint>
#include <vector>

namespace dp::daemon {

/// A loop that counts its turns. Both functions: any thread.
class Turning {
 public:
  /// Turns completed since the start.
  [[nodiscard]] virtual std::uint64_t turns() const noexcept = 0;

  /// Makes a loop that sleeps turn once.
  virtual void wake() noexcept = 0;

 protected:
  ~Turning() = default;
};

/// Looks at every loop from outside, so that it costs them nothing but the turn it asks for.
/// Owner and thread: main. The loops outlive it.
class Heartbeat {
 public:
  explicit Heartbeat(const std::vector<Turning*>& loops);

  /// Whether every loop has turned since the last beat (the first: since its start). Then wakes
  /// them all, so that an idle one turns before the next.
  bool beat() noexcept;

 private:
  struct Watched {
    Turning* loop;
    std::uint64_t turns;
  };
  std::vector<Watched> watched_;
};

}  // namespace dp::daemon
