// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/model.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace ap::console {
namespace {

namespace json = boost::json;

std::optional<json::object> object_of(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) {
    return std::nullopt;
  }
  return std::move(value.as_object());
}

const json::object& child(const json::object& object, std::string_view key) {
  static const json::object none;
  const json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

const json::array& list(const json::object& object, std::string_view key) {
  static const json::array none;
  const json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

// Text of any scalar: settings may be numbers, and a person reads both alike.
std::string text_of(const json::value& value) {
  if (const json::string* const text = value.if_string()) {
    return {text->data(), text->size()};
  }
  return value.is_null() ? std::string{} : json::serialize(value);
}

std::string text(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  return value != nullptr ? text_of(*value) : std::string{};
}

std::optional<double> number(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) {
    return std::nullopt;
  }
  return value->to_number<double>();
}

std::optional<std::int64_t> integer(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) {
    return std::nullopt;
  }
  boost::system::error_code error;
  const auto whole = value->to_number<std::int64_t>(error);
  if (!error) {
    return whole;
  }
  constexpr double kMost = 9.0e18;
  return static_cast<std::int64_t>(std::clamp(value->to_number<double>(), -kMost, kMost));
}

std::optional<std::uint64_t> count(const json::object& object, std::string_view key) {
  const auto value = integer(object, key);
  return value && *value >= 0 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

bool flag(const json::object& object, std::string_view key, bool fallback) {
  const json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_bool() ? value->get_bool() : fallback;
}

std::vector<std::string> texts(const json::object& object, std::string_view key) {
  std::vector<std::string> all;
  for (const json::value& value : list(object, key)) {
    all.push_back(text_of(value));
  }
  return all;
}

template <typename Element, typename Read>
std::vector<Element> elements(const json::object& object, std::string_view key, Read read) {
  std::vector<Element> all;
  for (const json::value& value : list(object, key)) {
    if (value.is_object()) {
      all.push_back(read(value.get_object()));
    }
  }
  return all;
}

RaidArray read_array(const json::object& object) {
  RaidArray array{.name = text(object, "name"),
                  .state = text(object, "state"),
                  .wanted = count(object, "wanted").value_or(0),
                  .present = count(object, "present").value_or(0),
                  .members = elements<RaidMember>(object, "members",
                                                  [](const json::object& member) {
                                                    return RaidMember{text(member, "disk"),
                                                                      text(member, "serial"),
                                                                      text(member, "state")};
                                                  }),
                  .sync_action = {},
                  .sync_progress = {},
                  .sync_remaining_s = {}};
  const json::object& sync = child(object, "sync");
  array.sync_action = text(sync, "action");
  array.is_syncing = !sync.empty() && !array.sync_action.empty() && array.sync_action != "idle";
  array.sync_progress = number(sync, "progress");
  array.sync_bytes_per_second = number(sync, "bytes_per_second").value_or(0);
  array.sync_remaining_s = integer(sync, "remaining_s");
  return array;
}

Disk read_disk(const json::object& object) {
  return {.name = text(object, "name"),
          .serial = text(object, "serial"),
          .model = text(object, "model"),
          .size_bytes = number(object, "size_bytes").value_or(0),
          .role = text(object, "role"),
          .is_boot = flag(object, "boot", false),
          .text = text(object, "text")};
}

void read_capture(const json::object& object, Health& health) {
  const json::object& capture = child(object, "capture");
  health.is_capturing = text(capture, "state") == "up";
  health.rate_per_second = number(capture, "rate_per_second");
  health.events_total = count(capture, "events_total");
  const json::object& canary = child(object, "canary");
  health.canary_state = text(canary, "state");
  health.canary_at = text(canary, "at");
  health.canary_latency_ms = number(canary, "latency_ms");
  health.canary_text = text(canary, "text");
}

void read_budgets(const json::object& object, Health& health) {
  const json::object& disk = child(object, "disk_budget");
  health.disk_path = text(disk, "path");
  health.disk_size_bytes = number(disk, "size_bytes").value_or(0);
  health.disk_used_bytes = number(disk, "used_bytes").value_or(0);
  health.disk_parts =
      elements<std::pair<std::string, double>>(disk, "parts", [](const json::object& part) {
        return std::pair(text(part, "name"), number(part, "bytes").value_or(0));
      });
  const json::object& memory = child(object, "memory");
  health.memory_total_bytes = number(memory, "total_bytes").value_or(0);
  health.memory_available_bytes = number(memory, "available_bytes").value_or(0);
}

struct Known {
  std::string_view key;
  std::string_view title;
};

// The order of the form; a setting the service adds later is appended under its own key.
constexpr std::array kTitles{Known{"public.mac", "Network card (MAC)"},
                             Known{"public.address", "IPv4 address"},
                             Known{"public.gateway", "IPv4 gateway"},
                             Known{"public.address6", "IPv6 address"},
                             Known{"public.gateway6", "IPv6 gateway"},
                             Known{"public.dns", "Name servers"},
                             Known{"vswitch.vlan", "VLAN number"},
                             Known{"vswitch.address", "Address"},
                             Known{"vswitch.mtu", "MTU"},
                             Known{"ssh_from", "SSH allowed from"}};

Setting read_setting(std::string key, const json::value& value) {
  const auto* const known = std::ranges::find(kTitles, key, &Known::key);
  Setting setting{.key = std::move(key),
                  .title = {},
                  .value = text_of(value),
                  .is_list = value.is_array(),
                  .is_number = value.is_number()};
  setting.title = known != kTitles.end() ? std::string(known->title) : setting.key;
  if (value.is_array()) {
    setting.value.clear();
    for (const json::value& element : value.get_array()) {
      setting.value += (setting.value.empty() ? "" : ", ") + text_of(element);
    }
  }
  return setting;
}

std::vector<Setting> read_settings(const json::object& settings) {
  std::vector<Setting> all;
  for (const auto& [section, value] : settings) {
    if (!value.is_object()) {
      all.push_back(read_setting(std::string(section), value));
      continue;
    }
    for (const auto& [key, inner] : value.get_object()) {
      all.push_back(read_setting(std::string(section).append(".").append(key), inner));
    }
  }
  std::ranges::stable_sort(all, {}, [](const Setting& setting) {
    return std::ranges::find(kTitles, setting.key, &Known::key) - kTitles.begin();
  });
  return all;
}

std::optional<std::int64_t> pending_of(const json::object& object) {
  return integer(child(object, "pending"), "seconds_left");
}

json::value value_of(const Setting& setting) {
  if (setting.is_list) {
    json::array values;
    std::string_view rest = setting.value;
    while (!rest.empty()) {
      const std::size_t end = rest.find_first_of(", ");
      if (const std::string_view one = rest.substr(0, end); !one.empty()) {
        values.emplace_back(one);
      }
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return values;
  }
  if (setting.is_number) {
    std::int64_t whole = 0;
    const char* const end = setting.value.data() + setting.value.size();
    const auto [stop, error] = std::from_chars(setting.value.data(), end, whole);
    if (error == std::errc{} && stop == end) {
      return whole;
    }
  }
  return json::string(setting.value);
}

}  // namespace

bool Service::may(std::string_view verb) const { return std::ranges::find(can, verb) != can.end(); }

std::optional<Health> parse_health(std::string_view text_json) {
  const auto object = object_of(text_json);
  if (!object) {
    return std::nullopt;
  }
  Health health;
  health.state = text(*object, "state");
  health.problems = elements<Problem>(*object, "problems", [](const json::object& problem) {
    return Problem{text(problem, "noun"), text(problem, "severity") == "critical",
                   text(problem, "text"), text(problem, "advice")};
  });
  health.version = text(*object, "version");
  health.slot = text(*object, "slot");
  health.hostname = text(*object, "hostname");
  health.uptime_s = integer(*object, "uptime_s").value_or(0);
  const json::object& boot = child(*object, "boot");
  health.phase = boot.empty() ? "ready" : text(boot, "phase");
  health.phase_text = text(boot, "text");
  read_capture(*object, health);
  health.is_clock_synchronized = flag(child(*object, "clock"), "synchronized", true);
  health.page_url = text(*object, "page_url");
  health.addresses = elements<Address>(*object, "addresses", [](const json::object& address) {
    return Address{text(address, "interface"), text(address, "address"), text(address, "network")};
  });
  read_budgets(*object, health);
  const json::object& raid = child(*object, "raid");
  health.arrays = elements<RaidArray>(raid, "arrays", read_array);
  health.disks = elements<Disk>(raid, "disks", read_disk);
  return health;
}

std::optional<std::vector<Service>> parse_services(std::string_view text_json) {
  const auto object = object_of(text_json);
  if (!object) {
    return std::nullopt;
  }
  return elements<Service>(*object, "services", [](const json::object& service) {
    return Service{.unit = text(service, "unit"),
                   .title = text(service, "title"),
                   .state = text(service, "state"),
                   .sub = text(service, "sub"),
                   .since_us = integer(service, "since_us").value_or(0),
                   .restarts = count(service, "restarts").value_or(0),
                   .pid = integer(service, "pid").value_or(0),
                   .memory_bytes = number(service, "memory_bytes"),
                   .cpu_ns = integer(service, "cpu_ns"),
                   .status_text = text(service, "status_text"),
                   .result = text(service, "result"),
                   .can = texts(service, "can")};
  });
}

std::optional<LogPage> parse_log(std::string_view text_json) {
  const auto object = object_of(text_json);
  if (!object) {
    return std::nullopt;
  }
  return LogPage{elements<LogEntry>(*object, "entries",
                                    [](const json::object& entry) {
                                      return LogEntry{
                                          .cursor = text(entry, "cursor"),
                                          .time_us = integer(entry, "time_us").value_or(0),
                                          .priority = static_cast<int>(std::clamp<std::int64_t>(
                                              integer(entry, "priority").value_or(6), 0, 7)),
                                          .unit = text(entry, "unit"),
                                          .message = text(entry, "message")};
                                    }),
                 text(*object, "next")};
}

std::optional<Network> parse_network(std::string_view text_json) {
  const auto object = object_of(text_json);
  if (!object) {
    return std::nullopt;
  }
  return Network{.settings = read_settings(child(*object, "settings")),
                 .links = elements<Link>(
                     *object, "links",
                     [](const json::object& link) {
                       return Link{text(link, "name"), text(link, "state"), text(link, "mac"),
                                   integer(link, "mtu").value_or(0), texts(link, "addresses")};
                     }),
                 .pending_s = pending_of(*object)};
}

std::optional<Firewall> parse_firewall(std::string_view text_json) {
  const auto object = object_of(text_json);
  if (!object) {
    return std::nullopt;
  }
  return Firewall{.settings = read_settings(child(*object, "settings")),
                  .rules = elements<FirewallRule>(
                      *object, "rules",
                      [](const json::object& rule) {
                        return FirewallRule{text(rule, "text"), text(rule, "port"),
                                            text(rule, "from"), text(rule, "interface")};
                      }),
                  .is_loaded = flag(*object, "loaded", false),
                  .dropped_packets = count(*object, "dropped_packets"),
                  .pending_s = pending_of(*object)};
}

std::optional<std::vector<AuditEntry>> parse_audit(std::string_view text_json) {
  const auto object = object_of(text_json);
  if (!object) {
    return std::nullopt;
  }
  auto entries = elements<AuditEntry>(*object, "entries", [](const json::object& entry) {
    return AuditEntry{text(entry, "time"),   text(entry, "caller"),   text(entry, "noun"),
                      text(entry, "action"), text(entry, "argument"), text(entry, "result")};
  });
  std::ranges::reverse(entries);
  return entries;
}

std::optional<Plan> parse_plan(std::string_view text_json) {
  const auto object = object_of(text_json);
  if (!object) {
    return std::nullopt;
  }
  return Plan{elements<Change>(*object, "changes",
                               [](const json::object& change) {
                                 return Change{text(change, "field"), text(change, "from"),
                                               text(change, "to")};
                               }),
              texts(*object, "steps"), texts(*object, "warnings")};
}

std::optional<Started> parse_started(std::string_view text_json) {
  const auto object = object_of(text_json);
  if (!object) {
    return std::nullopt;
  }
  return Started{text(*object, "operation"), integer(*object, "confirm_within_s").value_or(0)};
}

std::optional<Operation> parse_operation(std::string_view text_json) {
  const auto object = object_of(text_json);
  if (!object) {
    return std::nullopt;
  }
  return Operation{text(*object, "state"), number(*object, "progress"), text(*object, "step"),
                   text(*object, "result")};
}

std::optional<LoginLink> parse_login_link(std::string_view text_json) {
  const auto object = object_of(text_json);
  if (!object) {
    return std::nullopt;
  }
  return LoginLink{text(*object, "url"), integer(*object, "expires_s").value_or(0)};
}

std::string changed_settings(const std::vector<Setting>& before,
                             const std::vector<Setting>& after) {
  json::object changed;
  for (const Setting& setting : after) {
    const auto old = std::ranges::find(before, setting.key, &Setting::key);
    if (old != before.end() && old->value == setting.value) {
      continue;
    }
    const std::size_t dot = setting.key.find('.');
    if (dot == std::string::npos) {
      changed[setting.key] = value_of(setting);
      continue;
    }
    json::value& section = changed[std::string_view(setting.key).substr(0, dot)];
    if (!section.is_object()) {
      section.emplace_object();
    }
    section.get_object()[std::string_view(setting.key).substr(dot + 1)] = value_of(setting);
  }
  return changed.empty() ? std::string{} : json::serialize(changed);
}

}  // namespace ap::console
