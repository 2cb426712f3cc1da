// SPDX-License-Identifier: LicenseRef-Project
// Whether a shard takes one more request of events, or says at once that it cannot: waiting lines
// are bounded by time, not by hope.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dp::capture {

/// Three things can stand in line. Work: who would wait for longer than `kWaitNsMax` before being
/// looked at is refused by the head alone. The log: when more than `kLogBytesMax` wait for the
/// flush in flight, the disk is the slower one, and large bodies are refused before they come. A
/// log that has finished nothing for `kLogNsMax` although somebody waits takes nothing.
/// Owner and thread: one shard.
class Admission {
 public:
  static constexpr std::uint64_t kWaitNsMax = 50'000'000;
  static constexpr std::size_t kLogBytesMax = std::size_t{4} << 20;
  static constexpr std::uint64_t kLogNsMax = 5'000'000'000;

  /// What a large body would stand behind.
  struct Line {
    std::uint64_t wait_ns = 0;  ///< Expected before its turn.
    std::size_t log_bytes = 0;  ///< That wait for a flush.
  };

  /// Once per turn, after its requests: when it is now, how many requests wait for the log, and how
  /// many flushes it has finished.
  void turn_ended(std::uint64_t now_ns, std::uint32_t waiting, std::uint64_t flushes) noexcept;

  /// Whether the log stands still: nothing is taken, whatever its size.
  [[nodiscard]] bool is_log_stuck() const noexcept { return is_log_stuck_; }

  /// Whether a large body, of which only the head has come, is taken.
  [[nodiscard]] bool admits(const Line& line) const noexcept {
    return !is_log_stuck_ && line.wait_ns <= kWaitNsMax && line.log_bytes <= kLogBytesMax;
  }

 private:
  bool is_log_stuck_ = false;
  std::uint64_t flushes_ = 0;
  std::uint64_t log_moved_ns_ = 0;
};

}  // namespace dp::capture
