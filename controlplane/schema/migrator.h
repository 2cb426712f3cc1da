// SPDX-License-Identifier: LicenseRef-Project
// Brings PostgreSQL and ClickHouse to the schema this program was built with; forward only.
#pragma once

#include "controlplane/db/database.h"
#include "controlplane/schema/migration.h"
#include "controlplane/schema/statements.h"

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cp::schema {

/// The stores do not fit this program: a migration changed after it was applied, one is missing
/// between applied ones, or a newer program has been here. One clear line.
class SchemaConflict : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Runs one ClickHouse statement and returns the body of the answer; throws what it wants.
using RunClickhouse = std::function<std::string(std::string_view sql)>;

/// Told one line per applied migration.
using Report = std::function<void(const std::string& line)>;

/// What to bring where. The spans live as long as the call.
struct Plan {
  std::span<const Migration> postgres = postgres_migrations();
  std::span<const Migration> clickhouse = clickhouse_migrations();
  ClickhouseVariables variables;
};

/// Applies what is missing, in order, PostgreSQL first. Two at once: a PostgreSQL advisory lock
/// lets one through, the other finds nothing left to do. A PostgreSQL migration commits together
/// with its record (table schema_migrations). A ClickHouse migration is recorded in ClickHouse
/// after its last statement; a crash in between repeats its idempotent statements.
/// Throws SchemaConflict, db::Error and whatever `run_clickhouse` throws. Blocks.
void migrate(db::Pool& pool, const RunClickhouse& run_clickhouse, const Plan& plan,
             const Report& report);

}  // namespace cp::schema
