// Goal: whatever the log does, every request is counted once, in the minute and under the token it
// belongs to, and no table claims an event whose record is not durable.
#include "dataplane/capture/minute_counts.h"

#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>

namespace dp::capture {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::int64_t kMinuteUs = 60'000'000;
constexpr std::int64_t kNowUs = 29'000'000 * kMinuteUs + 5;

/// What the ledger would read: newest record of each source, as "token outcome" -> (requests,
/// events). Without a token the owner's name stands in angle brackets.
using Sums = std::map<std::string, std::pair<std::uint32_t, std::uint32_t>>;

class MinuteCountsTest : public ::testing::Test {
 protected:
  MinuteCountsTest() { counts_.set_now(kNowUs); }

  /// Writes what there is to write and reads all records of the log.
  std::map<format::Minute, Sums> read() {
    counts_.write(log_);
    std::map<std::uint64_t, std::pair<format::Minute, Sums>> sources;
    for (const auto& record : log_.records) {
      EXPECT_EQ(record.endpoint, format::Endpoint::counters);
      const auto counts = format::decode_counts(base::as_bytes(record.body));
      EXPECT_TRUE(counts.has_value());
      auto& [minute, sums] = sources[counts->source];
      minute = counts->minute;
      sums.clear();
      for (const auto& row : counts->rows) {
        const auto owner = row.owner == format::CountsOwner::token    ? std::string(row.token)
                           : row.owner == format::CountsOwner::others ? "<others>"
                                                                      : "<none>";
        sums[owner + ' ' + std::string(counts->outcomes[row.outcome].name)] = {row.requests,
                                                                               row.events};
      }
    }
    std::map<format::Minute, Sums> minutes;
    for (const auto& [source, table] : sources) {
      for (const auto& [key, sum] : table.second) {
        auto& total = minutes[table.first][key];
        total.first += sum.first;
        total.second += sum.second;
      }
    }
    return minutes;
  }

  FakeLog log_;
  MinuteCounts counts_{0x123456789abcdef0};
};

TEST_F(MinuteCountsTest, WritesNothingBeforeSomethingHappened) {
  EXPECT_FALSE(counts_.is_dirty());
  EXPECT_TRUE(read().empty());
  const auto ref = counts_.expect(kNowUs, "phc_one", Outcome::accepted);
  EXPECT_FALSE(counts_.is_dirty()) << "an appended record is not an acknowledged one";
  counts_.acknowledge(ref, 4);
  EXPECT_TRUE(counts_.is_dirty());
}

TEST_F(MinuteCountsTest, CountsByMinuteTokenAndOutcome) {
  counts_.acknowledge(counts_.expect(kNowUs, "phc_one", Outcome::accepted), 4);
  counts_.acknowledge(counts_.expect(kNowUs, "phc_two", Outcome::accepted), 1);
  counts_.acknowledge(counts_.expect(kNowUs, "phc_one", Outcome::accepted), 6);
  counts_.lose(counts_.expect(kNowUs, "phc_one", Outcome::accepted), 2);
  counts_.refuse(Outcome::invalid_json, "", 0);
  counts_.refuse(Outcome::log_full, "phc_two", 9);
  const auto late = counts_.expect(kNowUs - kMinuteUs, "phc_one", Outcome::accepted_beacon);
  counts_.acknowledge(late, 3);
  const auto minutes = read();
  ASSERT_EQ(minutes.size(), 2U);
  EXPECT_THAT(minutes.at(28'999'999), ElementsAre(Pair("phc_one accepted_beacon", Pair(1, 3))));
  EXPECT_THAT(
      minutes.at(29'000'000),
      ElementsAre(Pair("<none> invalid_json", Pair(1, 0)), Pair("phc_one accepted", Pair(2, 10)),
                  Pair("phc_one log_lost", Pair(1, 2)), Pair("phc_two accepted", Pair(1, 1)),
                  Pair("phc_two log_full", Pair(1, 9))));
}

// The numbers are absolute: what is written again replaces, what did not change is not written.
TEST_F(MinuteCountsTest, WritesAgainOnlyWhatChanged) {
  counts_.refuse(Outcome::invalid_json, "", 0);
  EXPECT_THAT(read().at(29'000'000), ElementsAre(Pair("<none> invalid_json", Pair(1, 0))));
  read();
  EXPECT_EQ(log_.records.size(), 1U);
  counts_.refuse(Outcome::invalid_json, "", 0);
  EXPECT_THAT(read().at(29'000'000), ElementsAre(Pair("<none> invalid_json", Pair(2, 0))));
  EXPECT_EQ(log_.records.size(), 2U);
}

TEST_F(MinuteCountsTest, CountsTokensWithoutRoomTogether) {
  constexpr std::uint32_t kTokens = 5'000;
  std::string token;
  for (std::uint32_t number = 0; number < kTokens; ++number) {
    token = "phc_" + std::to_string(number);
    counts_.acknowledge(counts_.expect(kNowUs, token, Outcome::accepted), 2);
  }
  counts_.lose(counts_.expect(kNowUs, token, Outcome::accepted), 7);
  counts_.acknowledge(counts_.expect(kNowUs, "phc_0", Outcome::accepted), 1);
  const std::string too_long(MinuteCounts::kTokenBytesMax + 1, 'x');
  counts_.refuse(Outcome::log_full, too_long, 3);
  const auto sums = read().at(29'000'000);
  std::uint32_t requests = 0;
  for (const auto& [key, sum] : sums) {
    requests += key.ends_with(" accepted") ? sum.first : 0;
  }
  EXPECT_EQ(requests, kTokens + 1);
  EXPECT_EQ(sums.at("phc_0 accepted"), std::make_pair(2U, 3U)) << "a known token keeps its row";
  EXPECT_GT(sums.at("<others> accepted").first, kTokens - MinuteCounts::kRowsMax);
  EXPECT_EQ(sums.at("<others> log_lost"), std::make_pair(1U, 7U));
  EXPECT_EQ(sums.at("<others> log_full"), std::make_pair(1U, 3U));
}

TEST_F(MinuteCountsTest, WritesLostRecordsAgain) {
  counts_.refuse(Outcome::invalid_json, "", 0);
  read();
  const auto first = log_.next_sequence - 1;
  counts_.lost_from(first + 1);
  EXPECT_FALSE(counts_.is_dirty());
  counts_.lost_from(first);
  EXPECT_TRUE(counts_.is_dirty());
}

// While the log takes nothing, minutes go by: their refusals must not be lost, nor may an older
// table be overwritten before the log has it.
TEST_F(MinuteCountsTest, KeepsEverythingWhileTheLogTakesNothing) {
  log_.error = wal::WalError::not_writable;
  counts_.acknowledge(counts_.expect(kNowUs, "phc_one", Outcome::accepted), 4);
  for (int minute = 0; minute < 20; ++minute) {
    counts_.set_now(kNowUs + minute * kMinuteUs);
    counts_.refuse(Outcome::log_not_writable, "phc_one", 1);
    counts_.write(log_);
  }
  EXPECT_EQ(counts_.expect(kNowUs + 19 * kMinuteUs, "phc_one", Outcome::accepted).generation, 0U)
      << "no table claims an event of another minute";
  log_.error.reset();
  std::uint32_t refused = 0;
  const auto minutes = read();
  for (const auto& [minute, sums] : minutes) {
    refused += sums.at("phc_one log_not_writable").first;
  }
  EXPECT_EQ(refused, 20U);
  EXPECT_EQ(minutes.at(29'000'000).at("phc_one accepted"), std::make_pair(1U, 4U));
  counts_.refuse(Outcome::invalid_json, "", 0);
  EXPECT_EQ(read().at(29'000'019).at("<none> invalid_json").first, 1U) << "it goes on";
}

// An answer so late that its table is gone is not counted as acknowledged, which is safe; a loss
// is counted now.
TEST_F(MinuteCountsTest, OutlivesRequestsThatWaitForMinutes) {
  const auto early = counts_.expect(kNowUs, "phc_one", Outcome::accepted);
  for (int minute = 1; minute <= 6; ++minute) {
    counts_.set_now(kNowUs + minute * kMinuteUs);
    counts_.refuse(Outcome::invalid_json, "", 0);
    counts_.write(log_);
  }
  counts_.acknowledge(early, 4);
  counts_.lose(early, 5);
  const auto minutes = read();
  EXPECT_FALSE(minutes.contains(29'000'000));
  EXPECT_EQ(minutes.at(29'000'006).at("<none> log_lost"), std::make_pair(1U, 5U));
}

TEST_F(MinuteCountsTest, AClockThatGoesBackReplacesNothing) {
  for (const int minute : {0, 1, 2, 3, 4, 5, 0, 1, 0}) {
    counts_.set_now(kNowUs + minute * kMinuteUs);
    counts_.refuse(Outcome::invalid_json, "", 0);
    counts_.write(log_);
  }
  const auto minutes = read();
  EXPECT_EQ(minutes.at(29'000'000).at("<none> invalid_json").first, 3U);
  EXPECT_EQ(minutes.at(29'000'001).at("<none> invalid_json").first, 2U);
  EXPECT_EQ(minutes.at(29'000'005).at("<none> invalid_json").first, 1U);
}

// The whole way: what the clients were told is what the log says, in events and by reason.
TEST(AcknowledgerCountsTest, SaysWhatClientsWereTold) {
  CaptureHarness harness;
  const auto post = [&](std::string_view body) {
    return harness.exchange(make_request("POST", "/batch/", "", body)).status;
  };
  const std::string batch =
      R"({"api_key":"phc_one","batch":[{"event":"a","distinct_id":"u"},{"event":"b","distinct_id":"u"}]})";
  harness.acknowledger.set_now(CaptureHarness::wall_clock_us());
  EXPECT_EQ(post(batch), 200);
  EXPECT_EQ(post("{"), 400);
  EXPECT_EQ(post(R"([{"event":"a","distinct_id":"u"}])"), 401);
  harness.log.error = wal::WalError::full;
  EXPECT_EQ(post(batch), 503);
  harness.log.error.reset();
  harness.connection.receive(make_request("POST", "/batch/", "", batch));
  harness.acknowledger.lost_from(harness.log.next_sequence - 1);
  EXPECT_EQ(harness.take_answer().status, 503);
  EXPECT_EQ(harness.exchange(make_request("OPTIONS", "/batch/", "", "")).status, 200);

  EXPECT_EQ(harness.log.records[0].event_count, 2U);
  harness.acknowledger.write_counts();
  EXPECT_FALSE(harness.acknowledger.has_counts_to_write());
  const auto counts = format::decode_counts(base::as_bytes(harness.log.records.back().body));
  ASSERT_TRUE(counts.has_value());
  std::map<std::string, std::tuple<std::string, std::uint32_t, std::uint32_t>> sums;
  for (const auto& row : counts->rows) {
    sums[std::string(counts->outcomes[row.outcome].name)] = {std::string(row.token), row.requests,
                                                             row.events};
  }
  using Sum = std::tuple<std::string, std::uint32_t, std::uint32_t>;
  EXPECT_THAT(
      sums,
      ElementsAre(Pair("accepted", Sum("phc_one", 1, 2)), Pair("invalid_json", Sum("", 1, 0)),
                  Pair("log_full", Sum("phc_one", 1, 2)), Pair("log_lost", Sum("phc_one", 1, 2)),
                  Pair("missing_token", Sum("", 1, 0))));
}

}  // namespace
}  // namespace dp::capture
