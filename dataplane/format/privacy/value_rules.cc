// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/internal/value_rules.h"

#include "dataplane/format/privacy/patterns.h"

#include <algorithm>
#include <array>

namespace format::privacy::internal {
namespace {

/// Matches that are marked one by one; a text with more becomes a mark as a whole.
constexpr int kMarksMax = 8;

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, std::string_view name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool is_steering(Level level, std::string_view key) noexcept {
  constexpr std::array<std::string_view, 20> kOfEvents = {
      "event",      "properties", "distinct_id", "$distinct_id", "token",
      "$token",     "api_key",    "uuid",        "timestamp",    "offset",
      "$set",       "$set_once",  "batch",       "sent_at",      "historical_migration",
      "created_at", "options",    "session_id",  "window_id",    "type"};
  constexpr std::array<std::string_view, 12> kOfProperties = {"$session_id",
                                                              "$window_id",
                                                              "$snapshot_data",
                                                              "$snapshot_source",
                                                              "token",
                                                              "distinct_id",
                                                              "$set",
                                                              "$set_once",
                                                              "$cookieless_mode",
                                                              "$process_person_profile",
                                                              "$ignore_sent_at",
                                                              "$unset"};
  return (is_field(level) && contains(kOfEvents, key)) ||
         (level == Level::properties && contains(kOfProperties, key));
}

Level level_below(Level level, std::string_view name) noexcept {
  if (is_field(level) && name == "options") {
    return Level::options;
  }
  const auto has_properties = (is_field(level) || level == Level::properties) &&
                              (name == "properties" || name == "$set" || name == "$set_once");
  return has_properties ? Level::properties : Level::nested;
}

bool is_identity(std::string_view key) noexcept {
  constexpr std::array<std::string_view, 6> kIdentities = {
      "distinct_id", "$distinct_id", "$anon_distinct_id", "alias", "$device_id", "$user_id"};
  return contains(kIdentities, key);
}

Action action_for_name(const Policy& policy, Level level, std::string_view key) noexcept {
  if (policy.name_mode == NameMode::off || is_steering(level, key)) {
    return Action::keep;
  }
  if (policy.name_mode == NameMode::deny) {
    return policy.names.has(key) ? policy.name_action : Action::keep;
  }
  return level == Level::nested || level == Level::options || policy.names.has(key)
             ? Action::keep
             : policy.name_action;
}

TextVerdict judge_text(const Policy& policy, std::string_view text, std::string& clean) {
  TextVerdict verdict;
  auto match = find_pattern(text, policy);
  if (!match) {
    return verdict;
  }
  clean.assign(text);
  for (int marks = 0; match; ++marks) {
    if (policy.of(match->pattern) > verdict.action) {
      verdict = {policy.of(match->pattern), match->pattern};
    }
    if (marks == kMarksMax) {
      clean.assign(kRedacted);
      break;
    }
    const auto name = kPatternNames[static_cast<std::size_t>(match->pattern)];
    clean.replace(match->begin, match->end - match->begin, "[" + std::string(name) + "]");
    match = find_pattern(clean, policy);
  }
  return verdict;
}

std::string pseudonym_of(const HashKey* key, std::string_view text) {
  if (key == nullptr) {
    return std::string(kRedacted);
  }
  const auto hash = key->hash(text);
  return "redacted-" + std::string(hash.data(), hash.size());
}

}  // namespace format::privacy::internal
