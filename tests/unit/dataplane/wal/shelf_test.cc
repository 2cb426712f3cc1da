// SPDX-License-Identifier: LicenseRef-Project
// Goal: a class never gets another's room, and a segment goes only when nobody needs it and room or
// age asks for it.
#include "dataplane/wal/internal/shelf.h"

#include <gtest/gtest.h>

namespace dp::wal::internal {
namespace {

using format::RecordClass;

constexpr std::uint64_t kHeader = format::kSegmentDataAt;
constexpr std::int64_t kNow = 1'000'000;

constexpr std::uint64_t kGroup = 4'096;

Retention limits(std::uint64_t events, std::uint64_t replay, std::uint64_t keep_us_max = 0) {
  Retention made;
  made.budget = {events, replay, 100};
  made.keep_us_max = keep_us_max;
  return made;
}

TEST(ShelfTest, ClassesHaveTheirOwnRoom) {
  Shelf shelf(limits(10'000, 20'000), kGroup);
  shelf.start(0, kNow);
  EXPECT_EQ(shelf.used(RecordClass::events), kHeader);
  shelf.add(RecordClass::replay, 20'000);
  EXPECT_FALSE(shelf.has_room(RecordClass::replay, 1));
  EXPECT_TRUE(shelf.has_room(RecordClass::events, 10'000 - kHeader));
  EXPECT_FALSE(shelf.has_room(RecordClass::events, 10'001 - kHeader));
  EXPECT_TRUE(shelf.has_room(RecordClass::system, 100));
}

TEST(ShelfTest, ReleasingGivesBackWhatTheSegmentHeld) {
  Shelf shelf(limits(100'000, 100'000), kGroup);
  shelf.start(0, kNow);
  shelf.add(RecordClass::events, 1'000);
  shelf.add(RecordClass::replay, 90'000);
  shelf.start(10, kNow);
  shelf.add(RecordClass::replay, 5'000);
  EXPECT_EQ(shelf.oldest(), 0U);
  EXPECT_FALSE(shelf.may_release(9, kNow)) << "the last record of the segment is needed";
  EXPECT_TRUE(shelf.may_release(10, kNow));
  shelf.released();
  EXPECT_EQ(shelf.oldest(), 10U);
  EXPECT_EQ(shelf.used(RecordClass::events), kHeader);
  EXPECT_EQ(shelf.used(RecordClass::replay), 5'000U);
  EXPECT_FALSE(shelf.may_release(1'000, kNow)) << "the newest segment stays";
}

TEST(ShelfTest, TheNewestSegmentEndsAtAQuarterOfABudget) {
  Shelf shelf(limits(100'000, 40'000), kGroup);
  EXPECT_FALSE(shelf.should_end_newest());
  shelf.start(0, kNow);
  shelf.add(RecordClass::replay, 10'000);
  EXPECT_FALSE(shelf.should_end_newest());
  shelf.add(RecordClass::replay, 1);
  EXPECT_TRUE(shelf.should_end_newest());
  shelf.start(10, kNow);
  EXPECT_FALSE(shelf.should_end_newest());
}

TEST(ShelfTest, KeepsWhatNobodyAsksToGo) {
  Shelf shelf(limits(1'000'000, 1'000'000), kGroup);
  shelf.start(0, kNow);
  shelf.start(10, kNow);
  EXPECT_FALSE(shelf.may_release(1'000, kNow + 1'000'000'000));
}

TEST(ShelfTest, AgeAsksFromTheEndOfTheSegmentOn) {
  Shelf shelf(limits(1'000'000, 1'000'000, 500), kGroup);
  shelf.start(0, kNow);
  shelf.start(10, kNow + 200);
  EXPECT_FALSE(shelf.may_release(10, kNow + 700));
  EXPECT_FALSE(shelf.may_release(9, kNow + 701)) << "needed, however old";
  EXPECT_TRUE(shelf.may_release(10, kNow + 701));
  EXPECT_FALSE(shelf.may_release(10, kNow)) << "the clock went back";
}

TEST(ShelfTest, AnEmptySegmentIsReplacedWithoutTrace) {
  Shelf shelf(limits(1'000'000, 1'000'000), kGroup);
  shelf.start(0, kNow);
  shelf.add(RecordClass::events, 500);
  for (int restart = 0; restart < 5; ++restart) {
    EXPECT_EQ(shelf.bytes_before(10), (format::ClassBytes{kHeader + 500, 0, 0}));
    shelf.start(10, kNow);
  }
  EXPECT_EQ(shelf.size(), 2U);
  EXPECT_EQ(shelf.used(RecordClass::events), 2 * kHeader + 500);
}

TEST(ShelfTest, ATotalThatCannotBeIsIgnored) {
  Shelf shelf(limits(1'000'000, 1'000'000), kGroup);
  shelf.set_total({50'000, 7, 0});
  shelf.start(5, kNow);
  EXPECT_EQ(shelf.used(RecordClass::events), kHeader) << "what was before is no longer here";
  shelf.set_total({60'000, 6, 0});
  EXPECT_EQ(shelf.used(RecordClass::events), kHeader);
  shelf.set_total({60'000, 7, 0});
  EXPECT_EQ(shelf.used(RecordClass::events), 10'000U);
}

}  // namespace
}  // namespace dp::wal::internal
