// SPDX-License-Identifier: LicenseRef-Project
// Bytes of one log record: encode and decode. Layout in docs/formats/event-log.md, "Record".
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/format/format_error.h"
#include "dataplane/format/log_record.h"

#include <cstddef>
#include <cstdint>

namespace format {

/// Bytes of a record before its token.
inline constexpr std::size_t kRecordHeaderBytes = 48;
/// Records start at multiples of this within a segment.
inline constexpr std::size_t kRecordAlignment = 8;
/// No record is longer: 25 MiB of body (capture-protocol section 11) and room for the rest.
inline constexpr std::size_t kRecordBytesMax = std::size_t{26} << 20;

/// Bytes that `encode_record` writes, padding included.
std::size_t encoded_bytes(const LogRecord& record) noexcept;

/// Writes `record` and its zero padding to the front of `out`; returns the bytes written (a
/// multiple of 8). `seed` is the segment's identity, so that bytes of another segment never pass
/// for a record of this one. Errors: field_too_long, no_room; nothing has been written then.
base::Result<std::size_t> encode_record(base::MutableBytes out, const LogRecord& record,
                                        std::uint32_t seed) noexcept;

/// Recomputes the checksum of the encoded record at the front of `record` under another seed.
/// Returns its padded length.
std::size_t reseal_record(base::MutableBytes record, std::uint32_t seed) noexcept;

/// A record found in bytes, and how many of them it takes with its padding.
struct DecodedRecord {
  LogRecord record;
  std::size_t bytes = 0;
};

/// Length that the record header at the front of `bytes` claims, padding excluded; 0 means that no
/// record is here. Needs 8 bytes. Nothing is verified.
std::uint32_t claimed_record_bytes(base::Bytes bytes) noexcept;

/// Reads the record at the front of `bytes`; its views point into `bytes`. Any bytes are safe.
/// Errors: bad_length (also when `bytes` ends before the record), bad_checksum, bad_value.
base::Result<DecodedRecord> decode_record(base::Bytes bytes, std::uint32_t seed) noexcept;

}  // namespace format
