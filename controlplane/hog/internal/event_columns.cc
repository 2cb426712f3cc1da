// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/internal/event_columns.h"

#include "controlplane/hog/printer.h"
#include "controlplane/hog/sql_text.h"

#include <algorithm>
#include <array>

namespace cp::hog {
namespace {

constexpr auto kColumns = std::to_array<Column>({
    {"uuid", ValueType::uuid},
    {"event", ValueType::text},
    {"properties", ValueType::text},
    {"timestamp", ValueType::datetime},
    {"team_id", ValueType::number},
    {"distinct_id", ValueType::text},
    {"elements_chain", ValueType::text},
    {"created_at", ValueType::datetime},
    {"person_id", ValueType::uuid},
    {"$session_id", ValueType::text},
    {"$window_id", ValueType::text},
    {"person_mode", ValueType::unknown},
    {"historical_migration", ValueType::boolean},
    {"inserted_at", ValueType::datetime},
});

// Names HogQL resolves by joins that are not there yet.
constexpr auto kJoined =
    std::to_array<std::string_view>({"person", "pdi", "poe", "session", "override", "group_0",
                                     "group_1", "group_2", "group_3", "group_4"});

}  // namespace

const Column* find_column(std::string_view name) {
  const auto found = std::find_if(kColumns.begin(), kColumns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == kColumns.end() ? nullptr : &*found;
}

std::string column_sql(std::string_view name) {
  const bool is_plain = name.find('$') == std::string_view::npos;
  return "events." + (is_plain ? std::string(name) : sql_identifier(name));
}
bool is_joined_name(std::string_view name) {
  return std::find(kJoined.begin(), kJoined.end(), name) != kJoined.end();
}

bool is_property_path(const std::vector<std::string>& path) {
  return path.size() > 1 && path.front() == "properties";
}

const std::vector<std::string>& star_columns() {
  static const std::vector<std::string> columns = {
      "uuid",           "event",      "properties", "timestamp",   "distinct_id",
      "elements_chain", "created_at", "person_id",  "$session_id", "$window_id"};
  return columns;
}

}  // namespace cp::hog
