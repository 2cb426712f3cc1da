// SPDX-License-Identifier: LicenseRef-Project
// The tables that a query may name, and their columns.
#pragma once

#include "controlplane/hog/functions.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cp::hog {

struct Column {
  std::string_view name;
  ValueType type;
};

/// A table as HogQL knows it. In ClickHouse SQL every table goes by the name `events`.
struct Table {
  std::string_view name;
  std::string_view source;  ///< What stands behind FROM.
  std::span<const Column> columns;
  std::span<const std::string_view> star;  ///< What `*` stands for, in order.
};

const Table& events_table();

/// The table, or nullptr when there is none of that name; any case.
const Table* find_table(std::string_view name);

/// The column, or nullptr when there is none of that name.
const Column* find_column(const Table& table, std::string_view name);

/// The column as ClickHouse SQL, qualified by the table.
std::string column_sql(std::string_view name);

/// Whether HogQL would resolve `name` by a join that is not supported yet.
bool is_joined_name(std::string_view name);

/// Whether a path, its table removed, reads a property: `properties.a.b`.
bool is_property_path(const std::vector<std::string>& path);

}  // namespace cp::hog
