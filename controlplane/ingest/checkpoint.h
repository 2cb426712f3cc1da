// SPDX-License-Identifier: LicenseRef-Project
// How far each partition of the log has been carried into ClickHouse, and which batch is under way.
#pragma once

#include "controlplane/db/database.h"
#include "controlplane/ingest/ledger.h"
#include "dataplane/format/log_record.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

namespace cp::ingest {

/// Another worker has taken over; whatever this one was doing is finished by the other.
class LostOwnership : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where a partition stands.
struct Position {
  format::Sequence next = 0;  ///< First record that is not stored yet.
  std::optional<format::Sequence>
      batch_end;  ///< Set: the batch [next, batch_end) may be partly stored.
};

/// The memory that outlives the worker; an interface, so that the worker is tested without a
/// database. Thread: the worker's. Every call may throw; the worker then starts over from what is
/// stored.
class CheckpointStore {
 public:
  /// Becomes the only worker; false while another one is.
  virtual bool acquire() = 0;
  /// Lets another worker take over.
  virtual void release() noexcept = 0;
  /// Throws LostOwnership when the right to write is gone.
  virtual void ensure_owned() = 0;
  virtual Position load(std::uint32_t partition) = 0;
  /// Fixes the range of the next batch, before anything of it is inserted. Throws LostOwnership
  /// when the partition no longer stands at `from`.
  virtual void fix(std::uint32_t partition, format::Sequence from, format::Sequence to) = 0;
  /// The batch is stored: moves past it and adds `change` to the ledger, both or neither. Throws
  /// LostOwnership when it is not the batch under way. Returns the minutes of `change.counts` that
  /// do not add up: capture is ahead of the log, or the log of what became of it.
  virtual std::vector<Imbalance> advance(std::uint32_t partition, format::Sequence from,
                                         format::Sequence to, const LedgerChange& change) = 0;

 protected:
  ~CheckpointStore() = default;
};

/// The tables `ingest_checkpoint` and of the ledger, and a session-level advisory lock for the
/// ownership.
class DatabaseCheckpoints final : public CheckpointStore {
 public:
  explicit DatabaseCheckpoints(db::Pool& pool);

  bool acquire() override;
  void release() noexcept override;
  void ensure_owned() override;
  Position load(std::uint32_t partition) override;
  void fix(std::uint32_t partition, format::Sequence from, format::Sequence to) override;
  std::vector<Imbalance> advance(std::uint32_t partition, format::Sequence from,
                                 format::Sequence to, const LedgerChange& change) override;

  /// Older minutes leave the ledger.
  static constexpr std::chrono::hours kLedgerKept{31 * 24};

 private:
  void prune(db::Transaction& transaction);

  db::Pool& pool_;
  std::chrono::steady_clock::time_point pruned_at_{};
  std::optional<db::AdvisoryLock> lock_;
};

}  // namespace cp::ingest
