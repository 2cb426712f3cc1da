// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/policy.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

namespace format::privacy {
namespace {

using simdjson::dom::element;

std::optional<Action> action_of(std::string_view text) noexcept {
  constexpr std::array<std::pair<std::string_view, Action>, 4> kActions = {
      {{"off", Action::keep},
       {"redact", Action::redact},
       {"drop", Action::drop},
       {"quarantine", Action::quarantine}}};
  for (const auto& [name, action] : kActions) {
    if (name == text) {
      return action;
    }
  }
  return std::nullopt;
}

/// Reads the fields of one policy; the first bad one stops it.
class PolicyReader {
 public:
  PolicyReader(Policy& policy, PolicyComplaint& complaint) noexcept
      : policy_(policy), complaint_(complaint) {}

  bool read(element root) {
    simdjson::dom::object object;
    if (root.get(object) != simdjson::SUCCESS) {
      return complain("privacy", "an object");
    }
    policy_.is_active = true;
    for (const auto member : object) {
      if (!read_field(member.key, member.value)) {
        return false;
      }
    }
    return true;
  }

 private:
  bool read_field(std::string_view key, element value) {
    if (key == "enabled") {
      return value.get(policy_.is_active) == simdjson::SUCCESS || complain(key, "true or false");
    }
    if (key == "patterns") {
      return read_patterns(value);
    }
    if (key == "properties") {
      return read_properties(value);
    }
    if (key == "address") {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS || (text != "drop" && text != "hash")) {
        return complain(key, "drop or hash");
      }
      policy_.address = text == "hash" ? AddressRule::hash : AddressRule::drop;
      return true;
    }
    return complain(key, "one of enabled, patterns, properties and address");
  }

  bool read_patterns(element value) {
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
      return complain("patterns", "an object");
    }
    for (const auto member : object) {
      const auto field = "patterns." + std::string(member.key);
      const auto* const found = std::find(kPatternNames.begin(), kPatternNames.end(), member.key);
      if (found == kPatternNames.end()) {
        return complain(field, "one of email, phone, card and iban");
      }
      const auto action = read_action(member.value);
      if (!action) {
        return complain(field, "off, redact, drop or quarantine");
      }
      policy_.patterns[static_cast<std::size_t>(found - kPatternNames.begin())] = *action;
    }
    return true;
  }

  bool read_properties(element value) {
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
      return complain("properties", "an object");
    }
    for (const auto member : object) {
      if (member.key == "mode"    ? !read_mode(member.value)
          : member.key == "names" ? !read_names(member.value)
                                  : !read_name_action(member)) {
        return false;
      }
    }
    return true;
  }

  bool read_mode(element value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS ||
        (text != "off" && text != "deny" && text != "allow")) {
      return complain("properties.mode", "off, deny or allow");
    }
    policy_.name_mode = text == "off"    ? NameMode::off
                        : text == "deny" ? NameMode::deny
                                         : NameMode::allow;
    return true;
  }

  bool read_names(element value) {
    simdjson::dom::array array;
    if (value.get(array) != simdjson::SUCCESS || array.size() > kNamesMax) {
      return complain("properties.names", "a list of at most 500 names");
    }
    std::size_t index = 0;
    for (const auto item : array) {
      std::string_view name;
      if (item.get(name) != simdjson::SUCCESS || name.empty() || name.size() > kNameBytesMax) {
        return complain("properties.names[" + std::to_string(index) + "]",
                        "a name of 1 to 200 bytes");
      }
      policy_.names.add(name);
      ++index;
    }
    return true;
  }

  bool read_name_action(const simdjson::dom::key_value_pair& member) {
    if (member.key != "action") {
      return complain("properties." + std::string(member.key), "one of mode, names and action");
    }
    const auto action = read_action(member.value);
    if (!action || *action == Action::keep) {
      return complain("properties.action", "redact, drop or quarantine");
    }
    policy_.name_action = *action;
    return true;
  }

  static std::optional<Action> read_action(element value) {
    std::string_view text;
    return value.get(text) == simdjson::SUCCESS ? action_of(text) : std::nullopt;
  }

  bool complain(std::string_view field, std::string_view expected) {
    complaint_ = {std::string(field), std::string(expected)};
    return false;
  }

  Policy& policy_;
  PolicyComplaint& complaint_;
};

}  // namespace

void NameSet::add(std::string_view name) {
  if (name.ends_with('*')) {
    prefixes_.emplace_back(name.substr(0, name.size() - 1));
    return;
  }
  const auto place = std::lower_bound(exact_.begin(), exact_.end(), name);
  if (place == exact_.end() || *place != name) {
    exact_.emplace(place, name);
  }
}

bool NameSet::has(std::string_view name) const noexcept {
  const auto place = std::lower_bound(exact_.begin(), exact_.end(), name);
  return (place != exact_.end() && *place == name) ||
         std::any_of(prefixes_.begin(), prefixes_.end(),
                     [name](const auto& prefix) { return name.starts_with(prefix); });
}

std::optional<Policy> read_policy(std::string_view json, PolicyComplaint& complaint) {
  complaint = {"privacy", "a JSON object of at most 256 KiB"};
  simdjson::dom::parser parser;
  element root;
  if (json.size() > kPolicyBytesMax ||
      parser.parse(json.data(), json.size(), true).get(root) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  Policy policy;
  if (!PolicyReader(policy, complaint).read(root)) {
    return std::nullopt;
  }
  return policy;
}

std::optional<Policy> policy_of_project(std::string_view project_json) {
  simdjson::dom::parser parser;
  simdjson::dom::object project;
  if (parser.parse(project_json.data(), project_json.size(), true).get(project) !=
      simdjson::SUCCESS) {
    return closed_policy();
  }
  element privacy;
  if (project["privacy"].get(privacy) != simdjson::SUCCESS || privacy.is_null()) {
    return std::nullopt;
  }
  Policy policy;
  PolicyComplaint complaint;
  return PolicyReader(policy, complaint).read(privacy) ? policy : closed_policy();
}

Policy standard_policy() {
  PolicyComplaint complaint;
  return read_policy(kStandardPolicyJson, complaint).value_or(closed_policy());
}

Policy closed_policy() {
  Policy policy;
  policy.is_active = true;
  policy.is_closed = true;
  policy.patterns.fill(Action::quarantine);
  policy.name_mode = NameMode::allow;
  policy.name_action = Action::quarantine;
  return policy;
}

}  // namespace format::privacy
