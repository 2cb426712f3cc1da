// SPDX-License-Identifier: LicenseRef-Project
// Group-commit writer of the event log: many appends, one flush, then the whole group is reported.
#pragma once

#include "dataplane/base/result.h"
#include "dataplane/format/log_record.h"

#include <cstdint>

namespace dp::wal {

/// Codes of base::ErrorDomain::wal.
enum class WalError : std::uint8_t {
  full = 1,        ///< The pending group is full; try again after the current flush (503, transient).
  not_writable,    ///< Disk full or a refused sync: nothing is accepted until the writer has recovered (503).
  record_too_large,
};

/// Told when records can no longer be lost, or that they were not stored. Called on the writer's core, in order.
class DurableListener {
 public:
  /// Every record up to and including `last` is on stable storage.
  virtual void durable_up_to(format::Sequence last) noexcept = 0;

  /// The group holding the records from `first` on could not be made durable; they count as never accepted.
  /// The writer reuses their sequences after it has recovered.
  virtual void lost_from(format::Sequence first) noexcept = 0;

 protected:
  ~DurableListener() = default;
};

/// What capture sees of the log: an interface, so that capture can be tested without a disk.
class Appender {
 public:
  /// Copies `record` (its sequence is ignored) into the pending group and returns its sequence. No allocation.
  /// The listener is never called from here.
  virtual base::Result<format::Sequence> append(const format::LogRecord& record) noexcept = 0;

 protected:
  ~Appender() = default;
};

}  // namespace dp::wal
