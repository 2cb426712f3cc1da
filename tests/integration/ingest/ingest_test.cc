// Goal: between a real log, PostgreSQL and ClickHouse every event is stored exactly once, whenever
// the worker or the engine dies. Each death is a SIGKILL of a process of its own.
#include "controlplane/event/uuid.h"
#include "controlplane/ingest/checkpoint.h"
#include "controlplane/ingest/projects.h"
#include "tests/integration/ingest/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace cp::ingest {
namespace {

constexpr std::int64_t kNow = 1'672'574'400'000'000;  // 2023-01-01T12:00:00Z

class IngestTest : public StoresTest {
 protected:
  void append(const std::string& body, std::string_view token = Stores::kToken) {
    format::LogRecord record;
    record.received_us = kNow;
    record.endpoint = format::Endpoint::batch;
    record.token = token;
    record.body = base::as_bytes(body);
    write(record);
  }

  /// One request of `count` events from `first` on, spread over three months and the night of a
  /// month's end.
  void append_events(int first, int count) {
    constexpr const char* kTimes[] = {"2023-01-01T12:00:00Z", "2022-12-31T23:59:59.999999Z",
                                      "2023-01-01T00:00:00Z", "2022-11-30T23:59:59Z"};
    std::string events;
    for (int number = first; number < first + count; ++number) {
      const event::Uuid uuid = event::uuid_v7(kNow, {7, static_cast<std::uint64_t>(number), 0});
      events += events.empty() ? "" : ",";
      events += R"({"event":"e)" + std::to_string(number % 5) + R"(","distinct_id":"u)" +
                std::to_string(number % 7) + R"(","uuid":")" + event::to_text(uuid) +
                R"(","timestamp":")" + kTimes[number % 4] + R"("})";
    }
    append(R"({"api_key":"phc_integration","batch":[)" + events + "]}");
  }

  std::string counts() { return stores_->query("SELECT count(), uniqExact(uuid) FROM events"); }

  std::string checkpoint() {
    db::Pool pool({.url = stores_->database_url()});
    const auto rows = pool.run(
        "SELECT next_sequence || ' ' || coalesce(batch_end::text, '-') FROM ingest_checkpoint");
    return rows.empty() ? "" : std::string(rows[0].text(0));
  }
};

TEST_F(IngestTest, StoresARowAsTheTableReadsIt) {
  append(
      R"({"api_key":"phc_integration","historical_migration":true,"batch":[{"event":"böught","distinct_id":"ü",)"
      R"("uuid":"018a981f-4b35-7c66-825e-8b0eeae65714","timestamp":"2023-01-01T11:00:00.123456Z",)"
      R"("properties":{"$session_id":"018A981F-4B2E-7BD3-BB30-6617BF488869","$elements_chain":"a:b=\"c\"",)"
      R"("$process_person_profile":false}}]})");
  ASSERT_TRUE(drain());
  EXPECT_EQ(stores_->query(
                "SELECT uuid, event, distinct_id, timestamp, team_id, elements_chain, created_at, "
                "person_id, "
                "person_mode, historical_migration, _partition, _offset, $session_id, "
                "JSONExtractBool(properties, '$process_person_profile') FROM events FORMAT CSV"),
            R"("018a981f-4b35-7c66-825e-8b0eeae65714","böught","ü","2023-01-01 11:00:00.123456",)" +
                std::to_string(stores_->project_id()) +
                R"(,"a:b=""c""","2023-01-01 12:00:00.000000",")" +
                event::to_text(event::person_uuid(stores_->project_id(), "ü")) +
                R"(","propertyless",true,0,0,"018a981f-4b2e-7bd3-bb30-6617bf488869",0)");
  EXPECT_EQ(checkpoint(), "1 -");
}

// Goal: nothing that the checkpoint counts as stored is in the page cache only: inserts are
// flushed, and a merge's result is flushed before the flushed parts that it replaces go. (A power
// cut of the booted image lost both: tests/vm, power-cut.)
TEST_F(IngestTest, EveryTableFlushesInsertsAndMerges) {
  const std::string tables =
      "FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'";
  EXPECT_GE(std::stoi(stores_->query("SELECT count() " + tables)), 4);
  for (const char* setting :
       {"fsync_after_insert = 1", "fsync_part_directory = 1", "min_rows_to_fsync_after_merge = 1",
        "min_compressed_bytes_to_fsync_after_merge = 1"}) {
    EXPECT_EQ(stores_->query("SELECT name " + tables + " AND create_table_query NOT LIKE '%" +
                             setting + "%'"),
              "")
        << setting;
  }
}

TEST_F(IngestTest, SurvivesAKillAtEveryPoint) {
  int stored = 0;
  for (const char* point :
       {"after_range_fixed", "before_insert", "after_insert", "before_advance", "after_advance"}) {
    append_events(stored, 40);
    append_events(stored + 40, 40);
    stored += 80;
    EXPECT_FALSE(drain(point)) << point;
    ASSERT_TRUE(drain()) << point;
    EXPECT_EQ(counts(), std::to_string(stored) + '\t' + std::to_string(stored)) << point;
  }
  EXPECT_EQ(checkpoint(), "10 -");
}

TEST_F(IngestTest, RepeatsAFixedRangeWhenTheEngineLostTheRowsButKeptTheToken) {
  append_events(0, 20);
  EXPECT_FALSE(drain("after_insert"));
  // What a kill between ClickHouse's token log and the commit of a part leaves behind.
  stores_->query("ALTER TABLE events DELETE WHERE event = 'e1' SETTINGS mutations_sync = 2");
  EXPECT_EQ(counts(), "16\t16");
  ASSERT_TRUE(drain());
  EXPECT_EQ(counts(), "20\t20");
}

TEST_F(IngestTest, SurvivesAKillOfTheEngine) {
  append_events(0, 50);
  EXPECT_FALSE(drain("after_insert"));
  stores_->restart_engine();
  EXPECT_EQ(counts(), "50\t50") << "an acknowledged insert is on disk";
  ASSERT_TRUE(drain());
  EXPECT_EQ(counts(), "50\t50");
}

TEST_F(IngestTest, StoresRepeatedRequestsOnce) {
  append_events(0, 30);
  append_events(0, 30);
  ASSERT_TRUE(drain());
  append_events(10, 30);
  ASSERT_TRUE(drain());
  const auto uuid = event::to_text(event::uuid_v7(kNow, {7, 0, 0}));
  append(R"({"api_key":"phc_integration","batch":[{"event":"e0","distinct_id":"u0","uuid":")" +
         uuid + R"(","timestamp":"2023-01-02T11:00:00Z"}]})");
  ASSERT_TRUE(drain());
  EXPECT_EQ(counts(), "40\t40");
}

// Before 1970 ClickHouse's toDate wraps around, which would hide such rows from a question by day.
TEST_F(IngestTest, StoresVeryOldEventsOnce) {
  const std::string body =
      R"({"api_key":"phc_integration","batch":[)"
      R"({"event":"a","distinct_id":"u","timestamp":"1969-12-31T23:59:59Z"},)"
      R"({"event":"b","distinct_id":"u","timestamp":"1900-01-01T00:00:00Z"},)"
      R"({"event":"c","distinct_id":"u","timestamp":"0000-01-01T00:00:00Z"},)"
      R"({"event":"d","distinct_id":"u","timestamp":"1970-01-01T00:00:00Z"}]})";
  append(body);
  EXPECT_FALSE(drain("after_insert"));
  EXPECT_EQ(counts(), "4\t4");
  ASSERT_TRUE(drain());
  EXPECT_EQ(counts(), "4\t4");
}

TEST_F(IngestTest, DropsUnknownTokensAndFindsNewProjects) {
  append(R"({"api_key":"phc_nobody","batch":[{"event":"a","distinct_id":"u"}]})", "phc_nobody");
  append_events(0, 1);
  ASSERT_TRUE(drain());
  EXPECT_EQ(counts(), "1\t1");
  EXPECT_EQ(checkpoint(), "2 -");
}

TEST_F(IngestTest, SplitsALogIntoBatches) {
  for (int request = 0; request < 10; ++request) {
    append_events(request * 10, 10);
  }
  EXPECT_FALSE(drain("after_range_fixed", 30));
  EXPECT_EQ(checkpoint(), "0 3");
  ASSERT_TRUE(drain("", 20));
  EXPECT_EQ(counts(), "100\t100");
  EXPECT_EQ(checkpoint(), "10 -");
}

TEST_F(IngestTest, LetsOneWorkerWork) {
  db::Pool pool({.url = stores_->database_url()});
  DatabaseCheckpoints first(pool);
  DatabaseCheckpoints second(pool);
  EXPECT_TRUE(first.acquire());
  EXPECT_FALSE(second.acquire());
  EXPECT_THROW(second.ensure_owned(), LostOwnership);
  first.release();
  // PostgreSQL frees the lock when it has noticed that the connection is gone.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  bool is_acquired = second.acquire();
  while (!is_acquired && std::chrono::steady_clock::now() < deadline) {
    is_acquired = second.acquire();
  }
  EXPECT_TRUE(is_acquired);
  EXPECT_NO_THROW(second.ensure_owned());
}

TEST_F(IngestTest, RefusesACheckpointThatMoved) {
  db::Pool pool({.url = stores_->database_url()});
  DatabaseCheckpoints checkpoints(pool);
  checkpoints.fix(0, 0, 10);
  EXPECT_THROW(checkpoints.fix(0, 0, 12), LostOwnership) << "a batch is under way";
  EXPECT_THROW(checkpoints.advance(0, 0, 12, {}), LostOwnership);
  checkpoints.advance(0, 0, 10, {});
  EXPECT_THROW(checkpoints.fix(0, 5, 12), LostOwnership);
  EXPECT_EQ(checkpoints.load(0).next, 10U);
}

TEST_F(IngestTest, ComesBackWhenBothStoresDo) {
  append_events(0, 10);
  std::vector<std::string> lines;
  db::Pool pool({.url = stores_->database_url()});
  DatabaseCheckpoints checkpoints(pool);
  DatabaseProjects projects(pool);
  ClickhouseEvents events(stores_->clickhouse());
  ClickhouseRecordings recordings(stores_->clickhouse());
  WorkerOptions options;
  options.event_log = event_log_;
  options.interval = options.linger = std::chrono::milliseconds(1);
  options.retry_delay_max = std::chrono::milliseconds(100);
  Worker worker(options, checkpoints, events, recordings, projects,
                [&](const std::string& line) { lines.push_back(line); });
  std::atomic<bool> stop{false};
  std::thread thread([&] { worker.run(stop); });
  const auto wait_for_rows = [&](const char* expected) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (counts() != expected && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_EQ(counts(), expected);
  };
  wait_for_rows("10\t10");
  stores_->postgres().stop();
  append_events(10, 10);
  stores_->restart_engine();
  stores_->postgres().start();
  wait_for_rows("20\t20");
  stop = true;
  thread.join();
  EXPECT_THAT(lines, ::testing::Contains(::testing::HasSubstr("worker interrupted, retrying")));
  EXPECT_EQ(lines.back(), "worker stopped");
}

}  // namespace
}  // namespace cp::ingest
