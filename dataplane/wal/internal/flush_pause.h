// SPDX-License-Identifier: LicenseRef-Project
// How long the loop may sleep over arrivals while a group is being flushed.
#pragma once

#include "dataplane/reactor/reactor.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace dp::wal::internal {

/// Whatever comes in while a group is being flushed waits for the next one, so one turn of the loop
/// for all of it is cheaper than one for each and nobody's answer is later. Of the shortest flush
/// seen lately the first half is slept through; the second is left for what has come in. The
/// shortest, because a mean would grow with every sleep that ends late, and the sleeps with it.
/// Thread: the shard's own.
class FlushPause {
 public:
  /// Others than the log's clients, who ask for flags, are not kept waiting longer.
  static constexpr std::uint64_t kNsMax = 500'000;
  /// Arrivals that end a sleep.
  static constexpr std::uint32_t kCompletions = 64;
  /// Flushes after which a shortest one is forgotten, at the latest in twice as many. Before there
  /// were so many, nothing is known and nothing slept.
  static constexpr std::uint32_t kFlushes = 64;

  void flush_began(std::uint64_t now_ns) noexcept {
    began_ns_ = now_ns;
    is_flushing_ = true;
  }

  void flush_ended(std::uint64_t now_ns) noexcept {
    is_flushing_ = false;
    shortest_ns_ = std::min(shortest_ns_, now_ns - began_ns_);
    if (++flushes_ == kFlushes) {
      shortest_before_ns_ = std::exchange(shortest_ns_, kNone);
      flushes_ = 0;
    }
  }

  /// The group in flight will not be reported.
  void flush_lost() noexcept { is_flushing_ = false; }

  /// How the loop may sleep at `now_ns`.
  [[nodiscard]] reactor::Sleep sleep_allowed(std::uint64_t now_ns) const noexcept {
    const std::uint64_t half_ns = std::min(shortest_ns_, shortest_before_ns_) / 2;
    const std::uint64_t until_ns = began_ns_ + std::min(half_ns, kNsMax);
    if (!is_flushing_ || now_ns >= until_ns) {
      return {};
    }
    return {until_ns - now_ns, kCompletions};
  }

 private:
  static constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t began_ns_ = 0;
  std::uint64_t shortest_ns_ = kNone;     ///< Of the last `flushes_`.
  std::uint64_t shortest_before_ns_ = 0;  ///< Of the kFlushes before them.
  std::uint32_t flushes_ = 0;
  bool is_flushing_ = false;
};

}  // namespace dp::wal::internal
