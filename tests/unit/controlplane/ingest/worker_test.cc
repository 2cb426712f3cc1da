// Goal: whatever fails and wherever the worker dies, every event of the log is stored once. The
// stores are fakes that fail like the real ones; the log is a real one.
#include "controlplane/ingest/worker.h"

#include "tests/support/log_fixture.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/controlplane/ingest/fakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

namespace cp::ingest {
namespace {

constexpr std::int64_t kNow = 1'672'574'400'000'000;  // 2023-01-01T12:00:00Z
constexpr const char* kFirstUuid = "018a981f-4b35-7c66-825e-8b0eeae65714";
constexpr const char* kSecondUuid = "018a981f-4b35-7c66-825e-8b0eeae65715";

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() { options_.event_log = directory_.path(); }

  void append(std::string_view body, std::string_view token = "phc_one",
              std::int64_t received_us = kNow) {
    format::LogRecord record;
    record.received_us = received_us;
    record.endpoint = format::Endpoint::batch;
    record.token = token;
    record.content_type = "application/json";
    record.body = base::as_bytes(body);
    log_.append(record);
    log_.flush();
  }

  void append_event(const std::string& name, const std::string& uuid = "",
                    std::string_view token = "phc_one",
                    const std::string& timestamp = "2023-01-01T12:00:00Z") {
    append(R"({"api_key":")" + std::string(token) + R"(","batch":[{"event":")" + name +
               R"(","distinct_id":"u","uuid":")" + uuid + R"(","timestamp":")" + timestamp +
               R"("}]})",
           token);
  }

  std::unique_ptr<Worker> worker() {
    auto made =
        std::make_unique<Worker>(options_, checkpoints_, events_, recordings_, projects_,
                                 [this](const std::string& line) { lines_.push_back(line); });
    made->set_on_stored([this](std::uint32_t /*partition*/, format::Sequence next) {
      EXPECT_LE(next, checkpoints_.load(0).next) << "told before the checkpoint was committed";
      stored_to_ = next;
    });
    die_once(*made, crash_at_);
    return made;
  }

  /// A worker that starts, does everything there is to do, and stops. False when it died on the
  /// way.
  bool drain() { return ingest::drain(*worker()); }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& row : events_.rows) {
      found.push_back(row.name);
    }
    return found;
  }

  support::TemporaryDirectory directory_;
  support::LogFixture log_{directory_.path()};
  WorkerOptions options_;
  FakeCheckpoints checkpoints_;
  FakeEvents events_;
  FakeRecordings recordings_;
  FakeProjects projects_;
  std::vector<std::string> lines_;
  std::string crash_at_;
  std::optional<format::Sequence> stored_to_;
};

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST_F(WorkerTest, StoresEveryColumn) {
  append(
      R"({"api_key":"phc_one","historical_migration":true,"batch":[{"event":"bought","distinct_id":"u",)"
      R"("uuid":"018a981f-4b35-7c66-825e-8b0eeae65714","timestamp":"2023-01-01T11:00:00Z",)"
      R"("properties":{"a":1,"$process_person_profile":false}}]})");
  ASSERT_TRUE(drain());
  ASSERT_EQ(events_.rows.size(), 1U);
  const StoredRow& row = events_.rows[0];
  EXPECT_EQ(event::to_text(row.uuid), kFirstUuid);
  EXPECT_EQ(row.name, "bought");
  EXPECT_EQ(row.properties, R"({"a":1,"$process_person_profile":false})");
  EXPECT_EQ(row.timestamp_us, kNow - 3'600'000'000);
  EXPECT_EQ(row.project_id, 1);
  EXPECT_EQ(row.distinct_id, "u");
  EXPECT_EQ(row.created_us, kNow);
  EXPECT_EQ(row.person, event::person_uuid(1, "u"));
  EXPECT_EQ(row.person_mode, 1);
  EXPECT_EQ(row.is_historical, 1);
  EXPECT_EQ(row.partition, 0U);
  EXPECT_EQ(row.sequence, 0U);
  EXPECT_EQ(events_.tokens.begin()->second, "0:0-1");
  EXPECT_EQ(checkpoints_.positions[0].next, 1U);
  EXPECT_FALSE(checkpoints_.positions[0].batch_end.has_value());
}

TEST_F(WorkerTest, SurvivesADeathAtEveryPoint) {
  for (const char* point :
       {"after_range_fixed", "before_insert", "after_insert", "before_advance", "after_advance"}) {
    append_event(std::string("first ") + point);
    append_event(std::string("second ") + point);
    crash_at_ = point;
    EXPECT_FALSE(drain()) << point;
    ASSERT_TRUE(drain()) << point;
    const auto stored = events_.rows.size();
    ASSERT_GE(stored, 2U);
    EXPECT_EQ(events_.rows[stored - 2].name, std::string("first ") + point);
    EXPECT_EQ(events_.rows[stored - 1].name, std::string("second ") + point);
  }
  EXPECT_EQ(events_.rows.size(), 10U);
}

// The log may forget what was told; a death in between only makes it wait.
TEST_F(WorkerTest, TellsWhatIsStoredAfterTheCheckpointAndAtTheStart) {
  append_event("one", kFirstUuid);
  append_event("two", kSecondUuid);
  crash_at_ = "after_advance";
  EXPECT_FALSE(drain());
  EXPECT_EQ(stored_to_, 0U) << "the death came between checkpoint and watermark";
  ASSERT_TRUE(drain());
  EXPECT_EQ(stored_to_, 2U);
  stored_to_.reset();
  ASSERT_TRUE(drain());
  EXPECT_EQ(stored_to_, 2U);
}

TEST_F(WorkerTest, SurvivesADeathWhileItRepeats) {
  append_event("a");
  crash_at_ = "after_range_fixed";
  EXPECT_FALSE(drain());
  crash_at_ = "after_repeated_insert";
  EXPECT_FALSE(drain());
  ASSERT_TRUE(drain());
  EXPECT_THAT(names(), ElementsAre("a"));
}

// The batch spans two months, so the real store writes two parts and may write only one of them.
TEST_F(WorkerTest, SurvivesEveryFailureOfAnInsert) {
  int number = 0;
  for (const auto failure : {InsertFailure::before_storing, InsertFailure::after_storing,
                             InsertFailure::after_first_month, InsertFailure::token_without_rows}) {
    append_event("a" + std::to_string(number));
    append_event("b" + std::to_string(number), "", "phc_one", "2022-10-01T00:00:00Z");
    events_.next_failure = failure;
    EXPECT_THROW(worker()->drain(), std::runtime_error);
    ASSERT_TRUE(drain());
    ++number;
  }
  EXPECT_THAT(names(), UnorderedElementsAre("a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3"));
}

TEST_F(WorkerTest, WaitsForARunningInsertBeforeItRepeatsABatch) {
  append_event("a");
  crash_at_ = "before_insert";
  EXPECT_FALSE(drain());
  ASSERT_TRUE(drain());
  EXPECT_THAT(events_.waited_for, ElementsAre("0:0-1"));
}

TEST_F(WorkerTest, RepeatsTheFixedRangeWhateverTheLimitsAre) {
  for (int index = 0; index < 6; ++index) {
    append_event("e" + std::to_string(index));
  }
  options_.rows_max = 4;
  crash_at_ = "after_range_fixed";
  EXPECT_FALSE(drain());
  EXPECT_EQ(checkpoints_.positions[0].batch_end, 4U);
  options_.rows_max = 2;
  ASSERT_TRUE(drain());
  EXPECT_THAT(names(), ElementsAre("e0", "e1", "e2", "e3", "e4", "e5"));
  EXPECT_TRUE(events_.tokens.contains({kNow / (30 * FakeEvents::kDayUs), "0:0-4"}));
}

// Conformance case 86, and the same across batches, days, restarts and projects.
TEST_F(WorkerTest, StoresAUuidOnce) {
  append_event("a", kFirstUuid);
  append_event("a", kFirstUuid);
  append_event("b", kSecondUuid);
  ASSERT_TRUE(drain());
  append_event("a", kFirstUuid);
  append_event("a", kFirstUuid, "phc_one", "2023-01-02T00:00:01Z");
  append_event("a", kFirstUuid, "phc_one", "2022-12-31T23:59:59Z");
  append_event("a", kFirstUuid, "phc_two");
  ASSERT_TRUE(drain());
  EXPECT_THAT(names(), ElementsAre("a", "b", "a"));
  EXPECT_EQ(events_.rows[2].project_id, 2);
}

TEST_F(WorkerTest, StoresCopiesInOneBatchOnceAlsoWhenRepeated) {
  append_event("a", kFirstUuid);
  append_event("a", kFirstUuid);
  crash_at_ = "after_insert";
  EXPECT_FALSE(drain());
  ASSERT_TRUE(drain());
  EXPECT_THAT(names(), ElementsAre("a"));
}

// The crash test found this: the days were loaded before the repeated batch was inserted.
TEST_F(WorkerTest, KnowsTheRowsOfARepeatedBatch) {
  append_event("a", kFirstUuid);
  crash_at_ = "after_range_fixed";
  EXPECT_FALSE(drain());
  append_event("a", kFirstUuid);
  ASSERT_TRUE(drain());
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(WorkerTest, MakesTheSameUuidWhenItRepeats) {
  append(
      R"({"api_key":"phc_one","batch":[{"event":"a","distinct_id":"u"},{"event":"b","distinct_id":"u"}]})");
  crash_at_ = "after_insert";
  EXPECT_FALSE(drain());
  const auto before = events_.rows;
  events_.rows.clear();
  events_.tokens.clear();
  ASSERT_TRUE(drain());
  ASSERT_EQ(events_.rows.size(), 2U);
  EXPECT_EQ(events_.rows[0].uuid, before[0].uuid);
  EXPECT_EQ(events_.rows[1].uuid, before[1].uuid);
  EXPECT_NE(before[0].uuid, before[1].uuid);
}

TEST_F(WorkerTest, CountsWhatItCannotStore) {
  append_event("a", "", "phc_unknown");
  append("not json");
  append_event("b");
  auto done = worker();
  done->drain();
  EXPECT_THAT(names(), ElementsAre("b"));
  EXPECT_EQ(done->totals().unknown_tokens, 1U);
  EXPECT_EQ(done->totals().undecodable, 1U);
  EXPECT_EQ(done->totals().rows, 1U);
  EXPECT_EQ(checkpoints_.positions[0].next, 3U);
  EXPECT_THAT(lines_, Contains(HasSubstr("the body of record 1 does not decode")));
}

TEST_F(WorkerTest, SkipsMissingSegmentsAndSaysWhich) {
  append_event("lost");
  log_.start_segment();
  append_event("kept");
  std::filesystem::remove(log_.partition_directory() / format::segment_file_name(0));
  ASSERT_TRUE(drain());
  EXPECT_THAT(names(), ElementsAre("kept"));
  EXPECT_THAT(lines_, Contains(HasSubstr("records 0 to 0 are missing from the event log")));
}

TEST_F(WorkerTest, FinishesAFixedRangeWhoseRecordsAreGone) {
  append_event("lost");
  crash_at_ = "after_range_fixed";
  EXPECT_FALSE(drain());
  log_.start_segment();
  append_event("kept");
  std::filesystem::remove(log_.partition_directory() / format::segment_file_name(0));
  ASSERT_TRUE(drain());
  EXPECT_THAT(names(), ElementsAre("kept"));
  EXPECT_EQ(checkpoints_.positions[0].next, 2U);
}

TEST_F(WorkerTest, SaysWhenTheLogIsShorterThanTheCheckpoint) {
  append_event("a");
  checkpoints_.positions[0].next = 100;
  ASSERT_TRUE(drain());
  EXPECT_THAT(lines_,
              Contains(HasSubstr("the event log ends at record 1 but 100 are stored already")));
}

// A small compressed request may hold millions of events; one insert of them would be refused for
// ever.
TEST_F(WorkerTest, SplitsALargeBatchIntoSlices) {
  options_.slice_bytes = 400;
  std::string events;
  for (int number = 0; number < 20; ++number) {
    events += (number == 0 ? "" : ",") + (R"({"event":"e)" + std::to_string(number)) +
              R"(","distinct_id":"u"})";
  }
  const std::vector<std::vector<std::string>> deaths = {
      {}, {"after_insert"}, {"after_insert", "after_repeated_insert"}, {"before_advance"}};
  for (const auto& points : deaths) {
    append(R"({"api_key":"phc_one","batch":[)" + events + "]}");
    for (const auto& point : points) {
      crash_at_ = point;
      EXPECT_FALSE(drain()) << point;
    }
    ASSERT_TRUE(drain());
  }
  EXPECT_EQ(events_.rows.size(), 20 * deaths.size());
  EXPECT_TRUE(events_.tokens.contains({kNow / (30 * FakeEvents::kDayUs), "0:0-1-s1"}));
}

TEST_F(WorkerTest, ReadsEveryPartition) {
  support::LogFixture other(directory_.path(), 1);
  append_event("a");
  format::LogRecord record;
  record.received_us = kNow;
  record.endpoint = format::Endpoint::batch;
  record.token = "phc_two";
  record.body =
      base::as_bytes(R"({"api_key":"phc_two","batch":[{"event":"b","distinct_id":"u"}]})");
  other.append(record);
  other.flush();
  ASSERT_TRUE(drain());
  EXPECT_THAT(names(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(checkpoints_.positions[1].next, 1U);
}

TEST_F(WorkerTest, AsksTheStoreOnlyAboutSuspects) {
  for (int index = 0; index < 50; ++index) {
    append_event("e");
  }
  options_.rows_max = 10;
  ASSERT_TRUE(drain());
  EXPECT_EQ(events_.rows.size(), 50U);
  EXPECT_EQ(events_.inserts, 5);
  EXPECT_EQ(events_.finds, 0);
}

/// Runs a worker until the store has `rows` rows or ten seconds are over.
void run_until(Worker& worker, const FakeEvents& events, std::size_t rows) {
  std::atomic<bool> stop{false};
  std::thread thread([&] { worker.run(stop); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (worker.totals().rows < rows && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  stop = true;
  thread.join();
  EXPECT_EQ(events.rows.size(), rows);
}

TEST_F(WorkerTest, RetriesAfterAFailureAndSaysItOnce) {
  options_.linger = options_.interval = options_.poll = options_.retry_delay =
      std::chrono::milliseconds(1);
  append_event("a");
  events_.next_failure = InsertFailure::after_storing;
  const auto running = worker();
  run_until(*running, events_, 1);
  EXPECT_THAT(lines_, ElementsAre("worker ready", "worker interrupted, retrying: timeout",
                                  "worker ready", "worker stopped"));
}

TEST_F(WorkerTest, TurnsWhileItWaits) {
  options_.poll = options_.retry_delay = std::chrono::milliseconds(1);
  checkpoints_.is_free = false;
  auto running = worker();
  std::atomic<bool> stop = false;
  int turns = 0;
  std::vector<std::string> states;
  running->set_on_turn([&] { stop = ++turns >= 50; });
  running->set_on_state([&](const std::string& state) { states.push_back(state); });
  running->run(stop);
  EXPECT_GE(turns, 50);
  EXPECT_THAT(states, ElementsAre("worker waits: another one is running"));
}

TEST_F(WorkerTest, TurnsWhileItStores) {
  append_event("a");
  int turns = 0;
  auto running = worker();
  running->set_on_turn([&] { ++turns; });
  running->drain();
  EXPECT_GT(turns, 0);
}

TEST_F(WorkerTest, WaitsWhileAnotherWorkerRuns) {
  checkpoints_.is_free = false;
  append_event("a");
  EXPECT_THROW(worker()->drain(), LostOwnership);
  EXPECT_TRUE(events_.rows.empty());
}

TEST_F(WorkerTest, StoresNothingOnceItsOwnershipIsGone) {
  append_event("a");
  auto stale = worker();
  stale->set_crash_point([this](const char* name) {
    if (std::string_view(name) == "before_insert") {
      checkpoints_.positions[0] = {1, std::nullopt};  // the other worker finished the batch
      events_.tokens.insert({kNow / (30 * FakeEvents::kDayUs), "0:0-1"});
    }
  });
  EXPECT_THROW(stale->drain(), LostOwnership);
  EXPECT_TRUE(events_.rows.empty());
}

}  // namespace
}  // namespace cp::ingest
