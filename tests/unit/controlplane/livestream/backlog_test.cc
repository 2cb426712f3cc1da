// Goal: what stands in the log behind the worker is counted by minute for one token, over all
// partitions, and counters records are no events.
#include "controlplane/livestream/backlog.h"

#include "tests/support/log_fixture.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cp::livestream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::int64_t kMinute = 29'000'000;
constexpr std::int64_t kMinuteUs = 60'000'000;

void append(support::LogFixture& log, std::string_view token, std::uint32_t event_count,
            std::int64_t minute, format::Endpoint endpoint = format::Endpoint::batch) {
  format::LogRecord record;
  record.received_us = minute * kMinuteUs + 1;
  record.endpoint = endpoint;
  record.token = token;
  record.event_count = event_count;
  log.append(record);
  log.flush();
}

TEST(BacklogTest, CountsWhatTheWorkerHasNotFinished) {
  support::TemporaryDirectory directory;
  support::LogFixture first(directory.path(), 0);
  support::LogFixture second(directory.path(), 1);
  append(first, "phc_one", 100, kMinute);
  append(first, "phc_one", 2, kMinute + 1);
  append(first, "phc_two", 50, kMinute + 1);
  append(first, "", 0, kMinute + 1, format::Endpoint::counters);
  append(first, "phc_one", 0, kMinute + 2);  // of an older release: at least one
  append(second, "phc_one", 3, kMinute + 1);

  const auto backlog = read_backlog(directory.path(), {{0, 1}}, "phc_one");
  EXPECT_EQ(backlog.records, 5U);
  EXPECT_EQ(backlog.oldest_received_us, (kMinute + 1) * kMinuteUs + 1);
  EXPECT_TRUE(backlog.is_complete);
  EXPECT_THAT(backlog.events, ElementsAre(Pair(kMinute + 1, 5), Pair(kMinute + 2, 1)));
}

TEST(BacklogTest, IsEmptyBehindTheEnd) {
  support::TemporaryDirectory directory;
  support::LogFixture log(directory.path(), 0);
  append(log, "phc_one", 1, kMinute);
  for (const std::uint64_t next : {std::uint64_t{1}, std::uint64_t{7}}) {
    const auto backlog = read_backlog(directory.path(), {{0, next}}, "phc_one");
    EXPECT_EQ(backlog.records, 0U);
    EXPECT_EQ(backlog.oldest_received_us, std::nullopt);
    EXPECT_THAT(backlog.events, IsEmpty());
  }
  EXPECT_EQ(read_backlog(directory.path() / "none", {}, "phc_one").records, 0U);
}

}  // namespace
}  // namespace cp::livestream
