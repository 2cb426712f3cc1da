// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/wal/internal/recovery.h"

#include "dataplane/format/segment.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace dp::wal::internal {
namespace {

constexpr std::size_t kWindowBytes = std::size_t{1} << 20;

std::optional<format::Sequence> newest_segment(const std::vector<std::string>& names) {
  std::optional<format::Sequence> newest;
  for (const std::string& name : names) {
    if (const auto first = format::parse_segment_file_name(name)) {
      newest = std::max(newest.value_or(0), *first);
    }
  }
  return newest;
}

// The end of a segment, found by walking it.
struct SegmentEnd {
  format::Sequence next_sequence = 0;
  std::uint64_t offset = 0;
  bool is_torn = false;
};

// Walks `name` until something is no record, or carries the sequence `stop`.
base::Result<SegmentEnd> walk(sys::LogDisk& disk, const std::string& name,
                              const format::SegmentHeader& header, format::Sequence stop) {
  format::SegmentIterator iterator(header.record_seed(), format::kSegmentDataAt,
                                   header.first_sequence);
  std::vector<std::byte> window(kWindowBytes);
  format::LogRecord record;
  std::uint64_t offset = iterator.offset();
  std::uint64_t shown_from = 0;  // the window, and whether the file ends in it
  std::size_t shown = 0;
  bool is_file_over = false;
  for (;;) {
    if (iterator.next_sequence() >= stop) {
      return SegmentEnd{stop, offset, false};
    }
    const format::SegmentStep step = iterator.next(record);
    if (step == format::SegmentStep::record) {
      offset = iterator.offset();
      continue;
    }
    const bool is_over =
        step == format::SegmentStep::incomplete && is_file_over && shown_from == iterator.offset();
    if (step != format::SegmentStep::incomplete || is_over) {
      const bool is_torn = step == format::SegmentStep::torn || (is_over && shown > 0);
      return SegmentEnd{iterator.next_sequence(), offset, is_torn};
    }
    window.resize(std::max(window.size(), iterator.bytes_wanted()));
    const auto count = disk.read(name, iterator.offset(), window);
    if (!count) {
      return base::unexpected(count.error());
    }
    shown = *count;
    shown_from = iterator.offset();
    is_file_over = shown < window.size();
    iterator.set_window(base::Bytes(window).first(*count), iterator.offset());
  }
}

base::Result<format::SegmentHeader> read_header(sys::LogDisk& disk, const std::string& name) {
  std::vector<std::byte> block(format::kSegmentBlockBytes);
  const auto count = disk.read(name, 0, block);
  if (!count) {
    return base::unexpected(count.error());
  }
  const auto header = format::decode_segment_header(base::Bytes(block).first(*count));
  if (!header) {
    return base::unexpected(make_error(WalError::damaged));
  }
  return header;
}

}  // namespace

base::Result<RecoveredLog> recover(sys::LogDisk& disk, const format::DurableMarkPage& mark) {
  RecoveredLog log;
  const auto known = format::read_durable_mark(mark);
  const auto names = disk.list();
  if (!names) {
    return base::unexpected(names.error());
  }
  if (const auto first = newest_segment(*names)) {
    const std::string name = format::segment_file_name(*first);
    const auto header = read_header(disk, name);
    if (!header) {
      return base::unexpected(header.error());
    }
    const auto refused = format::refused_from(mark, header->salt);
    const auto end = walk(disk, name, *header, refused.value_or(~format::Sequence{0}));
    if (!end) {
      return base::unexpected(end.error());
    }
    const auto cut = disk.sync_and_cut(name, end->offset);
    if (!cut) {
      return base::unexpected(cut.error());
    }
    log.segment_first = *first;
    log.report.next_sequence = end->next_sequence;
    log.report.records_recovered = end->next_sequence - *first;
    log.report.has_torn_tail = end->is_torn;
  }
  if (known && known->durable_end > log.report.next_sequence) {
    log.report.records_missing = known->durable_end - log.report.next_sequence;
    log.report.next_sequence = known->durable_end;
  }
  log.report.is_direct = disk.is_direct();
  return log;
}

}  // namespace dp::wal::internal
