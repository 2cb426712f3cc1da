// SPDX-License-Identifier: LicenseRef-Project
// When a group should be flushed. A flush costs the same whatever its size (performance.md 1.9), so
// with many clients it pays to wait a moment for those who were just answered.
#pragma once

#include "dataplane/reactor/reactor.h"

#include <algorithm>
#include <cstdint>

namespace dp::wal::internal {

/// Decides from the last flushes how many records the next group should wait for, and for how long.
/// A lone client is never kept waiting: with at most one record per flush nothing is expected.
/// Bounds: a record waits at most `ns_max`, and at most as long as a flush takes. Thread: the
/// shard's own.
class Gathering {
 public:
  /// `ns_max` 0: every group is due at once.
  explicit Gathering(std::uint64_t ns_max) noexcept : ns_max_(ns_max) {}

  void flush_began(std::uint64_t records, std::uint64_t now_ns) noexcept {
    in_flight_records_ = records;
    flush_began_ns_ = now_ns;
    is_flushing_ = true;
    group_began_ns_ = 0;
  }

  /// `records` is how many were in the finished group and have come since: as many clients are
  /// known to send.
  void flush_ended(std::uint64_t records, std::uint64_t now_ns) noexcept {
    const std::uint64_t flush_ns = now_ns - flush_began_ns_;
    flush_ns_ = flush_ns_ == 0 ? flush_ns : (flush_ns_ * 7 + flush_ns) / 8;
    expected_records_ = records;
    is_flushing_ = false;
    flush_ended_ns_ = now_ns;
  }

  /// The group in flight will not be reported: nothing is known about the next one.
  void flush_lost() noexcept {
    is_flushing_ = false;
    expected_records_ = 0;
    group_began_ns_ = 0;
  }

  /// Whether a group of `records` should be flushed now; asked in every turn while none is in
  /// flight.
  [[nodiscard]] bool is_due(std::uint64_t records, std::uint64_t now_ns) noexcept {
    if (records == 0) {
      return false;
    }
    if (group_began_ns_ == 0) {
      group_began_ns_ = now_ns;
    }
    const bool is_stale = now_ns - flush_ended_ns_ > kForgetAfter * limit_ns();
    return is_stale || records >= expected_records_ || now_ns >= group_began_ns_ + limit_ns();
  }

  /// How the loop may sleep as things stood after the last call. `records` are pending.
  [[nodiscard]] reactor::Sleep sleep_allowed(std::uint64_t records,
                                             std::uint64_t now_ns) const noexcept {
    if (ns_max_ == 0) {
      return {};
    }
    if (is_flushing_) {
      return sleep_while_flushing(records, now_ns);
    }
    // A group that is due and not in flight waits for something else than the clock.
    const std::uint64_t due_ns = group_began_ns_ + limit_ns();
    if (records == 0 || group_began_ns_ == 0 || due_ns <= now_ns) {
      return {};
    }
    return {due_ns - now_ns, missing(records, expected_records_)};
  }

 private:
  /// After so many times the limit without a flush, what was expected is forgotten.
  static constexpr std::uint64_t kForgetAfter = 8;

  [[nodiscard]] std::uint64_t limit_ns() const noexcept { return std::min(ns_max_, flush_ns_); }

  [[nodiscard]] static std::uint32_t missing(std::uint64_t have, std::uint64_t want) noexcept {
    return want > have ? static_cast<std::uint32_t>(std::min<std::uint64_t>(want - have, 1024)) : 1;
  }

  /// For most of a flush there is nothing to do but collect who else comes; its end must be seen.
  [[nodiscard]] reactor::Sleep sleep_while_flushing(std::uint64_t records,
                                                    std::uint64_t now_ns) const noexcept {
    const std::uint64_t arrived = in_flight_records_ + records;
    const std::uint64_t quiet_until_ns = flush_began_ns_ + std::min(ns_max_ * 2, flush_ns_ * 3 / 4);
    if (arrived >= expected_records_ || now_ns >= quiet_until_ns) {
      return {};
    }
    return {quiet_until_ns - now_ns, missing(arrived, expected_records_) + 1};
  }

  std::uint64_t ns_max_;
  std::uint64_t flush_ns_ = 0;  ///< Moving average.
  std::uint64_t flush_began_ns_ = 0;
  std::uint64_t flush_ended_ns_ = 0;
  std::uint64_t group_began_ns_ = 0;  ///< When the pending group was first seen; 0: not yet.
  std::uint64_t expected_records_ = 0;
  std::uint64_t in_flight_records_ = 0;
  bool is_flushing_ = false;
};

}  // namespace dp::wal::internal
