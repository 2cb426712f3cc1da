// SPDX-License-Identifier: LicenseRef-Project
// Durable watermarks: how far each consumer of the event log has stored it, in a file the dataplane
// reads without asking anybody. Layout and rules in docs/formats/event-log.md, "Watermarks".
#pragma once

#include "dataplane/base/result.h"
#include "dataplane/format/log_record.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace format {

inline constexpr char kConsumersDirectoryName[] = "consumers";
/// The consumer that carries the log into ClickHouse. Nothing is released before it has registered.
inline constexpr char kWorkerConsumerName[] = "worker";
inline constexpr std::size_t kWatermarkBytes = 4096;
/// Shards that a watermark file has room for.
inline constexpr std::uint32_t kWatermarkShardsMax = 64;

/// Per shard the first record that the consumer still needs; 0 holds everything.
using Watermarks = std::array<Sequence, kWatermarkShardsMax>;

/// The writing side: one file, one consumer. Thread: one. Failure: a watermark that cannot be
/// written stays behind, which only delays the release of segments.
class WatermarkFile {
 public:
  /// Opens `<event_log>/consumers/<name>` and registers the consumer when there is no such file:
  /// from then on nothing is released that it has not passed. A file with other content is replaced
  /// by one that holds everything. Errors: errno.
  static base::Result<WatermarkFile> open(const std::filesystem::path& event_log,
                                          const std::string& name);

  WatermarkFile(const WatermarkFile&) = delete;
  WatermarkFile& operator=(const WatermarkFile&) = delete;
  WatermarkFile(WatermarkFile&& other) noexcept;
  WatermarkFile& operator=(WatermarkFile&& other) noexcept;
  ~WatermarkFile();

  /// Every record of the shard before `next` is stored for good. May go back: a restored database
  /// needs the log from an older place on. On stable storage when this returns. Errors: errno;
  /// bad_value for a shard without room.
  base::Result<void> publish(std::uint32_t shard, Sequence next);

 private:
  explicit WatermarkFile(void* mapping) noexcept : mapping_(mapping) {}
  void unmap() noexcept;

  void* mapping_ = nullptr;
};

/// One registered consumer.
struct Consumer {
  std::string name;
  Watermarks next{};
};

/// All registered consumers; none when there is no such directory. A file that cannot be read or
/// understood counts as a consumer that holds everything. Errors: errno of the directory.
base::Result<std::vector<Consumer>> read_consumers(const std::filesystem::path& event_log);

/// How far every one of `consumers` has stored `shard`: nothing before it is needed any more. 0
/// without the worker among them.
Sequence released_below(const std::vector<Consumer>& consumers, std::uint32_t shard) noexcept;

/// The watermark of the consumer of that name, 0 when it has not registered.
Sequence watermark_of(const std::vector<Consumer>& consumers, const std::string& name,
                      std::uint32_t shard) noexcept;

}  // namespace format
