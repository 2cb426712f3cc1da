// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/internal/event_columns.h"

#include "controlplane/hog/printer.h"
#include "controlplane/hog/sql_text.h"

#include <algorithm>
#include <array>

namespace cp::hog {
namespace {

constexpr auto kEventColumns = std::to_array<Column>({
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

constexpr auto kEventStar = std::to_array<std::string_view>(
    {"uuid", "event", "properties", "timestamp", "distinct_id", "elements_chain", "created_at",
     "person_id", "$session_id", "$window_id"});

constexpr auto kHeatmapColumns = std::to_array<Column>({
    {"session_id", ValueType::text},
    {"team_id", ValueType::number},
    {"distinct_id", ValueType::text},
    {"timestamp", ValueType::datetime},
    {"x", ValueType::number},
    {"y", ValueType::number},
    {"scale_factor", ValueType::number},
    {"viewport_width", ValueType::number},
    {"viewport_height", ValueType::number},
    {"pointer_target_fixed", ValueType::boolean},
    {"current_url", ValueType::text},
    {"type", ValueType::text},
});

constexpr auto kHeatmapStar = std::to_array<std::string_view>(
    {"session_id", "distinct_id", "timestamp", "x", "y", "scale_factor", "viewport_width",
     "viewport_height", "pointer_target_fixed", "current_url", "type"});

constexpr auto kWarningColumns = std::to_array<Column>({
    {"team_id", ValueType::number},
    {"source", ValueType::text},
    {"type", ValueType::text},
    {"details", ValueType::text},
    {"timestamp", ValueType::datetime},
});

constexpr auto kWarningStar =
    std::to_array<std::string_view>({"source", "type", "details", "timestamp"});

// Events are free of duplicates when they are stored, the others when they are read.
constexpr auto kTables = std::to_array<Table>({
    {"events", "events AS events", kEventColumns, kEventStar},
    {"heatmaps", "heatmaps AS events FINAL", kHeatmapColumns, kHeatmapStar},
    {"ingestion_warnings", "ingestion_warnings AS events FINAL", kWarningColumns, kWarningStar},
});

// Names HogQL resolves by joins that are not there yet.
constexpr auto kJoined =
    std::to_array<std::string_view>({"person", "pdi", "poe", "session", "override", "group_0",
                                     "group_1", "group_2", "group_3", "group_4"});

}  // namespace

const Table& events_table() { return kTables.front(); }

const Table* find_table(std::string_view name) {
  const auto is_same = [](char left, char right) {
    return left == (right >= 'A' && right <= 'Z' ? static_cast<char>(right | 0x20) : right);
  };
  const auto* found = std::find_if(kTables.begin(), kTables.end(), [&](const Table& table) {
    return std::equal(table.name.begin(), table.name.end(), name.begin(), name.end(), is_same);
  });
  return found == kTables.end() ? nullptr : found;
}

const Column* find_column(const Table& table, std::string_view name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == table.columns.end() ? nullptr : &*found;
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
  static const std::vector<std::string> columns(kEventStar.begin(), kEventStar.end());
  return columns;
}

}  // namespace cp::hog
