// SPDX-License-Identifier: LicenseRef-Project
// The worker: carries the event log into ClickHouse, every event exactly once (design.md, "Exactly
// once").
#pragma once

#include "controlplane/ingest/batch.h"
#include "controlplane/ingest/checkpoint.h"
#include "controlplane/ingest/duplicates.h"
#include "controlplane/ingest/event_store.h"
#include "controlplane/ingest/ledger.h"
#include "controlplane/ingest/projects.h"
#include "controlplane/ingest/recording_batch.h"
#include "controlplane/ingest/recording_store.h"
#include "controlplane/ingest/worker_counters.h"
#include "dataplane/format/log_reader.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace cp::ingest {

/// Size and pace of batches. A batch is stored when it is full, or when it is `linger` old and the
/// last one began at least `interval` ago.
struct WorkerOptions {
  std::filesystem::path event_log;
  std::size_t rows_max = 50'000;
  std::size_t bytes_max = std::size_t{64} << 20;
  std::size_t slice_bytes = Batch::kSliceBytes;  ///< Of one insert.
  std::chrono::milliseconds linger{50};
  std::chrono::milliseconds interval{700};
  std::chrono::milliseconds poll{20};  ///< How often a quiet log is looked at.
  std::chrono::milliseconds retry_delay{
      250};  ///< After a failure; doubles up to `retry_delay_max`.
  std::chrono::milliseconds retry_delay_max{1'000};
  std::chrono::seconds report_interval{60};
  std::size_t filter_uuids_max = 32'000'000;  ///< Fingerprints in memory, about 16 bytes each.
};

/// Receives the worker's log lines; the daemon writes them to standard error.
using WriteLine = std::function<void(const std::string& line)>;

/// A point where a test may kill the process; called with its name. Empty in production.
using CrashPoint = std::function<void(const char* name)>;

/// One loop over all partitions. Owner and thread: one; `stop` may be set by a signal handler.
/// Any failure ends the session: the worker forgets what it holds, waits, and starts over from the
/// checkpoints, so a retry, a restart and a kill -9 all take the same way.
class Worker {
 public:
  Worker(WorkerOptions options, CheckpointStore& checkpoints, EventStore& events,
         RecordingStore& recordings, ProjectDirectory& projects, WriteLine write_line);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  Worker(Worker&&) = delete;
  Worker& operator=(Worker&&) = delete;
  ~Worker();

  /// Works until `stop` is set; returns then. Never throws for a store that is down.
  void run(const std::atomic<bool>& stop);

  /// One session: stores everything that is in the log now and returns; throws whatever a store
  /// throws.
  void drain();

  /// Told after every turn of the loop, also while it waits for a store, and after every piece that
  /// was stored: what a watchdog is fed on.
  void set_on_turn(std::function<void()> on_turn) { on_turn_ = std::move(on_turn); }

  /// Told in words what the worker does when that changes: ready, waiting, interrupted.
  void set_on_state(WriteLine on_state) { on_state_ = std::move(on_state); }

  /// Told when every record of the partition before `next` is stored and its checkpoint committed,
  /// and at the start of a session: what the release of log segments waits for.
  void set_on_stored(
      std::function<void(std::uint32_t partition, format::Sequence next)> on_stored) {
    on_stored_ = std::move(on_stored);
  }

  /// Who gives cookieless events their ids; without it they are dropped. To be set before `run`.
  void identify_with(CookielessIdentity* identity) noexcept { identity_ = identity; }

  void set_crash_point(CrashPoint crash_point) { crash_point_ = std::move(crash_point); }

  /// Since the start.
  [[nodiscard]] const WorkerCounters& totals() const noexcept { return totals_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// One shard's log: where the reader stands and the batch that is being filled.
  struct Partition {
    Partition(std::uint32_t shard, std::filesystem::path directory, std::size_t slice_bytes)
        : number(shard),
          reader(std::move(directory)),
          batch(slice_bytes),
          recordings(slice_bytes) {}

    std::uint32_t number;
    format::LogReader reader;
    Batch batch;
    RecordingBatch recordings;  ///< Of the same range.
    LedgerTally ledger;         ///< Of the batch.
    Clock::time_point batch_began{};
    Clock::time_point last_stored{};
    Clock::time_point blocked_until{};  ///< After an error of the log.
    std::string last_error;
    std::string last_imbalance;
  };

  bool begin_session();
  void end_session() noexcept;
  void run_session(const std::atomic<bool>& stop);
  void find_partitions();
  void open_partition(std::uint32_t number);
  bool advance(Partition& partition);
  bool read(Partition& partition, format::Sequence end);
  void add(Partition& partition, const format::LogRecord& record);
  void add_request(Partition& partition, const format::LogRecord& record);
  static std::string named(const Partition& partition);
  void add_recording(Partition& partition, const format::LogRecord& record,
                     std::int64_t project_id);
  void add_events(Partition& partition, const format::LogRecord& record, std::int64_t project_id);
  void report_undecodable(const Partition& partition, const format::LogRecord& record);
  void note_gap(const Partition& partition, format::Sequence found);
  void block(Partition& partition, const std::string& reason);
  void repeat(Partition& partition, format::Sequence end);
  void store(Partition& partition);
  void store_again(Batch& batch);
  void store_recordings(Partition& partition, RecordingInsert insert);
  void store_lanes(const Batch& batch, bool may_be_there);
  void mark_range(Batch& batch);
  void advance_checkpoint(Partition& partition);
  void finish(Partition& partition);
  void reach(const char* crash_point);
  void turned() const;
  void tell_stored(std::uint32_t partition, format::Sequence next) const;
  void say_state(const std::string& line);
  void report_failure(const std::exception& error);
  void report_progress();
  void pause(std::chrono::milliseconds duration, const std::atomic<bool>& stop) const;
  [[nodiscard]] bool is_full(const Partition& partition) const noexcept;
  [[nodiscard]] bool is_due(const Partition& partition) const noexcept;

  WorkerOptions options_;
  CheckpointStore& checkpoints_;
  EventStore& events_;
  RecordingStore& recordings_;
  ProjectDirectory& projects_;
  WriteLine write_line_;
  CrashPoint crash_point_;
  CookielessIdentity* identity_ = nullptr;
  std::function<void()> on_turn_;
  WriteLine on_state_;
  std::function<void(std::uint32_t partition, format::Sequence next)> on_stored_;
  DuplicateFilter duplicates_;
  std::map<std::uint32_t, Partition> partitions_;
  WorkerCounters totals_;
  WorkerCounters reported_;
  std::string last_line_;  ///< The state last logged: each is said once, not with every retry.
  std::chrono::milliseconds delay_{};
  Clock::time_point last_report_ = Clock::now();
  Clock::time_point last_scan_{};
};

}  // namespace cp::ingest
