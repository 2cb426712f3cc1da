// SPDX-License-Identifier: LicenseRef-Project
// Goal: no bytes make the reader of counters records read outside them, and what it accepts encodes
// back to the same numbers. Input: the body of a record.
#include "dataplane/base/check.h"
#include "dataplane/format/capture_counts.h"

#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // An exact copy, so that the address sanitizer sees one byte too many.
  const std::vector<std::byte> body(reinterpret_cast<const std::byte*>(data),
                                    reinterpret_cast<const std::byte*>(data) + size);
  const auto counts = format::decode_counts(body);
  if (!counts) {
    return 0;
  }
  std::vector<std::byte> again(size);
  format::CountsEncoder encoder(again);
  for (const auto& outcome : counts->outcomes) {
    encoder.add_outcome(outcome);
  }
  for (const auto& row : counts->rows) {
    encoder.add_row(row);
  }
  CHECK(encoder.finish(counts->source, counts->minute) == size);
  const auto decoded = format::decode_counts(again);
  CHECK(decoded.has_value() && decoded->rows.size() == counts->rows.size());
  for (std::size_t index = 0; index < counts->rows.size(); ++index) {
    CHECK(decoded->rows[index].token == counts->rows[index].token);
    CHECK(decoded->rows[index].requests == counts->rows[index].requests);
    CHECK(decoded->rows[index].events == counts->rows[index].events);
  }
  return 0;
}
