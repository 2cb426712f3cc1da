// SPDX-License-Identifier: LicenseRef-Project
// Group-commit writer of the event log: many appends, one flush, then the whole group is reported.
#pragma once

#include "dataplane/base/result.h"
#include "dataplane/format/durable_mark.h"
#include "dataplane/format/log_record.h"
#include "dataplane/format/segment.h"
#include "dataplane/reactor/reactor.h"
#include "dataplane/sys/log_disk.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

namespace dp::wal {

/// Codes of base::ErrorDomain::wal.
enum class WalError : std::uint8_t {
  full = 1,      ///< The pending group is full; try again after the current flush (503, transient).
  not_writable,  ///< Disk full or a refused sync: nothing is accepted until the writer has
                 ///< recovered (503).
  record_too_large,
  budget_used,  ///< The record's class has used up its bytes until segments are released (503).
  damaged,      ///< At start: the last segment has no valid header; an operator has to look.
};

constexpr base::Error make_error(WalError code) noexcept {
  return base::Error{base::ErrorDomain::wal, static_cast<std::uint8_t>(code), 0};
}

/// Told when records can no longer be lost, or that they were not stored. Called on the writer's
/// core, in order.
class DurableListener {
 public:
  /// Every record up to and including `last` is on stable storage.
  virtual void durable_up_to(format::Sequence last) noexcept = 0;

  /// The group holding the records from `first` on could not be made durable; they count as never
  /// accepted. The writer reuses their sequences after it has recovered.
  virtual void lost_from(format::Sequence first) noexcept = 0;

 protected:
  ~DurableListener() = default;
};

/// What the partition may take, and when a segment that nobody needs any more goes.
struct Retention {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  /// Per RecordClass, on the disk. Beyond it an append of that class fails with `budget_used`.
  format::ClassBytes budget{kUnlimited, kUnlimited, kUnlimited};
  std::uint64_t keep_us_max = 0;  ///< Released segments go at this age at the latest; 0: no age.
  /// First record that some consumer still needs, moved by another thread. Absent: all are needed.
  const std::atomic<format::Sequence>* needed_from = nullptr;
  std::int64_t (*wall_clock_us)() noexcept = nullptr;  ///< For ages.
};

/// Where a group lies that has just become durable.
struct DurableGroup {
  std::uint32_t shard = 0;
  format::Sequence segment = 0;  ///< First sequence of its segment.
  std::uint64_t offset = 0;      ///< Of its first record in the segment.
  format::Sequence first = 0;    ///< Sequence of its first record.
  base::Bytes records;           ///< Its records as they lie on the disk.
};

/// What capture sees of the log: an interface, so that capture can be tested without a disk.
class Appender {
 public:
  /// Copies `record` (its sequence is ignored) into the pending group and returns its sequence. No
  /// allocation. The listener is never called from here.
  virtual base::Result<format::Sequence> append(const format::LogRecord& record) noexcept = 0;

  /// Inside `durable_up_to` only: the group that it reports. Without records where nothing has a
  /// place.
  [[nodiscard]] virtual DurableGroup durable_group() const noexcept { return {}; }

  /// Bytes of records that wait for the flush after the one in flight.
  [[nodiscard]] virtual std::size_t pending_bytes() const noexcept { return 0; }

 protected:
  ~Appender() = default;
};

/// What `Writer::open` found. For one log line of the daemon.
struct Recovery {
  format::Sequence next_sequence = 0;   ///< Where the log continues.
  std::uint64_t records_recovered = 0;  ///< Records found in the last segment.
  std::uint64_t records_missing =
      0;                       ///< Records that were durable once and are gone: the disk lied.
  bool has_torn_tail = false;  ///< The last group was cut in the middle.
  bool is_direct = true;       ///< False: no O_DIRECT here, buffered writes and fdatasync instead.
};

/// The event log of one shard.
/// Invariant: `durable_up_to(s)` is only called when every record up to `s` survives a power cut at
/// that moment. Invariant: a record reported by `lost_from` is never returned by a reader; its
/// sequence is used again. Owner: the shard; polled by its reactor, before the transport. Thread:
/// the shard's own. Bounds: two groups of `group_bytes_max`, one in flight and one pending; beyond
/// that `append` fails with `full`. Failure: a refused write or sync loses everything that was not
/// durable and answers `not_writable` until a fresh segment could be made, which is tried every
/// `retry_ms`; then service goes on by itself.
class Writer final : public Appender, public reactor::Poller {
 public:
  struct Options {
    std::uint32_t shard = 0;
    std::uint64_t segment_bytes = std::uint64_t{64}
                                  << 20;  ///< Multiple of 4096; holds a group and the header.
    std::size_t group_bytes_max = std::size_t{28}
                                  << 20;  ///< Multiple of 4096; holds the largest record.
    std::uint32_t retry_ms = 1000;
    reactor::TimerWheel* timers =
        nullptr;  ///< Wakes the loop for a retry; without it the next turn of the loop retries.
    std::uint32_t salt_seed =
        0;  ///< Entropy for the segments' salts; the daemon passes a random number.
    /// While a small group is being flushed the loop does not sleep: for a core of its own. Without
    /// effect where a thread of the process has to sync.
    bool may_stay_awake = false;
    Retention retention;
  };

  /// Numbers for /metrics; one writer, readable from any thread.
  struct Counters {
    std::atomic<std::uint64_t> records{0};  ///< Durable records.
    std::atomic<std::uint64_t> record_bytes{0};
    std::atomic<std::uint64_t> flushes{0};
    std::atomic<std::uint64_t> flush_ns{0};  ///< Sum over flushes; submission to completion.
    std::atomic<std::uint64_t> flush_failures{0};
    std::atomic<std::uint64_t> lost_records{0};
    std::atomic<std::uint64_t> refused_full{0};
    std::atomic<std::uint64_t> refused_not_writable{0};
    std::atomic<std::uint64_t> segments{0};  ///< Segments started.
    std::atomic<std::uint64_t> preparation_failures{0};
    std::atomic<std::uint64_t> refused_budget{0};
    std::atomic<std::uint64_t> segments_released{0};
    std::atomic<std::uint64_t> release_failures{0};
  };

  Writer(sys::LogDisk& disk, DurableListener& listener, Options options);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  Writer(Writer&&) = delete;
  Writer& operator=(Writer&&) = delete;
  ~Writer();

  /// Recovers the log and starts to prepare the first segment. Blocking, before the reactor runs,
  /// once. Errors: errno of the disk, `damaged`.
  base::Result<Recovery> open();

  base::Result<format::Sequence> append(const format::LogRecord& record) noexcept override;
  [[nodiscard]] DurableGroup durable_group() const noexcept override;
  [[nodiscard]] std::size_t pending_bytes() const noexcept override;

  /// Reactor poller: reports finished groups, starts the next flush when none is in flight. Returns
  /// the work done.
  std::uint32_t poll(std::uint64_t now_ns, std::uint32_t budget) noexcept override;

  /// While a group is being flushed, single arrivals need not wake the loop, or it stays awake.
  [[nodiscard]] reactor::Sleep sleep_allowed() const noexcept override;

  /// Whether an append of an event would be accepted now: for /_readiness.
  [[nodiscard]] bool is_writable() const noexcept;
  /// Whether everything appended has been reported: for an orderly stop.
  [[nodiscard]] bool is_idle() const noexcept;
  [[nodiscard]] const Counters& counters() const noexcept;

  /// What records of this class take on the disk, with their share of headers and padding.
  [[nodiscard]] std::uint64_t bytes_used(format::RecordClass record_class) const noexcept;
  /// First record of the oldest segment kept.
  [[nodiscard]] format::Sequence oldest_sequence() const noexcept;
  /// The page that readers map; lives as long as the disk. Any thread may read it.
  [[nodiscard]] const format::DurableMarkPage& mark() const noexcept;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace dp::wal
