// SPDX-License-Identifier: LicenseRef-Project
// Goal: `migrate` leads any state to the same place: once, twice, two at once, killed anywhere; and
// says in one line why it refuses.
#include "controlplane/db/database.h"
#include "tests/integration/controlplane/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

namespace cp::test {
namespace {

using testing::HasSubstr;

class MigrateTest : public IntegrationTest {};

/// Both stores are complete, there is one account, and its login works.
void expect_complete(const Installation& installation) {
  db::Pool pool({.url = installation.database_url()});
  EXPECT_EQ(pool.run("SELECT DISTINCT organization_id FROM organization_membership").size(), 1U);
  EXPECT_EQ(pool.run("SELECT 1 FROM projects WHERE purpose IS NULL").size(), 1U);
  EXPECT_EQ(pool.run("SELECT 1 FROM projects WHERE purpose = 'canary'").size(), 1U);
  EXPECT_EQ(pool.run("SELECT 1 FROM organizations").size(), 2U);
  EXPECT_EQ(pool.run("SELECT 1 FROM users").size(), 1U);
  EXPECT_GE(pool.run("SELECT 1 FROM schema_migrations").size(), 1U);
  EXPECT_EQ(installation.clickhouse("SELECT count() FROM events"), "0");
  EXPECT_EQ(installation.clickhouse("SELECT count(), max(number) = count() FROM schema_migrations"),
            installation.clickhouse("SELECT uniqExact(number), 1 FROM schema_migrations"));
  const auto token = installation.connection().at("project_token");
  EXPECT_EQ(pool.run("SELECT api_token FROM projects WHERE purpose IS NULL")[0].text(0),
            token.as_string());
}

TEST_F(MigrateTest, TheSecondRunChangesNothing) {
  const Installation installation;
  const auto first = installation.run("migrate");
  EXPECT_EQ(first.exit_code, 0) << first.errors;
  EXPECT_THAT(first.errors, HasSubstr("first account created"));
  expect_complete(installation);
  const auto told = installation.connection();
  const auto second = installation.run("migrate");
  EXPECT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_THAT(second.errors, testing::Not(HasSubstr("applied")));
  EXPECT_EQ(installation.connection(), told);
}

TEST_F(MigrateTest, TwoAtOnceMakeOneInstallation) {
  const Installation installation;
  auto first = installation.start("migrate");
  auto second = installation.start("migrate");
  const auto first_outcome = first->wait();
  const auto second_outcome = second->wait();
  EXPECT_EQ(first_outcome.exit_code, 0) << first_outcome.errors;
  EXPECT_EQ(second_outcome.exit_code, 0) << second_outcome.errors;
  expect_complete(installation);
}

TEST_F(MigrateTest, BeingKilledAnywhereIsSurvived) {
  for (int delay_ms = 4; delay_ms < 2000; delay_ms *= 2) {
    const Installation installation;
    auto program = installation.start("migrate");
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));  // the moment is the case
    program->send(SIGKILL);
    program->wait();
    const auto outcome = installation.run("migrate");
    EXPECT_EQ(outcome.exit_code, 0) << delay_ms << " ms: " << outcome.errors;
    expect_complete(installation);
  }
}

TEST_F(MigrateTest, AChangedMigrationStops) {
  const Installation installation;
  ASSERT_EQ(installation.run("migrate").exit_code, 0);
  db::Pool pool({.url = installation.database_url()});
  pool.run("UPDATE schema_migrations SET checksum = 'other' WHERE number = 1");
  const auto outcome = installation.run("migrate");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.errors, HasSubstr("postgres migration 0001_accounts was changed after"));
}

TEST_F(MigrateTest, ClickhouseCanBeRebuiltFromNothing) {
  const Installation installation;
  ASSERT_EQ(installation.run("migrate").exit_code, 0);
  installation.clickhouse("DROP TABLE events SYNC");
  installation.clickhouse("DROP TABLE schema_migrations SYNC");
  const auto outcome = installation.run("migrate");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("applied clickhouse migration 0001_events"));
  expect_complete(installation);
}

TEST_F(MigrateTest, ANewSiteUrlReachesTheConnectionFile) {
  const Installation installation;
  ASSERT_EQ(installation.run("migrate").exit_code, 0);
  auto expected = installation.connection();
  auto environment = installation.environment();
  environment["SITE_URL"] = "https://analytics.example.org/";
  EXPECT_EQ(installation.run("migrate", environment).exit_code, 0);
  expected["url"] = "https://analytics.example.org";
  EXPECT_EQ(installation.connection(), expected);
}

TEST_F(MigrateTest, BadSettingsAndWrongUsageHaveTheirExitCodes) {
  const Installation installation;
  const auto nothing_set = installation.run("migrate", {});
  EXPECT_EQ(nothing_set.exit_code, 78);
  for (const char* name :
       {"DATABASE_URL", "CLICKHOUSE_URL", "BRISTLE_TENANT_STORE", "BRISTLE_CONNECTION_FILE"}) {
    EXPECT_THAT(nothing_set.errors, HasSubstr(std::string("bad setting ") + name));
  }
  auto environment = installation.environment();
  environment["BRISTLE_API_THREADS"] = "many";
  environment["BRISTLE_API_CPUS"] = "all";
  const auto malformed = installation.run("api", environment);
  EXPECT_EQ(malformed.exit_code, 78);
  EXPECT_EQ(malformed.errors,
            "bad setting BRISTLE_API_THREADS: expected a whole number from 1 to 256\n"
            "bad setting BRISTLE_API_CPUS: expected a list of cores such as 1-3,5\n");
  EXPECT_EQ(installation.run("sideways").exit_code, 64);
  environment = installation.environment();
  environment["DATABASE_URL"] = "postgresql:///nowhere?host=/nonexistent";
  const auto unreachable = installation.run("migrate", environment);
  EXPECT_EQ(unreachable.exit_code, 1);
  EXPECT_THAT(unreachable.errors, HasSubstr("migrate failed:"));
}

}  // namespace
}  // namespace cp::test
