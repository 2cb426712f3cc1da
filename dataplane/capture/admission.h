// SPDX-License-Identifier: LicenseRef-Project
// Whether a shard takes one more request of events, or says at once that it cannot: waiting lines
// are bounded by time, not by hope.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dp::capture {

/// Two things can stand in line. Work: a turn of the loop that takes longer than `kTurnNsMax` makes
/// everybody wait; once one turn did, the next ones refuse what costs more than its refusal (bodies
/// above kLightBodyBytes) when they have lasted that long, until a turn is short again. A single
/// long turn, ten thousand phones waking at once, refuses nobody. The log: when it has finished
/// nothing for `kLogNsMax` although somebody waits, a newcomer would wait at least as long.
/// Owner and thread: one shard.
class Admission {
 public:
  static constexpr std::uint64_t kTurnNsMax = 50'000'000;
  static constexpr std::uint64_t kLogNsMax = 5'000'000'000;
  static constexpr std::size_t kLightBodyBytes = std::size_t{16} << 10;

  /// Once per turn, after its requests: when the turn began, when it is now, how many requests wait
  /// for the log, and how many flushes it has finished.
  void turn_ended(std::uint64_t began_ns, std::uint64_t now_ns, std::uint32_t waiting,
                  std::uint64_t flushes) noexcept;

  /// Whether anything is refused at all: spares asking for the time.
  [[nodiscard]] bool is_alert() const noexcept { return is_overloaded_ || is_log_stuck_; }

  /// Whether a request is taken whose turn began at `turn_began_ns`.
  [[nodiscard]] bool admits(std::size_t body_bytes, std::uint64_t turn_began_ns,
                            std::uint64_t now_ns) const noexcept;

 private:
  bool is_overloaded_ = false;
  bool is_log_stuck_ = false;
  std::uint64_t flushes_ = 0;
  std::uint64_t log_moved_ns_ = 0;
};

}  // namespace dp::capture
