// SPDX-License-Identifier: LicenseRef-Project
// Goal: no bytes make the walk over a segment read outside them, loop, or return a record that does
// not encode back. Input: the bytes of a segment file; the record seed comes from its header when
// that is valid, else it is fixed.
#include "dataplane/base/check.h"
#include "dataplane/format/segment.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr std::uint32_t kFixedSeed = 5;

void check_record(const format::LogRecord& record, std::uint32_t seed) {
  std::vector<std::byte> again(format::encoded_bytes(record));
  CHECK(format::encode_record(again, record, seed).has_value());
  const auto decoded = format::decode_record(again, seed);
  CHECK(decoded.has_value() && decoded->record.sequence == record.sequence);
  CHECK(decoded->record.body.size() == record.body.size());
}

void walk(base::Bytes bytes, std::uint32_t seed, format::Sequence first, std::size_t window) {
  format::SegmentIterator iterator(seed, 0, first);
  format::LogRecord record;
  std::size_t wanted = window;
  const std::size_t steps_max = 2 * bytes.size() / format::kRecordAlignment + 8;
  for (std::size_t step = 0; step < steps_max; ++step) {
    const base::Bytes rest = bytes.subspan(std::min<std::size_t>(iterator.offset(), bytes.size()));
    iterator.set_window(rest.first(std::min(rest.size(), wanted)), iterator.offset());
    const format::SegmentStep found = iterator.next(record);
    if (found == format::SegmentStep::record) {
      check_record(record, seed);
      wanted = window;
    } else if (found != format::SegmentStep::incomplete || rest.size() <= wanted) {
      return;
    } else {
      wanted = std::max(wanted + 1, iterator.bytes_wanted());
    }
  }
  CHECK(false);  // every step must get further
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // An exact copy, so that the address sanitizer sees one byte too many.
  const std::vector<std::byte> copy(reinterpret_cast<const std::byte*>(data),
                                    reinterpret_cast<const std::byte*>(data) + size);
  const base::Bytes bytes(copy);
  std::uint32_t seed = kFixedSeed;
  format::Sequence first = 0;
  base::Bytes records = bytes;
  if (const auto header = format::decode_segment_header(bytes)) {
    seed = header->record_seed();
    first = header->first_sequence;
    records = bytes.subspan(format::kSegmentDataAt);
  }
  walk(records, seed, first, records.size());
  walk(records, seed, first, 64);
  return 0;
}
