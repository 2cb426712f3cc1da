// SPDX-License-Identifier: LicenseRef-Project
// Writes a valid partition of the event log without a dataplane: for tests of everything that reads
// one.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/format/durable_mark.h"
#include "dataplane/format/log_codec.h"
#include "dataplane/format/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <new>
#include <vector>

namespace support {

/// One partition below `event_log`, written synchronously with the same layout as dp::wal::Writer.
///
///     support::LogFixture log(directory);
///     log.append(record);           // pending, invisible to readers
///     log.flush();                  // one group, durable, visible
///     log.start_segment();          // the next record opens a new segment file
///     format::LogReader reader(log.partition_directory());
class LogFixture {
 public:
  explicit LogFixture(const std::filesystem::path& event_log, std::uint32_t shard = 0,
                      format::Sequence first_sequence = 0)
      : partition_directory_(event_log / format::partition_directory_name(shard)),
        shard_(shard),
        next_sequence_(first_sequence) {
    std::filesystem::create_directories(partition_directory_);
    map_mark();
    start_segment();
  }
  LogFixture(const LogFixture&) = delete;
  LogFixture& operator=(const LogFixture&) = delete;
  LogFixture(LogFixture&&) = delete;
  LogFixture& operator=(LogFixture&&) = delete;
  ~LogFixture() {
    ::close(segment_);
    ::munmap(mark_, format::kDurableMarkBytes);
  }

  /// Adds a record to the pending group and returns the sequence it got.
  format::Sequence append(format::LogRecord record) {
    record.sequence = next_sequence_;
    const std::size_t begin = group_.size();
    group_.resize(begin + format::encoded_bytes(record));
    const auto written =
        format::encode_record(base::MutableBytes(group_).subspan(begin), record, seed_);
    CHECK(written.has_value());
    return next_sequence_++;
  }

  /// Writes the pending group and moves the durable mark behind it.
  void flush() {
    write_group();
    format::publish_durable_mark(*mark_, {next_sequence_, segment_first_});
  }

  /// Writes the pending group but leaves the mark: records that are written and not yet durable.
  void write_group() {
    group_.resize(base::align_up(group_.size(), format::kSegmentBlockBytes));
    write_at(group_, segment_offset_);
    segment_offset_ += group_.size();
    group_.clear();
  }

  /// Flushes, then continues in a new segment file.
  void start_segment() {
    if (segment_ >= 0) {
      flush();
      ::close(segment_);
    }
    segment_first_ = next_sequence_;
    const auto path = partition_directory_ / format::segment_file_name(segment_first_);
    segment_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CHECK(segment_ >= 0 && ::ftruncate(segment_, kSegmentBytes) == 0);
    const format::SegmentHeader header{shard_, 0x5A17 + shard_, segment_first_, kSegmentBytes};
    std::vector<std::byte> block(format::kSegmentBlockBytes);
    format::encode_segment_header(block, header);
    write_at(block, 0);
    seed_ = header.record_seed();
    segment_offset_ = format::kSegmentDataAt;
  }

  [[nodiscard]] const std::filesystem::path& partition_directory() const noexcept {
    return partition_directory_;
  }
  [[nodiscard]] format::Sequence next_sequence() const noexcept { return next_sequence_; }

 private:
  static constexpr std::int64_t kSegmentBytes = std::int64_t{64} << 20;  // sparse here

  void write_at(base::Bytes bytes, std::uint64_t offset) {
    const auto count = ::pwrite(segment_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    CHECK(count == static_cast<ssize_t>(bytes.size()));
  }

  void map_mark() {
    const auto path = partition_directory_ / format::kDurableMarkName;
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    CHECK(descriptor >= 0 && ::ftruncate(descriptor, format::kDurableMarkBytes) == 0);
    void* page = ::mmap(nullptr, format::kDurableMarkBytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                        descriptor, 0);
    CHECK(page != MAP_FAILED);
    ::close(descriptor);
    mark_ = static_cast<format::DurableMarkPage*>(page);
  }

  std::filesystem::path partition_directory_;
  std::uint32_t shard_;
  format::Sequence next_sequence_;
  format::Sequence segment_first_ = 0;
  std::uint32_t seed_ = 0;
  int segment_ = -1;
  std::uint64_t segment_offset_ = 0;
  std::vector<std::byte> group_;
  format::DurableMarkPage* mark_ = nullptr;
};

}  // namespace support
