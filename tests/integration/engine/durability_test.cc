// SPDX-License-Identifier: LicenseRef-Project
// Goal: what was acknowledged survives a restart and a kill -9, an orderly stop finishes what runs,
// and a data directory has one owner. Method: signals to a real engine while clients insert and
// query.
#include "tests/integration/engine/engine_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <future>
#include <thread>

namespace cp::engine {
namespace {

constexpr std::string_view kTable =
    "CREATE TABLE kept (a UInt64) ENGINE = ReplacingMergeTree ORDER BY a "
    "SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, "
    "fsync_part_directory = 1";

class EngineDurabilityTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_library()) {
      GTEST_SKIP() << "no libchdb: run cmake/fetch-engine-library";
    }
  }
};

TEST_F(EngineDurabilityTest, KeepsDataAndDeduplicationOverARestart) {
  EngineProcess engine;
  engine.query(kTable);
  const olap::Parameters token{{"insert_deduplication_token", "one"}};
  engine.insert("INSERT INTO kept FORMAT TSV", "1\n2\n", token);
  EXPECT_EQ(engine.stop(SIGTERM), 0);
  engine.start();
  EXPECT_EQ(engine.query("SELECT count() FROM kept"), "2\n");
  engine.insert("INSERT INTO kept FORMAT TSV", "1\n2\n3\n", token);
  EXPECT_EQ(engine.query("SELECT count() FROM kept"), "2\n");
  EXPECT_EQ(engine.stop(SIGINT), 0);
}

TEST_F(EngineDurabilityTest, KeepsEveryAcknowledgedInsertOverAKill) {
  EngineProcess engine;
  engine.query(kTable);
  std::uint64_t next = 0;
  for (int round = 0; round < 3; ++round) {
    std::atomic<std::uint64_t> acknowledged{next};
    std::thread inserter([&] {
      try {
        for (std::uint64_t row = next;; ++row) {
          engine.insert("INSERT INTO kept FORMAT TSV", std::to_string(row) + "\n",
                        {{"insert_deduplication_token", std::to_string(row)}});
          acknowledged = row + 1;
        }
      } catch (const olap::QueryError&) {
        // the engine was killed
      }
    });
    while (acknowledged < next + 20) {
      std::this_thread::yield();
    }
    engine.send(SIGKILL);
    inserter.join();
    EXPECT_EQ(engine.stop(SIGKILL), 128 + SIGKILL);
    engine.start();
    const auto count = std::to_string(acknowledged) + "\n";
    EXPECT_EQ(engine.query("SELECT count() FROM kept WHERE a < " + std::to_string(acknowledged)),
              count);
    // The insert that was under way is stored whole or not at all; its token makes trying again
    // safe.
    engine.insert("INSERT INTO kept FORMAT TSV", std::to_string(acknowledged) + "\n",
                  {{"insert_deduplication_token", std::to_string(acknowledged)}});
    next = acknowledged + 1;
    EXPECT_EQ(engine.query("SELECT count() FROM kept"), std::to_string(next) + "\n");
  }
}

TEST_F(EngineDurabilityTest, FinishesRunningQueriesWhenStopped) {
  EngineProcess engine;
  // Two seconds on any machine, and the sleep makes it visible for as long.
  auto running = std::async(std::launch::async, [&] {
    return engine.query(
        "SELECT count() FROM numbers(20) WHERE sleepEachRow(0.1) = 0 SETTINGS max_block_size = 1");
  });
  while (engine.query("SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow%' "
                      "AND query NOT LIKE '%system.processes%'") != "1\n") {
  }
  EXPECT_EQ(engine.stop(SIGTERM), 0);
  EXPECT_EQ(running.get(), "20\n");
}

TEST_F(EngineDurabilityTest, GivesADataDirectoryToOneEngine) {
  EngineProcess engine;
  EXPECT_EQ(engine.exit_code_of_a_second_engine(), 1);
  EXPECT_EQ(engine.query("SELECT 1"), "1\n");
}

}  // namespace
}  // namespace cp::engine
