// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/schema/migrator.h"

#include <charconv>
#include <chrono>
#include <map>

namespace cp::schema {
namespace {

/// Any number of ours will do; all programs that migrate must agree on it.
constexpr std::int64_t kMigrationLock = 0x62726973746c65;
constexpr std::chrono::minutes kMigrationLockWait{10};

struct Applied {
  std::string name;
  std::string checksum;
};
using AppliedByNumber = std::map<std::uint32_t, Applied>;

std::string describe(std::string_view store, std::string_view name) {
  return std::string(store) + " migration " + std::string(name);
}

/// Compares what the store says with what the program carries, before anything is touched.
void check_history(std::string_view store, const AppliedByNumber& applied,
                   std::span<const Migration> known) {
  const auto newest = applied.empty() ? 0 : applied.rbegin()->first;
  for (const auto& migration : known) {
    const auto found = applied.find(migration.number);
    if (found == applied.end()) {
      if (migration.number < newest) {
        throw SchemaConflict(describe(store, migration.name) +
                             " was never applied although a later one was");
      }
      continue;
    }
    if (found->second.checksum != migration.checksum) {
      throw SchemaConflict(describe(store, migration.name) +
                           " was changed after it had been applied: its checksum is " +
                           std::string(migration.checksum) + ", applied was " +
                           found->second.checksum);
    }
  }
  for (const auto& [number, entry] : applied) {
    if (number > known.size()) {
      throw SchemaConflict(describe(store, entry.name) +
                           " was applied by another version of this program, which is too old "
                           "or has lost the file");
    }
  }
}

AppliedByNumber applied_to_postgres(db::Pool& pool) {
  pool.run(
      "CREATE TABLE IF NOT EXISTS schema_migrations ("
      "number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, "
      "applied_at timestamptz NOT NULL DEFAULT now())");
  AppliedByNumber applied;
  for (const auto row : pool.run("SELECT number, name, checksum FROM schema_migrations")) {
    applied[static_cast<std::uint32_t>(row.number(0))] = {std::string(row.text(1)),
                                                          std::string(row.text(2))};
  }
  return applied;
}

void apply_to_postgres(db::Pool& pool, const Migration& migration) {
  auto transaction = pool.begin();
  transaction.run("SET LOCAL statement_timeout = 0");
  transaction.run(migration.sql);
  transaction.run(
      "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)",
      db::Parameters().number(migration.number).text(migration.name).text(migration.checksum));
  transaction.commit();
}

AppliedByNumber applied_to_clickhouse(const RunClickhouse& run,
                                      const ClickhouseVariables& variables) {
  run(
      fill_in("CREATE TABLE IF NOT EXISTS schema_migrations {{on_cluster}} "
              "(number UInt32, name String, checksum String, applied_at DateTime DEFAULT now()) "
              "ENGINE = {{replicated}}ReplacingMergeTree ORDER BY number "
              "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, "
              "min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1",
              variables));
  const auto lines = run(
      "SELECT number, name, checksum FROM schema_migrations ORDER BY number FORMAT TabSeparated");
  AppliedByNumber applied;
  for (std::size_t start = 0; start < lines.size();) {
    const auto end = std::min(lines.find('\n', start), lines.size());
    const auto line = std::string_view(lines).substr(start, end - start);
    const auto first = line.find('\t');
    const auto second = line.find('\t', first + 1);
    std::uint32_t number = 0;
    if (second == std::string_view::npos ||
        std::from_chars(line.data(), line.data() + first, number).ec != std::errc{}) {
      throw SchemaConflict("clickhouse: unexpected line in schema_migrations: " +
                           std::string(line));
    }
    applied[number] = {std::string(line.substr(first + 1, second - first - 1)),
                       std::string(line.substr(second + 1))};
    start = end + 1;
  }
  return applied;
}

void apply_to_clickhouse(const RunClickhouse& run, const Migration& migration,
                         const ClickhouseVariables& variables) {
  for (const auto& statement : split_statements(fill_in(migration.sql, variables))) {
    run(statement);
  }
  // Names and checksums are ours: letters, digits and underscores only.
  run("INSERT INTO schema_migrations (number, name, checksum) VALUES (" +
      std::to_string(migration.number) + ", '" + std::string(migration.name) + "', '" +
      std::string(migration.checksum) + "')");
}

}  // namespace

void migrate(db::Pool& pool, const RunClickhouse& run_clickhouse, const Plan& plan,
             const Report& report) {
  auto lock = pool.lock(kMigrationLock, kMigrationLockWait);
  const auto in_postgres = applied_to_postgres(pool);
  const auto in_clickhouse = applied_to_clickhouse(run_clickhouse, plan.variables);
  check_history("postgres", in_postgres, plan.postgres);
  check_history("clickhouse", in_clickhouse, plan.clickhouse);
  for (const auto& migration : plan.postgres) {
    if (!in_postgres.contains(migration.number)) {
      apply_to_postgres(pool, migration);
      report("applied " + describe("postgres", migration.name));
    }
  }
  for (const auto& migration : plan.clickhouse) {
    if (!in_clickhouse.contains(migration.number)) {
      apply_to_clickhouse(run_clickhouse, migration, plan.variables);
      report("applied " + describe("clickhouse", migration.name));
    }
  }
}

}  // namespace cp::schema
