// SPDX-License-Identifier: LicenseRef-Project
// What shards and the consumer watch tell each other about the partitions of the log.
#pragma once

#include "dataplane/format/durable_mark.h"
#include "dataplane/format/log_record.h"

#include <atomic>

namespace dp::daemon {

/// One partition. Each number has one writer; any thread reads. No lock: a reader may see an old
/// one, which is always on the safe side.
struct alignas(64) LogPlace {
  // Written by the consumer watch.
  std::atomic<format::Sequence> needed_from{0};  ///< Nothing before it is needed by any consumer.
  std::atomic<format::Sequence> stored{0};       ///< The worker has stored everything before it.

  // Written by the shard.
  std::atomic<format::Sequence> oldest{0};  ///< First record of the oldest segment kept.
  std::atomic<const format::DurableMarkPage*> mark{nullptr};  ///< Set before the shards run.
};

}  // namespace dp::daemon
