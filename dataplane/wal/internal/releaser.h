// SPDX-License-Identifier: LicenseRef-Project
// Removes the oldest segments once nobody needs them and their room or their age asks for it.
#pragma once

#include "dataplane/format/segment.h"
#include "dataplane/sys/log_disk.h"
#include "dataplane/wal/internal/pending.h"
#include "dataplane/wal/internal/shelf.h"
#include "dataplane/wal/writer.h"

#include <cerrno>
#include <cstdint>
#include <string>

namespace dp::wal::internal {

/// One removal at a time, oldest first. Thread: the shard's own.
/// Invariant: a segment is removed only when every record in it lies before `needed_from`, which
/// every consumer has made durable elsewhere. Failure: a refused removal is tried again every
/// `retry_ms`; the segment counts as kept meanwhile.
class Releaser {
 public:
  Releaser(sys::LogDisk& disk, const Writer::Options& options)
      : disk_(disk),
        limits_(options.retention),
        retry_ms_(options.retry_ms),
        shelf_(options.retention, options.group_bytes_max) {}

  [[nodiscard]] Shelf& shelf() noexcept { return shelf_; }
  [[nodiscard]] const Shelf& shelf() const noexcept { return shelf_; }

  /// First record of the oldest segment that readers should still expect: one that is being removed
  /// counts as gone.
  [[nodiscard]] format::Sequence oldest() const noexcept {
    return removal_.is_busy() ? shelf_.second_oldest() : shelf_.oldest();
  }

  [[nodiscard]] std::int64_t wall_clock_us() const noexcept {
    return limits_.wall_clock_us == nullptr ? 0 : limits_.wall_clock_us();
  }

  /// Every turn: takes notice of a finished removal, starts the next one. Returns the work done.
  std::uint32_t advance(format::Sequence durable_end, std::uint64_t now_ns,
                        Writer::Counters& counters) noexcept {
    std::uint32_t work = 0;
    if (const auto result = removal_.take()) {
      ++work;
      if (*result == 0 || *result == -ENOENT) {
        shelf_.released();
        count(counters.segments_released);
      } else {
        count(counters.release_failures);
        retry_at_ns_ = now_ns + std::uint64_t{retry_ms_} * 1'000'000;
      }
    }
    if (shelf_.size() >= 2 && !removal_.is_busy() && now_ns >= retry_at_ns_ &&
        shelf_.may_release(needed_from(durable_end), wall_clock_us())) {
      name_ = format::segment_file_name(shelf_.oldest());
      removal_.begin();
      disk_.remove(name_.c_str(), removal_);
    }
    return work;
  }

 private:
  /// A consumer that claims more than there is knows another log: nothing is released then.
  [[nodiscard]] format::Sequence needed_from(format::Sequence durable_end) const noexcept {
    if (limits_.needed_from == nullptr) {
      return 0;
    }
    const format::Sequence needed = limits_.needed_from->load(std::memory_order_acquire);
    return needed <= durable_end ? needed : 0;
  }

  static void count(std::atomic<std::uint64_t>& counter) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  sys::LogDisk& disk_;
  Retention limits_;
  std::uint32_t retry_ms_;
  Shelf shelf_;
  Pending removal_;
  std::string name_;
  std::uint64_t retry_at_ns_ = 0;
};

}  // namespace dp::wal::internal
