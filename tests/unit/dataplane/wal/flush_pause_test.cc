// SPDX-License-Identifier: LicenseRef-Project
// Goal: many clients share a flush, a lone one never waits, and no group waits longer than its
// limit. Method: flushes of 400 us on a clock of the test's own.
#include "dataplane/wal/internal/gathering.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace dp::wal::internal {
namespace {

constexpr std::uint64_t kMicrosecond = 1'000;
constexpr std::uint64_t kFlush = 400 * kMicrosecond;
constexpr std::uint64_t kLimit = 500 * kMicrosecond;

class GatheringTest : public testing::Test {
 protected:
  /// A flush of `records`, at whose end `arrived` others are pending.
  void flush(std::uint64_t records, std::uint64_t arrived) {
    gathering_.flush_began(records, now_);
    now_ += kFlush;
    gathering_.flush_ended(records + arrived, now_);
  }

  Gathering gathering_{kLimit};
  std::uint64_t now_ = 1'000'000;
};

TEST_F(GatheringTest, NothingIsDueWithoutRecords) { EXPECT_FALSE(gathering_.is_due(0, now_)); }

TEST_F(GatheringTest, ALoneClientNeverWaits) {
  EXPECT_TRUE(gathering_.is_due(1, now_));
  flush(1, 0);
  EXPECT_TRUE(gathering_.is_due(1, now_));
}

TEST_F(GatheringTest, WaitsForThoseThatWereJustAnswered) {
  flush(16, 16);
  EXPECT_FALSE(gathering_.is_due(16, now_));
  EXPECT_FALSE(gathering_.is_due(31, now_ + 100 * kMicrosecond));
  EXPECT_TRUE(gathering_.is_due(32, now_ + 200 * kMicrosecond));
}

TEST_F(GatheringTest, WaitsNoLongerThanAFlushTakes) {
  flush(16, 16);
  EXPECT_FALSE(gathering_.is_due(16, now_));
  EXPECT_FALSE(gathering_.is_due(20, now_ + kFlush - 1));
  EXPECT_TRUE(gathering_.is_due(20, now_ + kFlush));
}

TEST_F(GatheringTest, WaitsNoLongerThanTheLimit) {
  gathering_.flush_began(32, now_);
  now_ += 100 * kFlush;  // a slow disk
  gathering_.flush_ended(32, now_);
  EXPECT_FALSE(gathering_.is_due(16, now_));
  EXPECT_FALSE(gathering_.is_due(16, now_ + kLimit - 1));
  EXPECT_TRUE(gathering_.is_due(16, now_ + kLimit));
}

TEST_F(GatheringTest, ForgetsAfterAQuietTime) {
  flush(32, 0);
  EXPECT_TRUE(gathering_.is_due(1, now_ + 100 * kFlush));
}

TEST_F(GatheringTest, ALostFlushExpectsNothing) {
  flush(32, 0);
  gathering_.flush_began(32, now_);
  gathering_.flush_lost();
  EXPECT_TRUE(gathering_.is_due(1, now_));
}

TEST_F(GatheringTest, SleepsOverArrivalsOnlyWhileNothingCanBeDone) {
  flush(16, 16);
  EXPECT_FALSE(gathering_.is_due(20, now_));
  const auto gathering = gathering_.sleep_allowed(20, now_);
  EXPECT_EQ(gathering.ns_max, kFlush);
  EXPECT_EQ(gathering.completions, 12U);

  gathering_.flush_began(20, now_);
  const auto flushing = gathering_.sleep_allowed(0, now_);
  EXPECT_EQ(flushing.ns_max, kFlush * 3 / 4);
  EXPECT_EQ(flushing.completions, 13U) << "twelve arrivals and the end of the flush";
  EXPECT_EQ(gathering_.sleep_allowed(12, now_).completions, 1U) << "everybody is here";
  EXPECT_EQ(gathering_.sleep_allowed(0, now_ + kFlush * 3 / 4).completions, 1U)
      << "the end of the flush must be seen at once";
}

TEST_F(GatheringTest, WithoutALimitNothingWaits) {
  Gathering none(0);
  none.flush_began(32, now_);
  none.flush_ended(32, now_ + kFlush);
  EXPECT_TRUE(none.is_due(1, now_ + kFlush));
  EXPECT_EQ(none.sleep_allowed(1, now_ + kFlush).completions, 1U);
}

}  // namespace
}  // namespace dp::wal::internal
