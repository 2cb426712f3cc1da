// SPDX-License-Identifier: LicenseRef-Project
// The durable mark: one mapped page per partition through which the writer tells readers how far
// they may read. Layout and rules in docs/formats/event-log.md, "Durable mark".
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/format/log_record.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace format {

inline constexpr char kDurableMarkName[] = "durable";
inline constexpr std::size_t kDurableMarkBytes = 4096;
/// The page itself. One writer (the shard), any number of readers in other processes.
struct DurableMarkPage {
  std::atomic<std::uint64_t> magic;
  std::atomic<std::uint64_t> durable_end;    ///< One past the newest durable record.
  std::atomic<std::uint64_t> segment_first;  ///< First sequence of the newest segment.
  std::atomic<std::uint64_t> refused_from;   ///< First record of the last group that was refused.
  std::atomic<std::uint64_t> refused_in;     ///< 2^32 + salt of the segment that holds it; 0: none.
};
static_assert(sizeof(DurableMarkPage) <= kDurableMarkBytes);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// What a reader may rely on: every segment that holds records below `durable_end` exists, and none
/// of them starts after `segment_first`.
struct DurableMark {
  Sequence durable_end = 0;
  Sequence segment_first = 0;
};

/// Writer side: publishes `mark`; the segment becomes visible before the records in it.
void publish_durable_mark(DurableMarkPage& page, DurableMark mark) noexcept;

/// Reader side; nothing when the page has never been published.
std::optional<DurableMark> read_durable_mark(const DurableMarkPage& page) noexcept;

/// Writer side: notes that the records from `first` on in the segment with this salt count as never
/// accepted.
void publish_refusal(DurableMarkPage& page, Sequence first, std::uint32_t salt) noexcept;

/// The first refused record of the segment with this salt, nothing when all of it counts.
std::optional<Sequence> refused_from(const DurableMarkPage& page, std::uint32_t salt) noexcept;

/// A read-only mapping of a partition's mark. Thread: any one.
class DurableMarkView {
 public:
  /// Maps `<partition directory>/durable`. Errors: errno (ENOENT before the first start),
  /// bad_length.
  static base::Result<DurableMarkView> open(const std::filesystem::path& partition_directory);

  DurableMarkView(const DurableMarkView&) = delete;
  DurableMarkView& operator=(const DurableMarkView&) = delete;
  DurableMarkView(DurableMarkView&& other) noexcept;
  DurableMarkView& operator=(DurableMarkView&& other) noexcept;
  ~DurableMarkView();

  [[nodiscard]] std::optional<DurableMark> read() const noexcept;

 private:
  explicit DurableMarkView(void* mapping) noexcept : mapping_(mapping) {}
  void unmap() noexcept;

  void* mapping_ = nullptr;
};

}  // namespace format
