// SPDX-License-Identifier: LicenseRef-Project
// Goal: every migration is applied exactly once whatever happens in between: two programs at once,
// a crash at any statement, a changed or missing file. PostgreSQL is real, ClickHouse is a
// recorder.
#include "controlplane/schema/migrator.h"

#include "tests/support/postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <mutex>
#include <thread>

namespace cp::schema {
namespace {

using testing::HasSubstr;

struct Crash : std::exception {};

/// Keeps the statements it was given and answers the one SELECT of the migrator.
class FakeClickhouse {
 public:
  std::string run(std::string_view sql) {
    const std::lock_guard guard(mutex_);
    if (calls_until_crash_ >= 0 && calls_until_crash_-- == 0) {
      throw Crash();
    }
    if (sql.starts_with("SELECT number")) {
      return records_;
    }
    if (sql.starts_with("INSERT INTO schema_migrations")) {
      records_ += records_.empty() ? "1\t0001_first\tc1\n" : "2\t0002_second\tc2\n";
      return "";
    }
    if (!sql.starts_with("CREATE TABLE IF NOT EXISTS schema_migrations")) {
      statements_.emplace_back(sql);
    }
    return "";
  }

  RunClickhouse runner() {
    return [this](std::string_view sql) { return run(sql); };
  }
  void crash_after(int calls) { calls_until_crash_ = calls; }
  [[nodiscard]] const std::vector<std::string>& statements() const { return statements_; }
  [[nodiscard]] const std::string& records() const { return records_; }

 private:
  std::mutex mutex_;
  std::vector<std::string> statements_;
  std::string records_;
  int calls_until_crash_ = -1;
};

const std::array kPostgres = {
    Migration{1, "0001_first", "p1", "CREATE TABLE first (id bigint);"},
    Migration{2, "0002_second", "p2",
              "CREATE TABLE second (id bigint); INSERT INTO first VALUES (2);"},
};
const std::array kClickhouse = {
    Migration{1, "0001_first", "c1", "CREATE one; CREATE two;"},
    Migration{2, "0002_second", "c2", "CREATE three"},
};

class MigratorTest : public testing::Test {
 protected:
  std::vector<std::string> run(const Plan& plan) {
    std::vector<std::string> lines;
    migrate(pool_, clickhouse_.runner(), plan, [&](const auto& line) { lines.push_back(line); });
    return lines;
  }
  static Plan plan() { return {kPostgres, kClickhouse, {}}; }

  std::string conflict(const Plan& plan) {
    try {
      run(plan);
    } catch (const SchemaConflict& error) {
      return error.what();
    }
    return "no conflict";
  }

  test_support::Postgres postgres_;
  db::Pool pool_{db::Options{.url = postgres_.url()}};
  FakeClickhouse clickhouse_;
};

TEST_F(MigratorTest, AppliesEachOnceAndInOrder) {
  EXPECT_THAT(run(plan()), testing::ElementsAre("applied postgres migration 0001_first",
                                                "applied postgres migration 0002_second",
                                                "applied clickhouse migration 0001_first",
                                                "applied clickhouse migration 0002_second"));
  EXPECT_THAT(run(plan()), testing::IsEmpty());
  EXPECT_THAT(clickhouse_.statements(),
              testing::ElementsAre("CREATE one", " CREATE two", "CREATE three"));
  EXPECT_EQ(pool_.run("SELECT * FROM first").size(), 1U);
}

TEST_F(MigratorTest, TwoAtOnceDoTheWorkOnce) {
  std::vector<std::string> lines[2];
  {
    std::array<std::thread, 2> programs;
    for (std::size_t i = 0; i < programs.size(); ++i) {
      programs.at(i) = std::thread([&, i] { lines[i] = run(plan()); });
    }
    for (auto& program : programs) {
      program.join();
    }
  }
  EXPECT_EQ(lines[0].size() + lines[1].size(), 4U);
  EXPECT_EQ(clickhouse_.statements().size(), 3U);
}

TEST_F(MigratorTest, ACrashAtAnyStatementIsSurvived) {
  for (int calls = 0; calls < 8; ++calls) {
    pool_.run("DROP TABLE IF EXISTS schema_migrations, first, second");
    FakeClickhouse clickhouse;
    clickhouse.crash_after(calls);
    const auto ignore = [](const auto&) {};
    try {
      migrate(pool_, clickhouse.runner(), plan(), ignore);
    } catch (const Crash&) {
      migrate(pool_, clickhouse.runner(), plan(), ignore);
    }
    EXPECT_EQ(clickhouse.records(), "1\t0001_first\tc1\n2\t0002_second\tc2\n") << calls;
    EXPECT_EQ(pool_.run("SELECT * FROM first").size(), 1U) << calls;
    EXPECT_EQ(pool_.run("SELECT * FROM schema_migrations").size(), 2U) << calls;
  }
}

TEST_F(MigratorTest, AFailingMigrationLeavesNothingBehind) {
  const std::array broken = {
      kPostgres[0],
      Migration{2, "0002_second", "p2", "CREATE TABLE second (id bigint); SELECT nonsense;"}};
  EXPECT_THROW(run({broken, kClickhouse, {}}), db::Error);
  EXPECT_TRUE(pool_.run("SELECT to_regclass('second')")[0].is_null(0));
  EXPECT_EQ(run(plan()).size(), 3U);
}

TEST_F(MigratorTest, AChangedMissingOrUnknownMigrationStops) {
  run(plan());
  const std::array changed = {kPostgres[0], Migration{2, "0002_second", "other", "SELECT 1"}};
  EXPECT_EQ(conflict({changed, kClickhouse, {}}),
            "postgres migration 0002_second was changed after it had been applied: its checksum is "
            "other, applied was p2");
  EXPECT_THAT(conflict({std::span(kPostgres).first(1), kClickhouse, {}}),
              HasSubstr("postgres migration 0002_second was applied by another version"));
  EXPECT_THAT(conflict({kPostgres, std::span(kClickhouse).first(1), {}}),
              HasSubstr("clickhouse migration 0002_second was applied by another version"));
  pool_.run("DELETE FROM schema_migrations WHERE number = 1");
  EXPECT_EQ(conflict(plan()),
            "postgres migration 0001_first was never applied although a later one was");
}

TEST_F(MigratorTest, TheBuiltInMigrationsFitPostgres) {
  const auto lines = run(Plan{});
  EXPECT_EQ(lines.size(), postgres_migrations().size() + clickhouse_migrations().size());
  pool_.run("SELECT id, api_token FROM projects");
}

}  // namespace
}  // namespace cp::schema
