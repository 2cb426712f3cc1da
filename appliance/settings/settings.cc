// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/settings/settings.h"

#include "appliance/settings/address.h"
#include "appliance/settings/fields.h"

#include <boost/json.hpp>

#include <algorithm>

namespace ap::settings {
namespace {

namespace json = boost::json;

constexpr std::size_t kPatchBytesMax = 16U << 10U;

json::value value_of(const Reference& reference) {
  return std::visit(
      [](const auto* value) -> json::value {
        if constexpr (std::is_same_v<decltype(value), const std::vector<std::string>*>) {
          return json::array(value->begin(), value->end());
        } else {
          return json::value(*value);
        }
      },
      reference);
}

/// Puts `value` where `reference` points; false when it is of another kind.
bool assign(const Reference& reference, const json::value& value) {
  if (auto* const* text = std::get_if<std::string*>(&reference)) {
    if (value.is_string()) {
      (*text)->assign(value.get_string());
    }
    return value.is_string();
  }
  if (auto* const* number = std::get_if<std::int64_t*>(&reference)) {
    if (value.is_int64()) {
      **number = value.get_int64();
    }
    return value.is_int64();
  }
  if (!value.is_array() || !std::all_of(value.get_array().begin(), value.get_array().end(),
                                        [](const auto& item) { return item.is_string(); })) {
    return false;
  }
  auto& list = *std::get<std::vector<std::string>*>(reference);
  list.clear();
  for (const auto& item : value.get_array()) {
    list.emplace_back(item.get_string());
  }
  return true;
}

bool is_named(const std::vector<std::string>& tables, std::string_view table) {
  return std::find(tables.begin(), tables.end(), table) != tables.end();
}

/// The keys of one table of a patch.
void patch_table(std::string_view table, const json::object& keys, Settings& settings,
                 std::vector<Problem>& problems) {
  for (const auto& member : keys) {
    const std::string_view key(member.key().data(), member.key().size());
    const auto field = std::find_if(fields().begin(), fields().end(), [&](const Field& candidate) {
      return candidate.table == table && candidate.key == key;
    });
    if (field == fields().end()) {
      problems.push_back({std::string(table) + "." + std::string(key), "there is no such setting"});
    } else if (const auto reference = field->reference(settings);
               !assign(reference, member.value())) {
      problems.push_back({field->name(), json::serialize(member.value()) + " is wrong; expected " +
                                             std::string(expected_kind(reference))});
    }
  }
}

}  // namespace

std::string to_json(const Settings& settings, const std::vector<std::string>& tables) {
  json::object object;
  for (const Field& field : fields()) {
    if (!tables.empty() && !is_named(tables, field.table)) {
      continue;
    }
    json::object* place = &object;
    if (!field.table.empty()) {
      place = &object.emplace(field.table, json::object()).first->value().get_object();
    }
    place->emplace(field.key, value_of(field.read(settings)));
  }
  return json::serialize(object);
}

Parsed patched(const Settings& settings, std::string_view patch,
               const std::vector<std::string>& tables) {
  boost::system::error_code error;
  const json::value document =
      patch.size() > kPatchBytesMax ? json::value() : json::parse(patch, error);
  if (error || !document.is_object()) {
    refuse({{"settings", "expected a JSON object of at most 16 KiB with the keys to change"}});
  }
  Parsed result{settings, {}};
  std::vector<Problem> problems;
  for (const auto& member : document.get_object()) {
    const std::string table(member.key().data(), member.key().size());
    if (!is_named(tables, table)) {
      problems.push_back({table, "cannot be changed here"});
    } else if (!member.value().is_object()) {
      problems.push_back({table, "expected an object with the keys to change"});
    } else {
      patch_table(table, member.value().get_object(), result.settings, problems);
    }
  }
  if (problems.empty()) {
    problems = problems_of(result.settings);
  }
  refuse(problems);
  result.warnings = warnings_of(result.settings);
  return result;
}

std::vector<Change> difference(const Settings& from, const Settings& to) {
  std::vector<Change> changes;
  for (const Field& field : fields()) {
    const auto before = value_of(field.read(from));
    const auto after = value_of(field.read(to));
    if (before != after) {
      changes.push_back({field.name(), json::serialize(before), json::serialize(after)});
    }
  }
  return changes;
}

std::string vlan_interface(const Settings& settings) {
  return std::string(kPort) + "." + std::to_string(settings.vswitch.vlan);
}

std::string page_url(const Settings& settings) {
  std::string url =
      settings.page.url.empty() ? "http://" + host_of(settings.vswitch.address) : settings.page.url;
  while (url.ends_with('/')) {
    url.pop_back();
  }
  return url;
}

}  // namespace ap::settings
