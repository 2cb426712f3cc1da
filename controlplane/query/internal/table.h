// SPDX-License-Identifier: LicenseRef-Project
// Rows of a statement as JSON text, taken over from ClickHouse without being parsed.
#pragma once

#include "controlplane/query/internal/environment.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cp::query {

/// `types` is a JSON array of type names; `rows` holds one JSON array per row.
struct Table {
  boost::json::array types;
  std::vector<std::string> rows;
  bool has_more = false;
};

/// Runs `sql` (no FORMAT, asking for `limit` + 1 rows). ClickHouse's refusals of the statement
/// itself (types, bad constants) become InvalidQuery about `attr`; its failures stay
/// olap::QueryError.
Table read_table(const std::string& sql, std::uint64_t limit, const std::string& attr,
                 const Environment& environment);

/// The rows as one JSON array.
std::string rows_json(const std::vector<std::string>& rows);

}  // namespace cp::query
