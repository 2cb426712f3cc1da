// SPDX-License-Identifier: LicenseRef-Project
// A segment file of the event log: its header, its name, and the walk over its records.
// Layout in docs/formats/event-log.md, "Segment".
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/format/log_codec.h"
#include "dataplane/format/log_record.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace format {

/// Groups start and end at multiples of this: what O_DIRECT writes in one piece.
inline constexpr std::size_t kSegmentBlockBytes = 4096;
/// The first block of a segment is its header.
inline constexpr std::uint64_t kSegmentDataAt = kSegmentBlockBytes;

/// Bytes of the log per RecordClass.
using ClassBytes = std::array<std::uint64_t, kRecordClassCount>;

/// The identity of a segment.
struct SegmentHeader {
  std::uint32_t shard = 0;
  std::uint32_t salt =
      0;  ///< Random per segment: bytes of a recycled block never look like records.
  Sequence first_sequence = 0;
  std::uint64_t segment_bytes = 0;  ///< Size the file was prepared with; a sealed one is shorter.
  /// When it was started, microseconds since 1970 UTC: all records before it are older. 0: unknown.
  std::int64_t started_us = 0;
  /// Bytes that the partition had taken per class before this segment, since it was created; absent
  /// in segments of releases that did not count.
  std::optional<ClassBytes> bytes_before{};

  /// The seed of every record checksum in this segment.
  [[nodiscard]] std::uint32_t record_seed() const noexcept;
};

/// Writes the header block; `out` holds at least kSegmentBlockBytes.
void encode_segment_header(base::MutableBytes out, const SegmentHeader& header) noexcept;

/// Reads the header block. Errors: bad_length, bad_magic, bad_version, bad_checksum.
base::Result<SegmentHeader> decode_segment_header(base::Bytes bytes) noexcept;

/// `00000000000000000042.segment`.
std::string segment_file_name(Sequence first_sequence);

/// The first sequence a segment file name says, nothing for any other name.
std::optional<Sequence> parse_segment_file_name(std::string_view name) noexcept;

/// `shard-0000`.
std::string partition_directory_name(std::uint32_t shard);

/// What `SegmentIterator::next` found.
enum class SegmentStep : std::uint8_t {
  record,      ///< The next record.
  end,         ///< A block that was never written: the tail of the segment.
  incomplete,  ///< The window ends before the record does; show `bytes_wanted` bytes from `offset`
               ///< on.
  torn,        ///< Bytes that are no record of this segment in this place: a torn tail.
};

/// Walks the records of one segment through a window of its bytes. Copyable and without memory of
/// its own. Bounds: reads nothing outside the window; any bytes are safe.
class SegmentIterator {
 public:
  /// `offset` is where the next record is expected in the file, `next_sequence` the sequence it
  /// must carry.
  SegmentIterator(std::uint32_t record_seed, std::uint64_t offset, Sequence next_sequence) noexcept;

  /// Shows the bytes of the file from `window_offset` on. `window_offset` must not lie behind
  /// `offset()`.
  void set_window(base::Bytes window, std::uint64_t window_offset) noexcept;

  /// Steps over one record. `record` is set only for SegmentStep::record; its views point into the
  /// window.
  SegmentStep next(LogRecord& record) noexcept;

  /// File offset of the next record, after zero padding at the end of a group was skipped.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] Sequence next_sequence() const noexcept { return next_sequence_; }
  /// After `incomplete`: how many bytes from `offset` on the next step needs.
  [[nodiscard]] std::size_t bytes_wanted() const noexcept { return bytes_wanted_; }

 private:
  [[nodiscard]] base::Bytes rest() const noexcept;
  SegmentStep skip_padding() noexcept;

  std::uint32_t record_seed_;
  std::uint64_t offset_;
  Sequence next_sequence_;
  base::Bytes window_;
  std::uint64_t window_offset_ = 0;
  std::size_t bytes_wanted_ = 0;
};

}  // namespace format
