// SPDX-License-Identifier: LicenseRef-Project
// What a partition holds after a stop of any kind: found by walking its last segment.
#pragma once

#include "dataplane/base/result.h"
#include "dataplane/format/durable_mark.h"
#include "dataplane/sys/log_disk.h"
#include "dataplane/wal/internal/shelf.h"

namespace dp::wal::internal {

/// Where the log ends; also tells `segment_first` of the newest segment, for the mark.
struct RecoveredLog {
  Recovery report;
  format::Sequence segment_first = 0;
};

/// Walks the last segment to its first invalid byte or refused record, makes what it found durable
/// and cuts the rest. Blocking. Never shortens what was acknowledged: a group is only acknowledged
/// when every byte of it is stable.
/// Puts every segment it finds on the empty `shelf`.
base::Result<RecoveredLog> recover(sys::LogDisk& disk, const format::DurableMarkPage& mark,
                                   Shelf& shelf);

}  // namespace dp::wal::internal
