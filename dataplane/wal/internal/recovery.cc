// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/wal/internal/recovery.h"

#include "dataplane/format/segment.h"

#include <algorithm>
#include <string>
#include <vector>

namespace dp::wal::internal {
namespace {

constexpr std::size_t kWindowBytes = std::size_t{1} << 20;

std::vector<format::Sequence> segments_among(const std::vector<std::string>& names) {
  std::vector<format::Sequence> segments;
  for (const std::string& name : names) {
    if (const auto first = format::parse_segment_file_name(name)) {
      segments.push_back(*first);
    }
  }
  std::sort(segments.begin(), segments.end());
  return segments;
}

// The end of a segment, found by walking it.
struct SegmentEnd {
  format::Sequence next_sequence = 0;
  std::uint64_t offset = 0;
  bool is_torn = false;
  format::ClassBytes class_bytes{};  // of its records, with the padding of their groups
};

// Charges a record to its class, and the padding in front of it to the record before.
class Account {
 public:
  void add(const format::LogRecord& record, std::uint64_t end) noexcept {
    const std::uint64_t bytes = format::encoded_bytes(record);
    add_padding(end - bytes);
    last_ = static_cast<std::size_t>(format::class_of(record.endpoint));
    bytes_[last_] += bytes;
    end_ = end;
  }
  format::ClassBytes total() noexcept {
    add_padding(base::align_up(end_, format::kSegmentBlockBytes));
    return bytes_;
  }

 private:
  void add_padding(std::uint64_t to) noexcept {
    bytes_[last_] += to - end_;
    end_ = to;
  }

  format::ClassBytes bytes_{};
  std::size_t last_ = 0;
  std::uint64_t end_ = format::kSegmentDataAt;
};

// Walks `name` until something is no record, or carries the sequence `stop`.
base::Result<SegmentEnd> walk(sys::LogDisk& disk, const std::string& name,
                              const format::SegmentHeader& header, format::Sequence stop) {
  format::SegmentIterator iterator(header.record_seed(), format::kSegmentDataAt,
                                   header.first_sequence);
  std::vector<std::byte> window(kWindowBytes);
  format::LogRecord record;
  Account account;
  std::uint64_t offset = iterator.offset();
  std::uint64_t shown_from = 0;  // the window, and whether the file ends in it
  std::size_t shown = 0;
  bool is_file_over = false;
  for (;;) {
    if (iterator.next_sequence() >= stop) {
      return SegmentEnd{stop, offset, false, account.total()};
    }
    const format::SegmentStep step = iterator.next(record);
    if (step == format::SegmentStep::record) {
      offset = iterator.offset();
      account.add(record, offset);
      continue;
    }
    const bool is_over =
        step == format::SegmentStep::incomplete && is_file_over && shown_from == iterator.offset();
    if (step != format::SegmentStep::incomplete || is_over) {
      const bool is_torn = step == format::SegmentStep::torn || (is_over && shown > 0);
      return SegmentEnd{iterator.next_sequence(), offset, is_torn, account.total()};
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

// Segments before the last one are not walked: what they hold stands in the header behind them.
// Where an older release left none, or it is damaged, the size of the file has to do.
void put_on_shelf(sys::LogDisk& disk, const std::vector<format::Sequence>& segments, Shelf& shelf) {
  for (std::size_t index = 0; index < segments.size(); ++index) {
    const auto header = read_header(disk, format::segment_file_name(segments[index]));
    if (header && header->bytes_before) {
      shelf.set_total(*header->bytes_before);
    } else if (index > 0) {
      const auto taken = disk.bytes_taken(format::segment_file_name(segments[index - 1]));
      shelf.add(format::RecordClass::events, taken.value_or(0));
    }
    shelf.start(segments[index], header ? header->started_us : 0);
  }
}

}  // namespace

base::Result<RecoveredLog> recover(sys::LogDisk& disk, const format::DurableMarkPage& mark,
                                   Shelf& shelf) {
  RecoveredLog log;
  const auto known = format::read_durable_mark(mark);
  const auto names = disk.list();
  if (!names) {
    return base::unexpected(names.error());
  }
  const auto segments = segments_among(*names);
  put_on_shelf(disk, segments, shelf);
  if (!segments.empty()) {
    const format::Sequence first = segments.back();
    const std::string name = format::segment_file_name(first);
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
    for (std::size_t index = 0; index < end->class_bytes.size(); ++index) {
      shelf.add(static_cast<format::RecordClass>(index), end->class_bytes[index]);
    }
    log.segment_first = first;
    log.report.next_sequence = end->next_sequence;
    log.report.records_recovered = end->next_sequence - first;
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
