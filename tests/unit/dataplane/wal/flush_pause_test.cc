// SPDX-License-Identifier: LicenseRef-Project
// Goal: the loop sleeps over arrivals only while no flush can have ended, however its length
// changes, and stays awake only where it may, for small groups and not for long. Method: flushes of
// chosen lengths on a clock of the test's own.
#include "dataplane/wal/internal/flush_pause.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace dp::wal::internal {
namespace {

constexpr std::uint64_t kFlushNs = 400'000;
constexpr std::uint64_t kRecords = 1;

class FlushPauseTest : public testing::Test {
 protected:
  void flush(std::uint64_t length_ns, std::uint32_t count = 1) {
    for (std::uint32_t number = 0; number < count; ++number) {
      pause_.flush_began(now_, kRecords);
      now_ += length_ns;
      pause_.flush_ended(now_);
    }
  }

  void expect_no_sleep(const char* when) {
    EXPECT_EQ(pause_.sleep_allowed(now_).completions, 1U) << when;
    EXPECT_EQ(pause_.sleep_allowed(now_).ns_max, reactor::Sleep{}.ns_max) << when;
  }

  FlushPause pause_{false};
  std::uint64_t now_ = 1'000'000;
};

TEST_F(FlushPauseTest, SleepsThroughTheFirstHalfOfAFlush) {
  flush(kFlushNs, FlushPause::kFlushes);
  pause_.flush_began(now_, kRecords);
  EXPECT_EQ(pause_.sleep_allowed(now_).ns_max, kFlushNs / 2);
  EXPECT_EQ(pause_.sleep_allowed(now_).completions, FlushPause::kCompletions);
  EXPECT_EQ(pause_.sleep_allowed(now_ + kFlushNs / 4).ns_max, kFlushNs / 4);
  now_ += kFlushNs / 2;
  expect_no_sleep("from now on the end must be seen");
}

TEST_F(FlushPauseTest, SleepsOnlyWhileFlushing) {
  flush(kFlushNs, FlushPause::kFlushes);
  expect_no_sleep("nothing is in flight");
  pause_.flush_began(now_, kRecords);
  pause_.flush_lost();
  expect_no_sleep("the flush is lost");
}

TEST_F(FlushPauseTest, KnowsNothingAtFirst) {
  flush(kFlushNs, FlushPause::kFlushes - 1);
  pause_.flush_began(now_, kRecords);
  expect_no_sleep("too few flushes were seen");
}

TEST_F(FlushPauseTest, OneShortFlushShortensEverySleepForAWhile) {
  flush(kFlushNs, FlushPause::kFlushes);
  flush(kFlushNs / 10);
  pause_.flush_began(now_, kRecords);
  EXPECT_EQ(pause_.sleep_allowed(now_).ns_max, kFlushNs / 20);

  flush(kFlushNs, 2 * FlushPause::kFlushes);
  pause_.flush_began(now_, kRecords);
  EXPECT_EQ(pause_.sleep_allowed(now_).ns_max, kFlushNs / 2);
}

TEST_F(FlushPauseTest, SleepsThatEndLateDoNotGrow) {
  flush(kFlushNs, FlushPause::kFlushes);
  for (std::uint32_t number = 0; number < 1'000; ++number) {
    pause_.flush_began(now_, kRecords);
    const auto slept_ns = pause_.sleep_allowed(now_).ns_max;
    now_ += std::max(kFlushNs, slept_ns) + kFlushNs / 100 * (number % 50);
    pause_.flush_ended(now_);
  }
  pause_.flush_began(now_, kRecords);
  EXPECT_EQ(pause_.sleep_allowed(now_).ns_max, kFlushNs / 2);
}

TEST_F(FlushPauseTest, ASlowDiskKeepsOthersWaitingNoLongerThanTheLimit) {
  flush(100 * kFlushNs, FlushPause::kFlushes);
  pause_.flush_began(now_, kRecords);
  EXPECT_EQ(pause_.sleep_allowed(now_).ns_max, FlushPause::kNsMax);
}

TEST(AwakeFlushPauseTest, WatchesWhileASmallGroupIsFlushed) {
  FlushPause pause(true);
  constexpr std::uint64_t kBeganNs = 5'000'000;
  const struct {
    std::uint64_t records;
    std::uint64_t after_ns;
    bool is_awake;
  } cases[] = {
      {1, 0, true},
      {FlushPause::kAwakeRecordsMax, 0, true},
      {FlushPause::kAwakeRecordsMax + 1, 0, false},
      {1, FlushPause::kAwakeNsMax - 1, true},
      {1, FlushPause::kAwakeNsMax, false},
  };
  for (const auto& item : cases) {
    pause.flush_began(kBeganNs, item.records);
    const reactor::Sleep sleep = pause.sleep_allowed(kBeganNs + item.after_ns);
    EXPECT_EQ(sleep.is_awake, item.is_awake) << item.records << " after " << item.after_ns;
    EXPECT_EQ(sleep.completions, 1U);
    EXPECT_EQ(sleep.ns_max,
              item.is_awake ? FlushPause::kAwakeNsMax - item.after_ns : sys::EventQueue::kForever);
    pause.flush_ended(kBeganNs + kFlushNs);
    EXPECT_FALSE(pause.sleep_allowed(kBeganNs + kFlushNs).is_awake);
  }
}

}  // namespace
}  // namespace dp::wal::internal
