// SPDX-License-Identifier: LicenseRef-Project
// What the loop does while a group is being flushed: sleep over arrivals, or watch for them.
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
  /// A slow disk keeps nobody awake for longer.
  static constexpr std::uint64_t kAwakeNsMax = 1'000'000;
  /// Records in a group up to which the loop stays awake. More of them share the cost of a waking,
  /// and the core has less time to spare.
  static constexpr std::uint64_t kAwakeRecordsMax = 12;

  /// `may_stay_awake`: the core has nothing else to do. Arrivals are then taken as they come, the
  /// end of a flush is seen at once, and nobody waits for the thread to be woken.
  explicit FlushPause(bool may_stay_awake) noexcept : may_stay_awake_(may_stay_awake) {}

  void flush_began(std::uint64_t now_ns, std::uint64_t records) noexcept {
    began_ns_ = now_ns;
    is_flushing_ = true;
    is_awake_ = may_stay_awake_ && records <= kAwakeRecordsMax;
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

  /// How the loop may wait at `now_ns`.
  [[nodiscard]] reactor::Sleep sleep_allowed(std::uint64_t now_ns) const noexcept {
    const std::uint64_t half_ns = std::min(shortest_ns_, shortest_before_ns_) / 2;
    const std::uint64_t until_ns =
        began_ns_ + (is_awake_ ? kAwakeNsMax : std::min(half_ns, kNsMax));
    if (!is_flushing_ || now_ns >= until_ns) {
      return {};
    }
    return {until_ns - now_ns, is_awake_ ? 1 : kCompletions, is_awake_};
  }

 private:
  static constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t began_ns_ = 0;
  std::uint64_t shortest_ns_ = kNone;     ///< Of the last `flushes_`.
  std::uint64_t shortest_before_ns_ = 0;  ///< Of the kFlushes before them.
  std::uint32_t flushes_ = 0;
  bool is_flushing_ = false;
  bool is_awake_ = false;
  bool may_stay_awake_;
};

}  // namespace dp::wal::internal
