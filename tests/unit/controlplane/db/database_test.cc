// SPDX-License-Identifier: LicenseRef-Project
// Goal: values survive the way through PostgreSQL, failures arrive as this module's exceptions,
// and a lost server is noticed and reconnected to. Against a real throw-away cluster.
#include "controlplane/db/database.h"

#include "tests/support/postgres.h"

#include <gtest/gtest.h>

namespace cp::db {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  static Options options(const std::string& url) {
    Options options;
    options.url = url;
    options.connections_max = 2;
    options.checkout_timeout = std::chrono::milliseconds(50);
    return options;
  }

  test_support::Postgres postgres_;
  Pool pool_{options(postgres_.url())};
};

TEST_F(DatabaseTest, ValuesComeBackAsTheyWent) {
  const std::string raw("\0\x01\xff", 3);
  const auto rows = pool_.run(
      "SELECT $1::text, $2::bigint, $3::bool, $4::bytea, $5::text, $6::bigint",
      Parameters().text("Zürich 'x'").number(-5).flag(true).bytes(raw).null().optional_number(7));
  ASSERT_EQ(rows.size(), 1U);
  const auto row = rows[0];
  EXPECT_EQ(row.text(0), "Zürich 'x'");
  EXPECT_EQ(row.number(1), -5);
  EXPECT_TRUE(row.flag(2));
  EXPECT_EQ(row.bytes(3), raw);
  EXPECT_TRUE(row.is_null(4));
  EXPECT_EQ(row.optional_text(4), std::nullopt);
  EXPECT_EQ(row.optional_number(5), 7);
  EXPECT_THROW(static_cast<void>(row.text(4)), Error);
  EXPECT_THROW(static_cast<void>(row.number(0)), Error);
}

TEST_F(DatabaseTest, WorkIsKeptOnlyAfterCommit) {
  pool_.run("CREATE TABLE kept (id bigint PRIMARY KEY); CREATE TABLE second (id bigint)");
  {
    auto transaction = pool_.begin();
    transaction.run("INSERT INTO kept VALUES (1)");
  }
  EXPECT_EQ(pool_.run("SELECT * FROM kept").size(), 0U);
  auto transaction = pool_.begin();
  EXPECT_EQ(transaction.run("INSERT INTO kept VALUES (1), (2)").affected(), 2U);
  transaction.commit();
  std::int64_t sum = 0;
  for (const auto row : pool_.run("SELECT id FROM kept")) {
    sum += row.number(0);
  }
  EXPECT_EQ(sum, 3);
}

TEST_F(DatabaseTest, FailuresCarryTheirKind) {
  pool_.run("CREATE TABLE kept (id bigint PRIMARY KEY)");
  pool_.run("INSERT INTO kept VALUES (1)");
  EXPECT_THROW(pool_.run("INSERT INTO kept VALUES (1)"), UniqueViolation);
  try {
    pool_.run("SELECT nonsense");
    FAIL() << "an unknown column was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), "42703");
  }
  EXPECT_EQ(pool_.run("SELECT 1").size(), 1U);
}

TEST_F(DatabaseTest, NoMoreConnectionsThanAllowed) {
  const auto first = pool_.begin();
  const auto second = pool_.begin();
  EXPECT_THROW(pool_.begin(), PoolExhausted);
}

TEST_F(DatabaseTest, ALongStatementIsCancelled) {
  auto limited = options(postgres_.url());
  limited.statement_timeout = std::chrono::milliseconds(50);
  Pool pool(limited);
  try {
    pool.run("SELECT pg_sleep(30)");
    FAIL() << "the statement was not cancelled";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), "57014");
  }
}

TEST_F(DatabaseTest, ALostServerIsReportedAndThenReconnectedTo) {
  {
    auto transaction = pool_.begin();
    transaction.run("SELECT 1");
    postgres_.stop();
    EXPECT_THROW(transaction.run("SELECT 1"), ConnectionLost);
  }
  EXPECT_THROW(pool_.begin(), ConnectionLost);
  postgres_.start();
  EXPECT_EQ(pool_.run("SELECT 1").size(), 1U);
  postgres_.stop();
  postgres_.start();
  EXPECT_EQ(pool_.run("SELECT 1").size(), 1U) << "a stale idle connection was used";
}

TEST_F(DatabaseTest, AnAdvisoryLockHasOneHolder) {
  auto held = std::make_unique<AdvisoryLock>(pool_.lock(7, std::chrono::milliseconds(1000)));
  EXPECT_TRUE(held->is_held());
  EXPECT_FALSE(pool_.try_lock(7).has_value());
  EXPECT_THROW(pool_.lock(7, std::chrono::milliseconds(30)), Error);
  EXPECT_TRUE(pool_.try_lock(8).has_value());
  held.reset();
  EXPECT_NO_THROW(pool_.lock(7, std::chrono::milliseconds(5000)));
  auto again = pool_.lock(9, std::chrono::milliseconds(1000));
  postgres_.stop();
  EXPECT_FALSE(again.is_held());
}

}  // namespace
}  // namespace cp::db
