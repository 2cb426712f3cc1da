// SPDX-License-Identifier: LicenseRef-Project
// Prints parsed HogQL as ClickHouse SQL over one of the project's tables, guarded by the project.
#pragma once

#include "controlplane/hog/ast.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cp::hog {

inline constexpr std::uint64_t kRowsDefault = 100;
inline constexpr std::uint64_t kRowsMax = 50'000;

/// What an expression means depends on: whose rows, which calendar, and the values of placeholders.
struct Context {
  std::int64_t project_id = 0;
  std::string timezone = "UTC";
  bool week_starts_monday = false;
  std::map<std::string, std::string> placeholders;  ///< name -> ClickHouse SQL, already safe
};

/// A statement ready to run. It asks for one row more than `limit`, which tells whether there are
/// more.
struct PrintedSelect {
  std::string sql;
  std::vector<std::string> columns;
  std::uint64_t limit = 0;
  std::uint64_t offset = 0;
};

/// Prints a whole statement. The rows are those of `context.project_id` only, LIMIT is kRowsDefault
/// when absent and never above kRowsMax. Throws HogqlError.
PrintedSelect print_select(const Select& select, const Context& context);

/// Prints one expression over the columns of `events`; the project guard is the caller's duty.
/// Throws HogqlError.
std::string print_expression(const Expression& expression, const Context& context);

/// `events.team_id = <project>`: the guard of every statement.
std::string project_guard(const Context& context);

/// The columns of `events` that `*` stands for, in order.
const std::vector<std::string>& star_columns();

}  // namespace cp::hog
