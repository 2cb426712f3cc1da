// SPDX-License-Identifier: LicenseRef-Project
// Goal: the header and the names round-trip; the walk over a segment stops exactly at its tail.
#include "dataplane/format/segment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace format {
namespace {

constexpr std::uint32_t kSeed = 5;

// A group of records with bodies of the given lengths, padded to whole blocks.
std::vector<std::byte> group(Sequence first, const std::vector<std::size_t>& body_lengths) {
  std::vector<std::byte> bytes;
  for (const std::size_t length : body_lengths) {
    const std::string body(length, 'b');
    LogRecord record;
    record.sequence = first++;
    record.body = base::as_bytes(body);
    const std::size_t begin = bytes.size();
    bytes.resize(begin + encoded_bytes(record));
    EXPECT_TRUE(encode_record(base::MutableBytes(bytes).subspan(begin), record, kSeed).has_value());
  }
  bytes.resize(base::align_up(bytes.size(), kSegmentBlockBytes));
  return bytes;
}

std::vector<std::byte> join(std::vector<std::byte> front, const std::vector<std::byte>& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

struct Walk {
  std::uint64_t records = 0;
  SegmentStep stopped = SegmentStep::record;
  std::uint64_t offset = 0;
};

Walk walk(base::Bytes bytes) {
  SegmentIterator iterator(kSeed, 0, 0);
  iterator.set_window(bytes, 0);
  Walk result;
  LogRecord record;
  while ((result.stopped = iterator.next(record)) == SegmentStep::record) {
    EXPECT_EQ(record.sequence, result.records);
    ++result.records;
  }
  result.offset = iterator.offset();
  return result;
}

TEST(SegmentHeaderTest, RoundTripsAndRefusesDamage) {
  const SegmentHeader header{3, 99, 12345, std::uint64_t{64} << 20};
  std::vector<std::byte> block(kSegmentBlockBytes);
  encode_segment_header(block, header);
  const auto decoded = decode_segment_header(block);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->shard, header.shard);
  EXPECT_EQ(decoded->salt, header.salt);
  EXPECT_EQ(decoded->first_sequence, header.first_sequence);
  EXPECT_EQ(decoded->segment_bytes, header.segment_bytes);
  EXPECT_EQ(decoded->record_seed(), header.record_seed());
  for (std::size_t bit = 0; bit < 40 * 8; ++bit) {
    auto damaged = block;
    damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_FALSE(decode_segment_header(damaged).has_value()) << "bit " << bit;
  }
  EXPECT_FALSE(decode_segment_header(base::Bytes(block).first(4095)).has_value());
}

// The account is an addition: a header without it, or with a damaged one, is a header all the same.
TEST(SegmentHeaderTest, CarriesItsAccountOrNone) {
  SegmentHeader header{3, 99, 12345, std::uint64_t{64} << 20};
  std::vector<std::byte> block(kSegmentBlockBytes);
  encode_segment_header(block, header);
  EXPECT_EQ(decode_segment_header(block)->bytes_before, std::nullopt);
  header.started_us = -5;
  header.bytes_before = ClassBytes{1, std::uint64_t{1} << 40, 3};
  encode_segment_header(block, header);
  const auto decoded = decode_segment_header(block);
  EXPECT_EQ(decoded->started_us, -5);
  EXPECT_EQ(decoded->bytes_before, header.bytes_before);
  for (std::size_t bit = 40 * 8; bit < 76 * 8; ++bit) {
    auto damaged = block;
    damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    ASSERT_TRUE(decode_segment_header(damaged).has_value());
    EXPECT_EQ(decode_segment_header(damaged)->bytes_before, std::nullopt) << "bit " << bit;
  }
}

TEST(SegmentHeaderTest, SeedTellsSegmentsApart) {
  const SegmentHeader header{3, 99, 12345, 4096};
  SegmentHeader other = header;
  other.salt = 100;
  EXPECT_NE(header.record_seed(), other.record_seed());
  other = header;
  other.first_sequence = 12346;
  EXPECT_NE(header.record_seed(), other.record_seed());
}

TEST(SegmentNameTest, RoundTripsAndIgnoresOtherFiles) {
  EXPECT_EQ(segment_file_name(42), "00000000000000000042.segment");
  EXPECT_EQ(parse_segment_file_name("00000000000000000042.segment"), Sequence{42});
  EXPECT_EQ(parse_segment_file_name(segment_file_name(~Sequence{0})), ~Sequence{0});
  for (const char* name :
       {"", "durable", "next.preparing", "42.segment", "0000000000000000004x.segment",
        "00000000000000000042.segmenu", "99999999999999999999.segment"}) {
    EXPECT_EQ(parse_segment_file_name(name), std::nullopt) << name;
  }
  EXPECT_EQ(partition_directory_name(7), "shard-0007");
}

TEST(SegmentIteratorTest, WalksGroupsOfEveryShape) {
  const std::vector<std::byte> unwritten(kSegmentBlockBytes);
  auto bytes = join(group(0, {10, 20}), group(2, {5000}));
  bytes = join(bytes, group(3, {4096 - kRecordHeaderBytes}));  // fills its block exactly
  bytes = join(bytes, group(4, {1}));
  const auto written = bytes.size();
  const Walk result = walk(join(bytes, unwritten));
  EXPECT_EQ(result.records, 5U);
  EXPECT_EQ(result.stopped, SegmentStep::end);
  EXPECT_EQ(result.offset, written);
}

// Any prefix of a written segment yields only whole records, and never more than were written.
TEST(SegmentIteratorTest, EveryCutIsIncompleteOrShorter) {
  const auto bytes = join(group(0, {10, 20}), group(2, {5000}));
  for (std::size_t length = 0; length < bytes.size(); length += 7) {
    const Walk result = walk(base::Bytes(bytes).first(length));
    EXPECT_LE(result.records, 3U);
    EXPECT_EQ(result.stopped, SegmentStep::incomplete) << length;
  }
}

// A torn group: each single block of it may be missing, and the walk stops in front of the damage.
TEST(SegmentIteratorTest, StopsAtEachMissingBlock) {
  const auto first = group(0, {100});
  const auto bytes = join(join(first, group(1, {9000, 50, 50})), group(4, {1}));
  for (std::size_t block = 1; block < bytes.size() / kSegmentBlockBytes; ++block) {
    auto torn = bytes;
    std::fill_n(torn.begin() + static_cast<std::ptrdiff_t>(block * kSegmentBlockBytes),
                kSegmentBlockBytes, std::byte{0});
    const Walk result = walk(torn);
    EXPECT_GE(result.records, 1U);
    EXPECT_LT(result.records, 5U);
    EXPECT_TRUE(result.stopped == SegmentStep::torn || result.stopped == SegmentStep::end);
  }
}

TEST(SegmentIteratorTest, RefusesARecordInTheWrongPlace) {
  const Walk result = walk(join(group(0, {10}), group(7, {10})));
  EXPECT_EQ(result.records, 1U);
  EXPECT_EQ(result.stopped, SegmentStep::torn);
}

TEST(SegmentIteratorTest, ContinuesInANewWindow) {
  const auto bytes = join(group(0, {3000, 3000, 3000}), group(3, {6000}));
  SegmentIterator iterator(kSeed, 0, 0);
  LogRecord record;
  std::uint64_t records = 0;
  std::size_t wanted = 1;
  for (int step = 0; step < 100 && records < 4; ++step) {
    const auto rest = base::Bytes(bytes).subspan(iterator.offset());
    iterator.set_window(rest.first(std::min(rest.size(), wanted)), iterator.offset());
    const SegmentStep found = iterator.next(record);
    wanted = found == SegmentStep::incomplete ? iterator.bytes_wanted() : 1;
    records += found == SegmentStep::record ? 1 : 0;
  }
  EXPECT_EQ(records, 4U);
}

}  // namespace
}  // namespace format
