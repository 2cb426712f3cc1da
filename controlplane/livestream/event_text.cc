// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/livestream/event_text.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace cp::livestream {
namespace {

/// Microseconds since 1970 as `2026-01-31T23:59:59.123456Z`.
std::string iso_time(std::int64_t time_us) {
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds(time_us)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::value(text));
}

std::string chosen_properties(std::string_view properties_json,
                              const std::vector<std::string>& columns) {
  boost::system::error_code error;
  const auto parsed = columns.empty() ? boost::json::value(boost::json::object())
                                      : boost::json::parse(properties_json, error);
  boost::json::object chosen;
  if (!error && parsed.is_object()) {
    for (const auto& column : columns) {
      if (const auto* value = parsed.get_object().if_contains(column)) {
        chosen[column] = *value;
      }
    }
  }
  return boost::json::serialize(chosen);
}

}  // namespace

bool matches(const Filter& filter, const event::ProcessedEvent& event) {
  return (filter.event_types.empty() ||
          std::ranges::find(filter.event_types, event.name) != filter.event_types.end()) &&
         (filter.distinct_id.empty() || filter.distinct_id == event.distinct_id);
}

std::string event_text(std::int64_t project_id, const Filter& filter,
                       const event::ProcessedEvent& event) {
  const auto person = event::to_text(event::person_uuid(project_id, event.distinct_id));
  std::string text = R"({"uuid":")" + event::to_text(event.uuid) + R"(","timestamp":")" +
                     iso_time(event.timestamp_us) + R"(","distinct_id":)" +
                     quoted(event.distinct_id) + R"(,"person_id":")" + person + R"(","event":)" +
                     quoted(event.name) + R"(,"properties":)";
  text += filter.columns ? chosen_properties(event.properties_json, *filter.columns)
                         : std::string(event.properties_json);
  return text + "}";
}

}  // namespace cp::livestream
