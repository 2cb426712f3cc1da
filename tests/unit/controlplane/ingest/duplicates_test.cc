// Goal: the filter is exact for any number of uuids and asks ClickHouse as seldom as promised.
#include "controlplane/ingest/duplicates.h"

#include "tests/unit/controlplane/ingest/fakes.h"

#include <gtest/gtest.h>

namespace cp::ingest {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

Row row(std::uint64_t number, std::int64_t day, std::int64_t project_id = 1) {
  Row made;
  made.uuid = event::uuid_v7(0, {0, number, 0});
  made.project_id = project_id;
  made.timestamp_us = day * kDayUs + 5;
  return made;
}

void store(FakeEvents& events, const Row& made) {
  StoredRow stored;
  stored.uuid = made.uuid;
  stored.project_id = made.project_id;
  stored.timestamp_us = made.timestamp_us;
  events.rows.push_back(stored);
}

TEST(FingerprintSetTest, HoldsWhatWasInserted) {
  FingerprintSet set;
  EXPECT_FALSE(set.contains(7));
  for (std::uint64_t value = 0; value < 10'000; ++value) {
    EXPECT_TRUE(set.insert(value * 64 + 2));
  }
  for (std::uint64_t value = 0; value < 10'000; ++value) {
    EXPECT_FALSE(set.insert(value * 64 + 2));
    EXPECT_TRUE(set.contains(value * 64 + 2));
    EXPECT_FALSE(set.contains(value * 64 + 3));
  }
  EXPECT_EQ(set.size(), 10'000U);
}

TEST(DuplicateFilterTest, ComparesWithTheDaysAround) {
  FakeEvents events;
  for (const std::int64_t day : {97, 98, 99, 100, 101}) {
    store(events, row(static_cast<std::uint64_t>(day), day));
  }
  DuplicateFilter filter(events, 1'000'000);
  Batch batch;
  for (const std::int64_t day : {97, 98, 99, 100, 101}) {
    batch.rows().push_back(row(static_cast<std::uint64_t>(day), 99));
  }
  EXPECT_EQ(filter.mark(batch), 3U);
  EXPECT_FALSE(batch.rows()[0].is_duplicate);
  EXPECT_TRUE(batch.rows()[1].is_duplicate);
  EXPECT_TRUE(batch.rows()[3].is_duplicate);
  EXPECT_FALSE(batch.rows()[4].is_duplicate);
}

TEST(DuplicateFilterTest, LoadsADayOnceAndRemembersWhatIsStored) {
  FakeEvents events;
  store(events, row(1, 100));
  DuplicateFilter filter(events, 1'000'000);
  for (std::uint64_t number = 2; number < 10; ++number) {
    Batch batch;
    batch.rows().push_back(row(number, 100));
    EXPECT_EQ(filter.mark(batch), 0U);
    store(events, batch.rows()[0]);
    filter.remember(batch);
  }
  EXPECT_EQ(events.day_counts, 1);
  EXPECT_EQ(events.day_loads, 1);
  EXPECT_EQ(events.finds, 0);
  Batch again;
  again.rows().push_back(row(5, 100));
  EXPECT_EQ(filter.mark(again), 1U);
  EXPECT_EQ(events.finds, 1);
}

TEST(DuplicateFilterTest, AsksRowByRowAboutADayTooLargeForIt) {
  FakeEvents events;
  for (std::uint64_t number = 0; number < 600; ++number) {
    store(events, row(number, 100));
  }
  DuplicateFilter filter(events, 2'000);
  Batch batch;
  batch.rows().push_back(row(1, 100));
  batch.rows().push_back(row(9999, 100));
  EXPECT_EQ(filter.mark(batch), 1U);
  EXPECT_EQ(events.day_loads, 0);
}

TEST(DuplicateFilterTest, StaysExactWhenDaysAreDropped) {
  FakeEvents events;
  DuplicateFilter filter(events, 1'000);
  for (int round = 0; round < 2; ++round) {
    for (std::int64_t day = 0; day < 200; ++day) {
      Batch batch;
      batch.rows().push_back(row(static_cast<std::uint64_t>(day), day * 3));
      EXPECT_EQ(filter.mark(batch), round == 0 ? 0U : 1U) << day;
      if (round == 0) {
        store(events, batch.rows()[0]);
        filter.remember(batch);
      }
    }
  }
}

// A client with a broken clock must not cost a question per day.
TEST(DuplicateFilterTest, LoadsManyDaysAtOnce) {
  FakeEvents events;
  DuplicateFilter filter(events, 1'000'000);
  for (int round = 0; round < 2; ++round) {
    Batch batch;
    for (std::int64_t day = 0; day < 5000; ++day) {
      batch.rows().push_back(row(static_cast<std::uint64_t>(day), day * 4));
    }
    EXPECT_EQ(filter.mark(batch), round == 0 ? 0U : 5000U);
    for (const auto& made : batch.rows()) {
      store(events, made);
    }
    filter.clear();
  }
  EXPECT_EQ(events.day_counts, 2);
  EXPECT_EQ(events.day_loads, 2);
}

TEST(DuplicateFilterTest, KeepsProjectsApart) {
  FakeEvents events;
  store(events, row(1, 100, 1));
  DuplicateFilter filter(events, 1'000);
  Batch batch;
  batch.rows().push_back(row(1, 100, 2));
  EXPECT_EQ(filter.mark(batch), 0U);
}

}  // namespace
}  // namespace cp::ingest
