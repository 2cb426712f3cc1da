// SPDX-License-Identifier: LicenseRef-Project
// Reads one partition of the event log while the dataplane writes it; blocking, for the
// controlplane and tests.
#pragma once

#include "dataplane/base/result.h"
#include "dataplane/format/log_record.h"

#include <filesystem>
#include <memory>
#include <optional>

namespace format {

/// A cursor over one partition directory (`<event log>/shard-0000`). Thread: one.
/// Only records that the writer has declared durable are ever returned (docs/formats/event-log.md,
/// "durable mark"), so a position stored elsewhere can never name a record that a power cut takes
/// back.
class LogReader {
 public:
  explicit LogReader(std::filesystem::path partition_directory);
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;
  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;
  ~LogReader();

  /// Moves the cursor so that `next` returns the record at `from`, or the oldest one kept when that
  /// is newer.
  base::Result<void> seek(Sequence from);

  /// The next durable record, nothing when the writer has not got further. The views live until the
  /// next call.
  base::Result<std::optional<LogRecord>> next();

  /// One past the newest durable record; 0 when the partition does not exist yet.
  base::Result<Sequence> durable_end();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace format
