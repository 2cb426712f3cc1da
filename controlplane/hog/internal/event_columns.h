// SPDX-License-Identifier: LicenseRef-Project
// The columns of `events` that a query may name.
#pragma once

#include "controlplane/hog/functions.h"

#include <string>
#include <string_view>
#include <vector>

namespace cp::hog {

struct Column {
  std::string_view name;
  ValueType type;
};

/// The column, or nullptr when there is none of that name.
const Column* find_column(std::string_view name);

/// The column as ClickHouse SQL, qualified by the table.
std::string column_sql(std::string_view name);

/// Whether HogQL would resolve `name` by a join that is not supported yet.
bool is_joined_name(std::string_view name);

/// Whether a path, its table removed, reads a property: `properties.a.b`.
bool is_property_path(const std::vector<std::string>& path);

}  // namespace cp::hog
