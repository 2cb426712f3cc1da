// SPDX-License-Identifier: LicenseRef-Project
// Cuts a migration into the single statements that ClickHouse's interface takes, and fills in its
// variables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cp::schema {

/// What the ClickHouse migrations leave open for the kind of server.
struct ClickhouseVariables {
  bool is_replicated = false;  ///< engines become Replicated*
  std::string cluster;         ///< not empty: DDL runs ON CLUSTER
};

/// The statements of `sql` without the `;` that ends each, in order; comments stay, empty ones go.
/// Quotes ('…', "…", `…`) and comments (-- and /* */) may hold semicolons.
std::vector<std::string> split_statements(std::string_view sql);

/// `sql` with `{{replicated}}` and `{{on_cluster}}` replaced.
std::string fill_in(std::string_view sql, const ClickhouseVariables& variables);

}  // namespace cp::schema
