// SPDX-License-Identifier: LicenseRef-Project
// Goal: a record survives encode and decode exactly, and damaged or hostile bytes are refused by
// name.
#include "dataplane/format/log_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace format {
namespace {

constexpr std::uint32_t kSeed = 77;

LogRecord full_record() {
  LogRecord record;
  record.sequence = 41;
  record.received_us = 1'700'000'000'123'456;
  record.endpoint = Endpoint::engage;
  record.address_policy = AddressPolicy::keep;
  record.is_overflow = true;
  record.over_quota.add(Resource::exceptions);
  record.event_count = 0x01020304;
  record.token = "phc_token";
  record.query = "compression=gzip&ver=1";
  record.content_type = "application/json";
  record.content_encoding = "gzip";
  record.user_agent = "posthog-android/3";
  record.client_address = "10.1.1.7";
  record.body = base::as_bytes("{\"event\":\"x\"}");
  return record;
}

std::vector<std::byte> encoded(const LogRecord& record) {
  std::vector<std::byte> bytes(encoded_bytes(record));
  const auto written = encode_record(bytes, record, kSeed);
  EXPECT_TRUE(written.has_value());
  EXPECT_EQ(*written, bytes.size());
  return bytes;
}

TEST(LogCodecTest, KeepsEveryField) {
  const LogRecord record = full_record();
  const auto bytes = encoded(record);
  const auto decoded = decode_record(bytes, kSeed);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->bytes, bytes.size());
  EXPECT_EQ(decoded->record.sequence, record.sequence);
  EXPECT_EQ(decoded->record.received_us, record.received_us);
  EXPECT_EQ(decoded->record.endpoint, record.endpoint);
  EXPECT_EQ(decoded->record.address_policy, record.address_policy);
  EXPECT_EQ(decoded->record.is_overflow, record.is_overflow);
  EXPECT_EQ(decoded->record.over_quota, record.over_quota);
  EXPECT_EQ(decoded->record.event_count, record.event_count);
  EXPECT_EQ(decoded->record.token, record.token);
  EXPECT_EQ(decoded->record.query, record.query);
  EXPECT_EQ(decoded->record.content_type, record.content_type);
  EXPECT_EQ(decoded->record.content_encoding, record.content_encoding);
  EXPECT_EQ(decoded->record.user_agent, record.user_agent);
  EXPECT_EQ(decoded->record.client_address, record.client_address);
  EXPECT_EQ(base::as_text(decoded->record.body), base::as_text(record.body));
}

TEST(LogCodecTest, KeepsAnEmptyRecord) {
  const auto bytes = encoded(LogRecord{});
  EXPECT_EQ(bytes.size(), kRecordHeaderBytes);
  const auto decoded = decode_record(bytes, kSeed);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_TRUE(decoded->record.body.empty());
}

// docs/formats/event-log.md, byte 43.
TEST(LogCodecTest, MarksAreBitsOfOneByte) {
  LogRecord record;
  EXPECT_EQ(encoded(record)[43], std::byte{0});
  record.address_policy = AddressPolicy::keep;
  EXPECT_EQ(encoded(record)[43], std::byte{1});
  record.is_overflow = true;
  EXPECT_EQ(encoded(record)[43], std::byte{3});
  for (const auto name : kResourceNames) {
    record.over_quota.add(*resource_named(name));
  }
  auto bytes = encoded(record);
  EXPECT_EQ(bytes[43], std::byte{0x3f}) << "recordings never reach the log over quota";
  bytes[43] = std::byte{0x7f};
  reseal_record(bytes, kSeed);
  EXPECT_EQ(decode_record(bytes, kSeed).error(), make_error(FormatError::bad_value));
}

// Every single flipped bit outside the padding is noticed.
TEST(LogCodecTest, NoticesEveryFlippedBit) {
  const auto good = encoded(full_record());
  const std::size_t covered = claimed_record_bytes(good);
  for (std::size_t bit = 0; bit < covered * 8; ++bit) {
    auto bytes = good;
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_FALSE(decode_record(bytes, kSeed).has_value()) << "bit " << bit;
  }
}

TEST(LogCodecTest, RefusesAnotherSegmentsSeed) {
  const auto decoded = decode_record(encoded(full_record()), kSeed + 1);
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error(), make_error(FormatError::bad_checksum));
}

TEST(LogCodecTest, RefusesEveryCutLength) {
  const auto bytes = encoded(full_record());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_record(base::Bytes(bytes).first(length), kSeed).has_value());
  }
}

TEST(LogCodecTest, SaysWhatDoesNotFit) {
  LogRecord record = full_record();
  std::vector<std::byte> room(encoded_bytes(record) - kRecordAlignment);
  EXPECT_EQ(encode_record(room, record, kSeed).error(), make_error(FormatError::no_room));
  const std::string long_token(70'000, 't');
  record.token = long_token;
  room.resize(100'000);
  EXPECT_EQ(encode_record(room, record, kSeed).error(), make_error(FormatError::field_too_long));
  const std::vector<std::byte> long_body(kRecordBytesMax);
  record = full_record();
  record.body = long_body;
  room.resize(kRecordBytesMax * 2);
  EXPECT_EQ(encode_record(room, record, kSeed).error(), make_error(FormatError::field_too_long));
}

}  // namespace
}  // namespace format
