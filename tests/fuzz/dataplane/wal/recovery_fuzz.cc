// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever the last segment holds, a start of the log neither aborts nor loops, finds exactly
// the records in front of the first byte that is none, and leaves a log in which the next start
// finds the same and nothing torn. Method: the writer on a simulated disk, two lives; the walk over
// the whole segment at once is the reference. Input: the bytes of the segment file.
#include "dataplane/base/check.h"
#include "dataplane/format/segment.h"
#include "dataplane/sys/sim_disk.h"
#include "dataplane/sys/sim_events.h"
#include "dataplane/wal/writer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace {

class Silent final : public dp::wal::DurableListener {
 public:
  void durable_up_to(format::Sequence /*last*/) noexcept override {}
  void lost_from(format::Sequence /*first*/) noexcept override {}
};

/// What a start finds on `disk`; nothing when it refuses the log.
std::optional<dp::wal::Recovery> start(dp::sys::SimClock& clock, dp::sys::SimDisk& disk) {
  dp::sys::SimEvents events(clock);
  disk.attach(events);
  Silent listener;
  dp::wal::Writer::Options options;
  options.segment_bytes = std::uint64_t{64} << 10;
  options.group_bytes_max = std::size_t{24} << 10;
  dp::wal::Writer writer(disk, listener, options);
  const auto recovery = writer.open();
  disk.kill();
  if (!recovery) {
    CHECK(recovery.error() == dp::wal::make_error(dp::wal::WalError::damaged));
    return std::nullopt;
  }
  return *recovery;
}

/// Records in front of the first byte that is none.
std::uint64_t count_records(base::Bytes segment, const format::SegmentHeader& header) {
  format::SegmentIterator iterator(header.record_seed(), format::kSegmentDataAt,
                                   header.first_sequence);
  iterator.set_window(segment.subspan(format::kSegmentDataAt), format::kSegmentDataAt);
  format::LogRecord record;
  std::uint64_t count = 0;
  while (iterator.next(record) == format::SegmentStep::record) {
    ++count;
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kBytesMax = std::size_t{1} << 20;
  if (size > kBytesMax) {
    return 0;
  }
  const base::Bytes segment(reinterpret_cast<const std::byte*>(data), size);
  const auto header = format::decode_segment_header(segment);
  const format::Sequence first = header ? header->first_sequence : 0;
  dp::sys::SimClock clock;
  dp::sys::SimDisk disk(1);
  const auto content = disk.map(format::segment_file_name(first), size);
  CHECK(content.has_value());
  std::copy(segment.begin(), segment.end(), content->begin());

  const auto recovered = start(clock, disk);
  CHECK(recovered.has_value() == header.has_value());
  if (!recovered) {
    return 0;
  }
  CHECK(recovered->records_recovered == count_records(segment, *header));
  CHECK(recovered->next_sequence == first + recovered->records_recovered);
  const auto again = start(clock, disk);
  CHECK(again.has_value() && !again->has_torn_tail);
  CHECK(again->next_sequence == recovered->next_sequence);
  CHECK(again->records_recovered == recovered->records_recovered);
  return 0;
}
