// Goal: a counters record survives encode and decode exactly, bounds hold, and hostile bytes are
// refused by name.
#include "dataplane/format/capture_counts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace format {
namespace {

std::vector<std::byte> full_body() {
  std::vector<std::byte> body(1024);
  CountsEncoder encoder(body);
  encoder.add_outcome({200, "accepted", R"({"status":"Ok"})"});
  encoder.add_outcome({413, "record_too_large", "maximum event size exceeded: record too large"});
  encoder.add_row({CountsOwner::token, "phc_one", 0, 3, 150});
  encoder.add_row({CountsOwner::none, "", 1, 2, 0});
  encoder.add_row({CountsOwner::others, "", 1, 4'000'000'000, 4'000'000'001});
  body.resize(encoder.finish(0xfedcba9876543210, 29'000'000));
  return body;
}

TEST(CaptureCountsTest, KeepsEveryField) {
  const auto body = full_body();
  const auto counts = decode_counts(body);
  ASSERT_TRUE(counts.has_value());
  EXPECT_EQ(counts->source, 0xfedcba9876543210);
  EXPECT_EQ(counts->minute, 29'000'000);
  ASSERT_EQ(counts->outcomes.size(), 2U);
  EXPECT_EQ(counts->outcomes[0].status, 200);
  EXPECT_EQ(counts->outcomes[0].text, R"({"status":"Ok"})");
  EXPECT_EQ(counts->outcomes[1].name, "record_too_large");
  ASSERT_EQ(counts->rows.size(), 3U);
  EXPECT_EQ(counts->rows[0].owner, CountsOwner::token);
  EXPECT_EQ(counts->rows[0].token, "phc_one");
  EXPECT_EQ(counts->rows[0].requests, 3U);
  EXPECT_EQ(counts->rows[0].events, 150U);
  EXPECT_EQ(counts->rows[1].owner, CountsOwner::none);
  EXPECT_EQ(counts->rows[1].outcome, 1);
  EXPECT_EQ(counts->rows[2].owner, CountsOwner::others);
  EXPECT_EQ(counts->rows[2].requests, 4'000'000'000U);
  EXPECT_EQ(counts->rows[2].events, 4'000'000'001U);
}

TEST(CaptureCountsTest, RefusesEveryCutAndEveryExtraByte) {
  auto body = full_body();
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_FALSE(decode_counts(base::Bytes(body).first(length)).has_value()) << length;
  }
  body.push_back(std::byte{0});
  EXPECT_EQ(decode_counts(body).error(), make_error(FormatError::bad_length));
}

TEST(CaptureCountsTest, RefusesValuesWithoutMeaning) {
  struct Case {
    const char* what;
    std::size_t offset;
    std::byte value;
    FormatError error;
  };
  const std::size_t first_row =
      kCountsHeaderBytes + 2 * kCountsOutcomeHeaderBytes + 8 + 15 + 16 + 45;
  const Case cases[] = {
      {"version", 0, std::byte{2}, FormatError::bad_version},
      {"too many rows", 6, std::byte{1}, FormatError::bad_value},
      {"too many outcomes", 25, std::byte{1}, FormatError::bad_value},
      {"an outcome that is not there", first_row + 8, std::byte{2}, FormatError::bad_value},
      {"an owner that is not there", first_row + 9, std::byte{3}, FormatError::bad_value},
      {"a token without its owner", first_row + 9, std::byte{0}, FormatError::bad_value},
  };
  for (const auto& wrong : cases) {
    auto body = full_body();
    body[wrong.offset] = wrong.value;
    const auto counts = decode_counts(body);
    ASSERT_FALSE(counts.has_value()) << wrong.what;
    EXPECT_EQ(counts.error(), make_error(wrong.error)) << wrong.what;
  }
}

TEST(CaptureCountsTest, SaysWhatDoesNotFit) {
  const auto wanted = full_body().size();
  for (std::size_t room = 0; room < wanted; ++room) {
    std::vector<std::byte> body(room);
    CountsEncoder encoder(body);
    encoder.add_outcome({200, "accepted", R"({"status":"Ok"})"});
    encoder.add_outcome({413, "record_too_large", "maximum event size exceeded: record too large"});
    encoder.add_row({CountsOwner::token, "phc_one", 0, 3, 150});
    encoder.add_row({CountsOwner::none, "", 1, 2, 0});
    encoder.add_row({CountsOwner::others, "", 1, 1, 1});
    EXPECT_EQ(encoder.finish(1, 1), 0U) << room;
  }
  std::vector<std::byte> body(1024);
  const std::string long_text(256, 'x');
  CountsEncoder too_long(body);
  too_long.add_outcome({200, "accepted", long_text});
  EXPECT_EQ(too_long.finish(1, 1), 0U);
  CountsEncoder no_outcome(body);
  no_outcome.add_row({CountsOwner::none, "", 0, 1, 1});
  EXPECT_EQ(no_outcome.finish(1, 1), 0U);
}

}  // namespace
}  // namespace format
