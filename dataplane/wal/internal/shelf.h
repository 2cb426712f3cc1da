// SPDX-License-Identifier: LicenseRef-Project
// The segments a partition keeps, what they take per class of records, and which one may go next.
#pragma once

#include "dataplane/base/check.h"
#include "dataplane/format/segment.h"
#include "dataplane/wal/writer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace dp::wal::internal {

/// What a class takes is the difference of two running totals: of everything ever stored, and of
/// what had been stored when the oldest kept segment began. So nothing is walked, not even at
/// start-up, and releasing a segment corrects every estimate made about it.
/// Thread: the shard's own. Allocates only when a segment starts.
class Shelf {
 public:
  /// `group_bytes_max`: of all that may wait for a flush, so also of a record.
  Shelf(const Retention& limits, std::uint64_t group_bytes_max) noexcept
      : limits_(limits), group_bytes_max_(group_bytes_max) {}

  /// A segment that starts at `first`, behind all others; one that starts there already was empty
  /// and is replaced. Its header block is charged to the events.
  void start(format::Sequence first, std::int64_t started_us) {
    if (!kept_.empty() && kept_.back().first == first) {
      total_ = kept_.back().before;
      kept_.pop_back();
    }
    DCHECK(kept_.empty() || kept_.back().first < first);
    kept_.push_back({first, started_us, total_});
    add(format::RecordClass::events, format::kSegmentDataAt);
  }

  /// What the header of a segment that starts at `first` says.
  [[nodiscard]] format::ClassBytes bytes_before(format::Sequence first) const noexcept {
    return !kept_.empty() && kept_.back().first == first ? kept_.back().before : total_;
  }

  /// At start-up, before `start`: what earlier lives had stored. Never less than is known already.
  void set_total(const format::ClassBytes& total) noexcept {
    bool is_behind = false;
    for (std::size_t index = 0; index < total.size(); ++index) {
      is_behind = is_behind || total[index] < total_[index];
    }
    total_ = is_behind ? total_ : total;
  }

  /// More is on the disk.
  void add(format::RecordClass record_class, std::uint64_t bytes) noexcept {
    total_[index_of(record_class)] += bytes;
  }

  /// Bytes on the disk.
  [[nodiscard]] std::uint64_t used(format::RecordClass record_class) const noexcept {
    const std::size_t index = index_of(record_class);
    return kept_.empty() ? total_[index] : total_[index] - kept_.front().before[index];
  }

  /// Whether the class has room for `bytes` more than is on the disk.
  [[nodiscard]] bool has_room(format::RecordClass record_class,
                              std::uint64_t bytes) const noexcept {
    return used(record_class) + bytes <= limits_.budget[index_of(record_class)];
  }

  /// Whether the oldest segment should go now: nobody needs anything before `needed_from`, and a
  /// budget runs low or the segment has reached its age. Never the newest one.
  [[nodiscard]] bool may_release(format::Sequence needed_from, std::int64_t now_us) const noexcept {
    return kept_.size() >= 2 && kept_[1].first <= needed_from &&
           (runs_low() || has_aged(kept_[1].started_us, now_us));
  }

  /// Whether the newest segment holds more than a quarter of a budget. It has to end then: what
  /// lies in the newest segment cannot go, and a class that waits for its room starts no other.
  [[nodiscard]] bool should_end_newest() const noexcept {
    for (std::size_t index = 0; index < limits_.budget.size() && !kept_.empty(); ++index) {
      if (total_[index] - kept_.back().before[index] > limits_.budget[index] / 4) {
        return true;
      }
    }
    return false;
  }

  void released() noexcept { kept_.pop_front(); }

  [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }
  [[nodiscard]] format::Sequence oldest() const noexcept {
    return kept_.empty() ? 0 : kept_.front().first;
  }
  /// Not with fewer than two.
  [[nodiscard]] format::Sequence second_oldest() const noexcept { return kept_[1].first; }

 private:
  struct Kept {
    format::Sequence first;
    std::int64_t started_us;
    format::ClassBytes before;
  };

  static std::size_t index_of(format::RecordClass record_class) noexcept {
    return static_cast<std::size_t>(record_class);
  }

  /// Release begins at three quarters, so that a burst finds room; earlier, but not below half,
  /// where a quarter is less than the next group may take.
  [[nodiscard]] bool runs_low() const noexcept {
    for (std::size_t index = 0; index < limits_.budget.size(); ++index) {
      const std::uint64_t budget = limits_.budget[index];
      const std::uint64_t room = std::max(budget / 4, std::min(budget / 2, group_bytes_max_));
      if (used(static_cast<format::RecordClass>(index)) > budget - room) {
        return true;
      }
    }
    return false;
  }

  /// A segment is as old as the start of the one after it.
  [[nodiscard]] bool has_aged(std::int64_t ended_us, std::int64_t now_us) const noexcept {
    return limits_.keep_us_max != 0 && ended_us != 0 && now_us > ended_us &&
           static_cast<std::uint64_t>(now_us - ended_us) > limits_.keep_us_max;
  }

  Retention limits_;
  std::uint64_t group_bytes_max_;
  std::deque<Kept> kept_;  // oldest first
  format::ClassBytes total_{};
};

}  // namespace dp::wal::internal
