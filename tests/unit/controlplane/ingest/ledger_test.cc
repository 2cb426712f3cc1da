// Goal: every event of the log gets exactly one end in the ledger, whatever becomes of it and
// however often a batch is tried, and a minute that does not add up is said. The stores are fakes
// that fail like the real ones; the log is a real one.
#include "controlplane/ingest/ledger.h"

#include "controlplane/ingest/worker.h"
#include "tests/support/log_fixture.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/controlplane/ingest/fakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cp::ingest {

bool operator==(const LedgerEntry& one, const LedgerEntry& other) {
  return one.received == other.received && one.stored == other.stored &&
         one.duplicate == other.duplicate && one.quarantined == other.quarantined &&
         one.unknown_project == other.unknown_project && one.dropped == other.dropped;
}

void PrintTo(const LedgerEntry& entry, std::ostream* out) {
  *out << "received " << entry.received << " = stored " << entry.stored << " + duplicate "
       << entry.duplicate << " + quarantined " << entry.quarantined << " + unknown "
       << entry.unknown_project << " + dropped " << entry.dropped;
}

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr format::Minute kMinute = 27'876'240;
constexpr std::int64_t kNow = kMinute * 60'000'000 + 59'999'999;  // the last moment of it
constexpr const char* kFirstUuid = "018a981f-4b35-7c66-825e-8b0eeae65714";
constexpr const char* kSecondUuid = "018a981f-4b35-7c66-825e-8b0eeae65715";

class LedgerTest : public ::testing::Test {
 protected:
  void append(std::string_view body, std::uint32_t event_count, std::string_view token = "phc_one",
              std::int64_t received_us = kNow,
              format::Endpoint endpoint = format::Endpoint::batch) {
    format::LogRecord record;
    record.received_us = received_us;
    record.endpoint = endpoint;
    record.token = token;
    record.event_count = event_count;
    record.body = base::as_bytes(body);
    log_.append(record);
    log_.flush();
  }

  /// A request with one event for each of `uuids`; an empty one gets its own.
  void append_events(const std::vector<std::string>& uuids, std::string_view token = "phc_one",
                     std::int64_t received_us = kNow) {
    std::string events;
    for (const auto& uuid : uuids) {
      events += (events.empty() ? "" : ",") + std::string(R"({"event":"e","distinct_id":"u")") +
                (uuid.empty() ? "" : R"(,"uuid":")" + uuid + '"') + '}';
    }
    append(R"({"api_key":")" + std::string(token) + R"(","batch":[)" + events + "]}",
           static_cast<std::uint32_t>(uuids.size()), token, received_us);
  }

  void append_recording(const std::string& session) {
    append(R"({"event":"$snapshot","token":"phc_one","distinct_id":"u","properties":{)"
           R"("$session_id":")" +
               session + R"(","$snapshot_data":[{"type":2,"timestamp":1672574459000}]}})",
           1, "phc_one", kNow, format::Endpoint::recordings);
  }

  /// A counters record of one outcome of `token`.
  void append_counts(std::uint64_t source, std::string_view token, std::uint32_t events,
                     std::string_view outcome = "accepted", std::uint16_t status = 200) {
    std::vector<std::byte> body(512);
    format::CountsEncoder encoder(body);
    encoder.add_outcome({status, outcome, "text"});
    encoder.add_row({token.empty() ? format::CountsOwner::none : format::CountsOwner::token, token,
                     0, 1, events});
    body.resize(encoder.finish(source, kMinute));
    append(base::as_text(body), 0, "", kNow, format::Endpoint::counters);
  }

  /// A worker that starts, does everything there is to do, and stops. False when it died on the
  /// way.
  bool drain(std::string crash_at = "") {
    WorkerOptions options;
    options.event_log = directory_.path();
    Worker worker(options, checkpoints_, events_, recordings_, projects_,
                  [this](const std::string& line) { lines_.push_back(line); });
    die_once(worker, crash_at);
    return ingest::drain(worker);
  }

  support::TemporaryDirectory directory_;
  support::LogFixture log_{directory_.path()};
  FakeCheckpoints checkpoints_;
  FakeEvents events_;
  FakeRecordings recordings_;
  FakeProjects projects_;
  std::vector<std::string> lines_;
};

// received, stored, duplicate, quarantined, unknown_project, dropped
TEST_F(LedgerTest, GivesEveryEventOneEnd) {
  append_events({kFirstUuid, kSecondUuid, ""});
  append_events({kFirstUuid, ""});
  append_events({""}, "phc_two");
  append_events({"", ""}, "phc_nobody");
  append("{", 3);
  append_recording("s-1");
  append_recording("");
  append("{", 1, "phc_one", kNow, format::Endpoint::recordings);
  append_events({""}, "phc_one", kNow + 1);
  ASSERT_TRUE(drain());
  EXPECT_THAT(checkpoints_.ledger,
              ElementsAre(Pair(Pair(kMinute, kNoProject), LedgerEntry{2, 0, 0, 0, 2, 0}),
                          Pair(Pair(kMinute, 1), LedgerEntry{11, 5, 1, 4, 0, 1}),
                          Pair(Pair(kMinute, 2), LedgerEntry{1, 1, 0, 0, 0, 0}),
                          Pair(Pair(kMinute + 1, 1), LedgerEntry{1, 1, 0, 0, 0, 0})));
  EXPECT_EQ(events_.rows.size(), 6U);
}

// A record of an earlier release says no count: its rows are the count.
TEST_F(LedgerTest, CountsRecordsWithoutACount) {
  append(
      R"({"api_key":"phc_one","batch":[{"event":"a","distinct_id":"u"},{"event":"b","distinct_id":"u"}]})",
      0);
  append("{", 0);
  ASSERT_TRUE(drain());
  EXPECT_THAT(checkpoints_.ledger,
              ElementsAre(Pair(Pair(kMinute, 1), LedgerEntry{3, 2, 0, 1, 0, 0})));
}

// The worker dies between any two steps and starts again: the numbers are those of one run. A copy
// within the batch stays a duplicate although its uuid is found stored.
TEST_F(LedgerTest, CountsABatchOnceHoweverOftenItIsTried) {
  for (const char* point :
       {"after_range_fixed", "before_insert", "after_insert", "before_advance"}) {
    checkpoints_ = {};
    events_ = {};
    append_events({kFirstUuid, kSecondUuid, kFirstUuid});
    append_events({kSecondUuid, ""});
    const auto appended = log_.next_sequence();
    checkpoints_.positions[0] = {appended - 2, std::nullopt};
    EXPECT_FALSE(drain(point)) << point;
    EXPECT_TRUE(checkpoints_.ledger.empty()) << point;
    ASSERT_TRUE(drain()) << point;
    EXPECT_THAT(checkpoints_.ledger,
                ElementsAre(Pair(Pair(kMinute, 1), LedgerEntry{5, 3, 2, 0, 0, 0})))
        << point;
    EXPECT_EQ(events_.rows.size(), 3U) << point;
  }
}

TEST_F(LedgerTest, RepeatsAHalfStoredBatchWithTheSameNumbers) {
  for (const auto failure : {InsertFailure::before_storing, InsertFailure::after_storing,
                             InsertFailure::token_without_rows}) {
    checkpoints_ = {};
    events_ = {};
    append_events({kFirstUuid, kSecondUuid, kFirstUuid});
    checkpoints_.positions[0] = {log_.next_sequence() - 1, std::nullopt};
    events_.next_failure = failure;
    EXPECT_THROW(drain(), std::exception);
    ASSERT_TRUE(drain());
    EXPECT_THAT(checkpoints_.ledger,
                ElementsAre(Pair(Pair(kMinute, 1), LedgerEntry{3, 2, 1, 0, 0, 0})));
  }
}

TEST_F(LedgerTest, KeepsTheNewestCountsOfASource) {
  append_counts(7, "phc_one", 4);
  append_counts(8, "phc_nobody", 2);
  append_counts(7, "phc_one", 9);
  append_counts(9, "", 0, "invalid_json", 400);
  ASSERT_TRUE(drain());
  ASSERT_EQ(checkpoints_.counts.size(), 3U);
  const auto& newest = checkpoints_.counts.at(7);
  EXPECT_EQ(newest.minute, kMinute);
  ASSERT_EQ(newest.outcomes.size(), 1U);
  EXPECT_EQ(newest.outcomes[0].project_id, 1);
  EXPECT_EQ(newest.outcomes[0].events, 9U);
  EXPECT_EQ(checkpoints_.counts.at(8).outcomes[0].project_id, kNoProject);
  EXPECT_EQ(checkpoints_.counts.at(9).outcomes[0].name, "invalid_json");
  EXPECT_TRUE(checkpoints_.ledger.empty()) << "counters are no events";
  EXPECT_TRUE(events_.rows.empty());
}

TEST_F(LedgerTest, AddsUpTokensThatNoProjectHas) {
  std::vector<std::byte> body(512);
  format::CountsEncoder encoder(body);
  encoder.add_outcome({200, "accepted", "text"});
  encoder.add_row({format::CountsOwner::token, "phc_nobody", 0, 1, 2});
  encoder.add_row({format::CountsOwner::others, "", 0, 3, 4});
  encoder.add_row({format::CountsOwner::token, "phc_somebody", 0, 5, 6});
  body.resize(encoder.finish(7, kMinute));
  append(base::as_text(body), 0, "", kNow, format::Endpoint::counters);
  ASSERT_TRUE(drain());
  const auto& outcomes = checkpoints_.counts.at(7).outcomes;
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].requests, 9U);
  EXPECT_EQ(outcomes[0].events, 12U);
}

TEST_F(LedgerTest, SkipsCountersThatMakeNoSense) {
  append("nonsense", 0, "", kNow, format::Endpoint::counters);
  append_events({""});
  ASSERT_TRUE(drain());
  EXPECT_THAT(lines_, ::testing::Contains(HasSubstr("the counters of record 0 make no sense")));
  EXPECT_EQ(events_.rows.size(), 1U);
}

TEST_F(LedgerTest, SaysAMinuteThatDoesNotAddUpOnce) {
  checkpoints_.unbalanced = {{kMinute, 5, 4, 4}};
  append_events({""});
  append_counts(7, "phc_one", 5);
  ASSERT_TRUE(drain());
  EXPECT_THAT(lines_,
              ::testing::Contains(HasSubstr("minute 2023-01-01T12:00Z does not balance: 5 events "
                                            "acknowledged, 4 received, 4 accounted for")));
}

}  // namespace
}  // namespace cp::ingest
