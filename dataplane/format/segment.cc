// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/segment.h"

#include "dataplane/base/check.h"
#include "dataplane/base/crc32c.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace format {
namespace {

constexpr std::string_view kSegmentMagic = "BRSTLSEG";
constexpr std::uint32_t kSegmentVersion = 1;
constexpr std::string_view kSegmentSuffix = ".segment";
constexpr std::size_t kSequenceDigits = 20;

// Offsets in the header block.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kShardAt = 12;
constexpr std::size_t kFirstSequenceAt = 16;
constexpr std::size_t kSegmentBytesAt = 24;
constexpr std::size_t kSaltAt = 32;
constexpr std::size_t kHeaderChecksumAt = 36;
// The account, with a checksum of its own over everything in front of it.
constexpr std::size_t kStartedAt = 40;
constexpr std::size_t kBytesBeforeAt = 48;
constexpr std::size_t kAccountChecksumAt = kBytesBeforeAt + sizeof(ClassBytes);

void encode_account(base::MutableBytes out, std::int64_t started_us,
                    const ClassBytes& before) noexcept {
  base::store_little_endian(out, kStartedAt, started_us);
  for (std::size_t index = 0; index < kRecordClassCount; ++index) {
    base::store_little_endian(out, kBytesBeforeAt + index * 8, before[index]);
  }
  base::store_little_endian(out, kAccountChecksumAt, base::crc32c(out.first(kAccountChecksumAt)));
}

void decode_account(base::Bytes bytes, SegmentHeader& header) noexcept {
  if (base::load_little_endian<std::uint32_t>(bytes, kAccountChecksumAt) !=
      base::crc32c(bytes.first(kAccountChecksumAt))) {
    return;
  }
  header.started_us = base::load_little_endian<std::int64_t>(bytes, kStartedAt);
  ClassBytes& before = header.bytes_before.emplace();
  for (std::size_t index = 0; index < kRecordClassCount; ++index) {
    before[index] = base::load_little_endian<std::uint64_t>(bytes, kBytesBeforeAt + index * 8);
  }
}

std::string zero_padded(std::uint64_t number, std::size_t digits) {
  std::array<char, kSequenceDigits> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  std::string padded(digits > length ? digits - length : 0, '0');
  padded.append(text.data(), length);
  return padded;
}

bool all_zero(base::Bytes bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

std::uint32_t SegmentHeader::record_seed() const noexcept {
  std::array<std::byte, 16> identity{};
  base::store_little_endian(identity, 0, first_sequence);
  base::store_little_endian(identity, 8, shard);
  base::store_little_endian(identity, 12, salt);
  return base::crc32c(identity);
}

void encode_segment_header(base::MutableBytes out, const SegmentHeader& header) noexcept {
  CHECK(out.size() >= kSegmentBlockBytes);
  std::memset(out.data(), 0, kSegmentBlockBytes);
  std::memcpy(out.data(), kSegmentMagic.data(), kSegmentMagic.size());
  base::store_little_endian(out, kVersionAt, kSegmentVersion);
  base::store_little_endian(out, kShardAt, header.shard);
  base::store_little_endian(out, kFirstSequenceAt, header.first_sequence);
  base::store_little_endian(out, kSegmentBytesAt, header.segment_bytes);
  base::store_little_endian(out, kSaltAt, header.salt);
  base::store_little_endian(out, kHeaderChecksumAt, base::crc32c(out.first(kHeaderChecksumAt)));
  if (header.bytes_before) {
    encode_account(out, header.started_us, *header.bytes_before);
  }
}

base::Result<SegmentHeader> decode_segment_header(base::Bytes bytes) noexcept {
  if (bytes.size() < kSegmentBlockBytes) {
    return base::unexpected(make_error(FormatError::bad_length));
  }
  if (base::as_text(bytes.first(kSegmentMagic.size())) != kSegmentMagic) {
    return base::unexpected(make_error(FormatError::bad_magic));
  }
  if (base::load_little_endian<std::uint32_t>(bytes, kVersionAt) != kSegmentVersion) {
    return base::unexpected(make_error(FormatError::bad_version));
  }
  if (base::load_little_endian<std::uint32_t>(bytes, kHeaderChecksumAt) !=
      base::crc32c(bytes.first(kHeaderChecksumAt))) {
    return base::unexpected(make_error(FormatError::bad_checksum));
  }
  SegmentHeader header;
  header.shard = base::load_little_endian<std::uint32_t>(bytes, kShardAt);
  header.salt = base::load_little_endian<std::uint32_t>(bytes, kSaltAt);
  header.first_sequence = base::load_little_endian<Sequence>(bytes, kFirstSequenceAt);
  header.segment_bytes = base::load_little_endian<std::uint64_t>(bytes, kSegmentBytesAt);
  decode_account(bytes, header);
  return header;
}

std::string segment_file_name(Sequence first_sequence) {
  return zero_padded(first_sequence, kSequenceDigits).append(kSegmentSuffix);
}

std::optional<Sequence> parse_segment_file_name(std::string_view name) noexcept {
  if (name.size() != kSequenceDigits + kSegmentSuffix.size() || !name.ends_with(kSegmentSuffix)) {
    return std::nullopt;
  }
  Sequence first = 0;
  const char* digits_end = name.data() + kSequenceDigits;
  const auto [end, error] = std::from_chars(name.data(), digits_end, first);
  if (error != std::errc{} || end != digits_end) {
    return std::nullopt;
  }
  return first;
}

std::string partition_directory_name(std::uint32_t shard) {
  return "shard-" + zero_padded(shard, 4);
}

SegmentIterator::SegmentIterator(std::uint32_t record_seed, std::uint64_t offset,
                                 Sequence next_sequence) noexcept
    : record_seed_(record_seed), offset_(offset), next_sequence_(next_sequence) {}

void SegmentIterator::set_window(base::Bytes window, std::uint64_t window_offset) noexcept {
  CHECK(window_offset <= offset_);
  window_ = window;
  window_offset_ = window_offset;
}

base::Bytes SegmentIterator::rest() const noexcept {
  const std::uint64_t behind = offset_ - window_offset_;
  return behind < window_.size() ? window_.subspan(behind) : base::Bytes{};
}

// At a place where no record starts: the zeros up to the next block belong to the group, a whole
// block of them was never written.
SegmentStep SegmentIterator::skip_padding() noexcept {
  const std::size_t in_block = offset_ % kSegmentBlockBytes;
  if (in_block == 0) {
    return SegmentStep::end;
  }
  const std::size_t padding = kSegmentBlockBytes - in_block;
  if (rest().size() < padding) {
    bytes_wanted_ = padding;
    return SegmentStep::incomplete;
  }
  if (!all_zero(rest().first(padding))) {
    return SegmentStep::torn;
  }
  offset_ += padding;
  return SegmentStep::record;
}

SegmentStep SegmentIterator::next(LogRecord& record) noexcept {
  if (rest().size() >= kRecordAlignment && claimed_record_bytes(rest()) == 0) {
    const SegmentStep skipped = skip_padding();
    if (skipped != SegmentStep::record) {
      return skipped;
    }
  }
  if (rest().size() < kRecordAlignment) {
    bytes_wanted_ = kRecordHeaderBytes;
    return SegmentStep::incomplete;
  }
  const std::size_t claimed = claimed_record_bytes(rest());
  if (claimed == 0) {
    return SegmentStep::end;
  }
  if (claimed < kRecordHeaderBytes || claimed > kRecordBytesMax) {
    return SegmentStep::torn;
  }
  const std::size_t padded = base::align_up(claimed, kRecordAlignment);
  if (rest().size() < padded) {
    bytes_wanted_ = padded;
    return SegmentStep::incomplete;
  }
  const auto decoded = decode_record(rest(), record_seed_);
  if (!decoded || decoded->record.sequence != next_sequence_) {
    return SegmentStep::torn;
  }
  record = decoded->record;
  offset_ += decoded->bytes;
  ++next_sequence_;
  return SegmentStep::record;
}

}  // namespace format
