// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/log_codec.h"

#include "dataplane/base/crc32c.h"

#include <cstring>
#include <limits>

namespace format {
namespace {

// Offsets of the fixed header; docs/formats/event-log.md, "Record".
constexpr std::size_t kChecksumAt = 0;
constexpr std::size_t kRecordBytesAt = 4;
constexpr std::size_t kSequenceAt = 8;
constexpr std::size_t kReceivedAt = 16;
constexpr std::size_t kBodyBytesAt = 24;
constexpr std::size_t kQueryBytesAt = 28;
constexpr std::size_t kTokenBytesAt = 32;
constexpr std::size_t kContentTypeBytesAt = 34;
constexpr std::size_t kContentEncodingBytesAt = 36;
constexpr std::size_t kUserAgentBytesAt = 38;
constexpr std::size_t kClientAddressBytesAt = 40;
constexpr std::size_t kEndpointAt = 42;
constexpr std::size_t kMarksAt = 43;
constexpr std::size_t kEventCountAt = 44;
// Bits of the marks.
constexpr unsigned kKeepsAddress = 1U << 0U;
constexpr unsigned kIsOverflow = 1U << 1U;
constexpr unsigned kOverQuotaShift = 2;
constexpr unsigned kMarksKnown = 0x3f;
static_assert(kEventCountAt + 4 == kRecordHeaderBytes);
static_assert(kRecordHeaderBytes % kRecordAlignment == 0);

std::size_t unpadded_bytes(const LogRecord& record) noexcept {
  return kRecordHeaderBytes + record.token.size() + record.query.size() +
         record.content_type.size() + record.content_encoding.size() + record.user_agent.size() +
         record.client_address.size() + record.body.size();
}

constexpr bool fits_16_bits(std::size_t bytes) noexcept {
  return bytes <= std::numeric_limits<std::uint16_t>::max();
}

bool lengths_fit(const LogRecord& record) noexcept {
  return fits_16_bits(record.token.size()) && fits_16_bits(record.content_type.size()) &&
         fits_16_bits(record.content_encoding.size()) && fits_16_bits(record.user_agent.size()) &&
         fits_16_bits(record.client_address.size()) && record.query.size() <= kRecordBytesMax &&
         record.body.size() <= kRecordBytesMax && unpadded_bytes(record) <= kRecordBytesMax;
}

std::uint8_t marks_of(const LogRecord& record) noexcept {
  unsigned marks = static_cast<unsigned>(record.over_quota.bits()) << kOverQuotaShift;
  marks &= kMarksKnown;
  marks |= record.address_policy == AddressPolicy::keep ? kKeepsAddress : 0U;
  marks |= record.is_overflow ? kIsOverflow : 0U;
  return static_cast<std::uint8_t>(marks);
}

void read_marks(std::uint8_t marks, LogRecord& record) noexcept {
  record.address_policy =
      (marks & kKeepsAddress) != 0 ? AddressPolicy::keep : AddressPolicy::discard;
  record.is_overflow = (marks & kIsOverflow) != 0;
  record.over_quota = ResourceSet::of_bits(static_cast<std::uint8_t>(marks >> kOverQuotaShift));
}

void store_length(base::MutableBytes out, std::size_t offset, std::string_view text) noexcept {
  base::store_little_endian(out, offset, static_cast<std::uint16_t>(text.size()));
}

std::size_t append_text(base::MutableBytes out, std::size_t offset, const void* from,
                        std::size_t bytes) noexcept {
  if (bytes != 0) {
    std::memcpy(out.data() + offset, from, bytes);
  }
  return offset + bytes;
}

// Cuts the variable part into views, front to back.
class FieldCutter {
 public:
  FieldCutter(base::Bytes bytes, std::size_t offset) noexcept : bytes_(bytes), offset_(offset) {}

  base::Bytes cut(std::size_t length) noexcept {
    const base::Bytes field = bytes_.subspan(offset_, length);
    offset_ += length;
    return field;
  }
  std::string_view cut_text(std::size_t length) noexcept { return base::as_text(cut(length)); }

 private:
  base::Bytes bytes_;
  std::size_t offset_;
};

}  // namespace

std::size_t encoded_bytes(const LogRecord& record) noexcept {
  return base::align_up(unpadded_bytes(record), kRecordAlignment);
}

base::Result<std::size_t> encode_record(base::MutableBytes out, const LogRecord& record,
                                        std::uint32_t seed) noexcept {
  if (!lengths_fit(record)) {
    return base::unexpected(make_error(FormatError::field_too_long));
  }
  const std::size_t length = unpadded_bytes(record);
  const std::size_t padded = base::align_up(length, kRecordAlignment);
  if (out.size() < padded) {
    return base::unexpected(make_error(FormatError::no_room));
  }
  base::store_little_endian(out, kRecordBytesAt, static_cast<std::uint32_t>(length));
  base::store_little_endian(out, kSequenceAt, record.sequence);
  base::store_little_endian(out, kReceivedAt, record.received_us);
  base::store_little_endian(out, kBodyBytesAt, static_cast<std::uint32_t>(record.body.size()));
  base::store_little_endian(out, kQueryBytesAt, static_cast<std::uint32_t>(record.query.size()));
  store_length(out, kTokenBytesAt, record.token);
  store_length(out, kContentTypeBytesAt, record.content_type);
  store_length(out, kContentEncodingBytesAt, record.content_encoding);
  store_length(out, kUserAgentBytesAt, record.user_agent);
  store_length(out, kClientAddressBytesAt, record.client_address);
  out[kEndpointAt] = static_cast<std::byte>(record.endpoint);
  out[kMarksAt] = static_cast<std::byte>(marks_of(record));
  base::store_little_endian(out, kEventCountAt, record.event_count);
  std::size_t offset = kRecordHeaderBytes;
  for (const std::string_view text :
       {record.token, record.query, record.content_type, record.content_encoding, record.user_agent,
        record.client_address}) {
    offset = append_text(out, offset, text.data(), text.size());
  }
  offset = append_text(out, offset, record.body.data(), record.body.size());
  std::memset(out.data() + offset, 0, padded - length);
  const std::uint32_t checksum =
      base::crc32c(out.subspan(kRecordBytesAt, length - kRecordBytesAt), seed);
  base::store_little_endian(out, kChecksumAt, checksum);
  return padded;
}

std::size_t reseal_record(base::MutableBytes record, std::uint32_t seed) noexcept {
  const std::size_t length = claimed_record_bytes(record);
  base::store_little_endian(
      record, kChecksumAt,
      base::crc32c(record.subspan(kRecordBytesAt, length - kRecordBytesAt), seed));
  return base::align_up(length, kRecordAlignment);
}

std::uint32_t claimed_record_bytes(base::Bytes bytes) noexcept {
  return base::load_little_endian<std::uint32_t>(bytes, kRecordBytesAt);
}

base::Result<DecodedRecord> decode_record(base::Bytes bytes, std::uint32_t seed) noexcept {
  if (bytes.size() < kRecordHeaderBytes) {
    return base::unexpected(make_error(FormatError::bad_length));
  }
  const std::size_t length = claimed_record_bytes(bytes);
  const std::size_t padded = base::align_up(length, kRecordAlignment);
  if (length < kRecordHeaderBytes || length > kRecordBytesMax || padded > bytes.size()) {
    return base::unexpected(make_error(FormatError::bad_length));
  }
  const auto checksum = base::load_little_endian<std::uint32_t>(bytes, kChecksumAt);
  if (checksum != base::crc32c(bytes.subspan(kRecordBytesAt, length - kRecordBytesAt), seed)) {
    return base::unexpected(make_error(FormatError::bad_checksum));
  }
  const auto length_at = [bytes](std::size_t offset) {
    return std::size_t{base::load_little_endian<std::uint16_t>(bytes, offset)};
  };
  const std::size_t body_bytes = base::load_little_endian<std::uint32_t>(bytes, kBodyBytesAt);
  const std::size_t query_bytes = base::load_little_endian<std::uint32_t>(bytes, kQueryBytesAt);
  const std::size_t sum = kRecordHeaderBytes + body_bytes + query_bytes + length_at(kTokenBytesAt) +
                          length_at(kContentTypeBytesAt) + length_at(kContentEncodingBytesAt) +
                          length_at(kUserAgentBytesAt) + length_at(kClientAddressBytesAt);
  if (sum != length) {
    return base::unexpected(make_error(FormatError::bad_length));
  }
  const auto endpoint = static_cast<std::uint8_t>(bytes[kEndpointAt]);
  const auto marks = static_cast<std::uint8_t>(bytes[kMarksAt]);
  if (endpoint == 0 || endpoint > static_cast<std::uint8_t>(kEndpointLast) ||
      (marks & ~kMarksKnown) != 0) {
    return base::unexpected(make_error(FormatError::bad_value));
  }
  DecodedRecord decoded;
  decoded.bytes = padded;
  LogRecord& record = decoded.record;
  record.sequence = base::load_little_endian<Sequence>(bytes, kSequenceAt);
  record.received_us = base::load_little_endian<std::int64_t>(bytes, kReceivedAt);
  record.endpoint = static_cast<Endpoint>(endpoint);
  read_marks(marks, record);
  record.event_count = base::load_little_endian<std::uint32_t>(bytes, kEventCountAt);
  FieldCutter fields(bytes, kRecordHeaderBytes);
  record.token = fields.cut_text(length_at(kTokenBytesAt));
  record.query = fields.cut_text(query_bytes);
  record.content_type = fields.cut_text(length_at(kContentTypeBytesAt));
  record.content_encoding = fields.cut_text(length_at(kContentEncodingBytesAt));
  record.user_agent = fields.cut_text(length_at(kUserAgentBytesAt));
  record.client_address = fields.cut_text(length_at(kClientAddressBytesAt));
  record.body = fields.cut(body_bytes);
  return decoded;
}

}  // namespace format
