// SPDX-License-Identifier: LicenseRef-Project
// Property filters and series entities of a query as predicates over `events`
// (analytics.md 3.4, 4.1).
#pragma once

#include "controlplane/query/internal/environment.h"

#include <boost/json.hpp>

#include <optional>
#include <string>

namespace cp::query {

/// The condition of a `properties` field: a list (joined by AND) or a tree of
/// `{"type":"AND"|"OR","values":[…]}`. Empty text when there is nothing to filter.
std::string property_condition(const JsonReader& object, std::string_view field,
                               const Environment& environment);

/// An EventsNode, or the target and returning entity of a retention query.
struct Entity {
  std::optional<std::string> event;  ///< nothing: all events
  std::string name;
  std::optional<std::string> custom_name;
  std::string condition;  ///< what an event must fulfil; "1" for every event
  boost::json::value properties;

  /// What the page shows.
  [[nodiscard]] const std::string& label() const { return custom_name ? *custom_name : name; }
};

/// Reads the entity whose event name is in `event_field` (`event`, or `id` in retention).
Entity read_entity(const JsonReader& node, std::string_view event_field,
                   const Environment& environment);

/// Reads `series`: `least` to kSeriesMax nodes of kind EventsNode. The readers view `query`.
struct SeriesNode {
  Entity entity;
  JsonReader reader;
};
std::vector<SeriesNode> read_series(const JsonReader& query, std::size_t least,
                                    const Environment& environment);

/// The Nullable text of an event property.
std::string event_property(const std::string& key);

}  // namespace cp::query
