// SPDX-License-Identifier: LicenseRef-Project
// The migrations compiled into the program, from controlplane/schema/<store>/NNNN_name.sql.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace cp::schema {

/// One forward step of one store. The text of a released migration never changes.
struct Migration {
  std::uint32_t number;       ///< 1, 2, 3, ... without gaps
  std::string_view name;      ///< the file's name without its ending
  std::string_view checksum;  ///< SHA-256 of the file, in hex
  std::string_view sql;       ///< statements, each ended by `;`
};

std::span<const Migration> postgres_migrations();

/// Idempotent statements (IF NOT EXISTS) with `{{replicated}}` before MergeTree engine names and
/// `{{on_cluster}}` after table names (see ClickhouseVariables).
std::span<const Migration> clickhouse_migrations();

}  // namespace cp::schema
