// SPDX-License-Identifier: LicenseRef-Project
// What shards and the consumer watch tell each other about the partitions of the log.
#pragma once

#include "dataplane/format/durable_mark.h"
#include "dataplane/format/log_record.h"

#include <atomic>
#include <cstdint>

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

/// What the worker says about the conservation ledger; zeros before it has said anything. Writer:
/// the consumer watch; readers: any.
struct LedgerBoard {
  std::atomic<std::uint64_t> unbalanced_minutes{0};
  std::atomic<std::uint64_t> unaccounted_events{0};
  std::atomic<std::uint64_t> waiting_since_s{0};
  std::atomic<std::uint64_t> checked_s{0};
};

}  // namespace dp::daemon
