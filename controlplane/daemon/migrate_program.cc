// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/auth/first_run.h"
#include "controlplane/daemon/canary.h"
#include "controlplane/daemon/common_settings.h"
#include "controlplane/daemon/log.h"
#include "controlplane/daemon/programs.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/schema/migrator.h"

#include <chrono>

namespace cp::daemon {
namespace {

/// A schema change of a large table may take its time.
constexpr std::chrono::minutes kStatementTimeout{30};

struct MigrateSettings {
  db::Options database;
  olap::Address clickhouse;
  schema::ClickhouseVariables variables;
  std::string tenant_store;
  auth::FirstRunOptions first_run;
};

MigrateSettings read_settings() {
  base::Settings settings;
  MigrateSettings result;
  result.database = database_options(settings, "bristle-migrate");
  result.database.statement_timeout = kStatementTimeout;
  result.clickhouse = clickhouse_address(settings);
  result.variables.cluster = settings.text("CLICKHOUSE_CLUSTER", "");
  result.variables.is_replicated = settings.flag("CLICKHOUSE_REPLICATION", false);
  if (result.variables.cluster.find_first_of("'\\") != std::string::npos) {
    settings.complain("CLICKHOUSE_CLUSTER", "a cluster name without quotes");
  }
  result.tenant_store = settings.required_text("BRISTLE_TENANT_STORE");
  result.first_run.connection_file = settings.required_text("BRISTLE_CONNECTION_FILE");
  result.first_run.site_url = site_url(settings);
  settings.exit_if_invalid();
  return result;
}

void report(auth::FirstRunOutcome outcome, const std::string& file) {
  switch (outcome) {
    case auth::FirstRunOutcome::created:
      write_log("migrate: first account created, its login is in " + file);
      break;
    case auth::FirstRunOutcome::finished:
      write_log("migrate: finished the first account of an interrupted start, see " + file);
      break;
    case auth::FirstRunOutcome::url_changed:
      write_log("migrate: SITE_URL changed, updated " + file);
      break;
    case auth::FirstRunOutcome::file_missing:
      write_log("migrate: " + file + " is missing; its secrets cannot be restored");
      break;
    case auth::FirstRunOutcome::unchanged:
      break;
  }
}

}  // namespace

int run_migrate() {
  const auto settings = read_settings();
  db::Pool pool(settings.database);
  olap::Client clickhouse(settings.clickhouse);
  clickhouse.set_timeout(kStatementTimeout);
  schema::Plan plan;
  plan.variables = settings.variables;
  schema::migrate(
      pool, [&](std::string_view sql) { return clickhouse.query(sql); }, plan,
      [](const std::string& line) { write_log("migrate: " + line); });
  report(auth::run_first_time(pool, settings.first_run),
         settings.first_run.connection_file.string());
  ensure_canary_project(pool);
  publish::Publisher(settings.tenant_store).publish_projects(pool);
  write_log("migrate: done");
  return 0;
}

}  // namespace cp::daemon
