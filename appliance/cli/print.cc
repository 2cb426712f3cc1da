// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/cli/print.h"

#include "appliance/exec/failure.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <system_error>

namespace ap::cli {
namespace {

namespace json = boost::json;

json::value parse(std::string_view text) {
  std::error_code wrong;
  json::value value = json::parse(json::string_view(text.data(), text.size()), wrong);
  if (wrong) {
    throw exec::Failure(exec::FailureKind::failed, "the service's answer is no JSON");
  }
  return value;
}

// Lookups that forgive a missing key: a newer or older service must still be readable.
const json::value& at(const json::value& value, std::string_view name) {
  static const json::value nothing;
  const auto* object = value.if_object();
  const auto* found = object == nullptr ? nullptr : object->if_contains(name);
  return found == nullptr ? nothing : *found;
}

json::array list(const json::value& value, std::string_view name) {
  const auto* array = at(value, name).if_array();
  return array == nullptr ? json::array{} : *array;
}

std::string text(const json::value& value, std::string_view name) {
  const auto& found = at(value, name);
  if (const auto* string = found.if_string()) {
    return {string->data(), string->size()};
  }
  return found.is_null() ? std::string{} : json::serialize(found);
}

double number(const json::value& value, std::string_view name) {
  const auto& found = at(value, name);
  if (const auto* whole = found.if_int64()) {
    return static_cast<double>(*whole);
  }
  if (const auto* natural = found.if_uint64()) {
    return static_cast<double>(*natural);
  }
  const auto* real = found.if_double();
  return real == nullptr ? 0 : *real;
}

bool is_true(const json::value& value, std::string_view name) {
  const auto* flag = at(value, name).if_bool();
  return flag != nullptr && *flag;
}

std::string fixed(double value, int digits) {
  std::array<char, 64> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                    std::chars_format::fixed, digits);
  return {buffer.data(), result.ptr};
}

std::string joined(const json::array& items) {
  std::string result;
  for (const auto& item : items) {
    result += (result.empty() ? "" : ", ") + std::string(item.is_string() ? item.as_string() : "");
  }
  return result;
}

std::string time_text(std::int64_t time_us) {
  const std::time_t seconds = time_us / 1'000'000;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 32> buffer{};
  const auto size = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return {buffer.data(), size};
}

std::string line(const std::string& name, const std::string& value) {
  std::string padded = name;
  padded.resize(std::max<std::size_t>(12, name.size()), ' ');
  return padded + value + "\n";
}

std::string problems_text(const json::value& health) {
  std::string result;
  for (const auto& item : list(health, "problems")) {
    result += (text(item, "severity") == "critical" ? "  ! " : "  - ") + text(item, "text") + "\n";
    if (const std::string advice = text(item, "advice"); !advice.empty()) {
      result += "    " + advice + "\n";
    }
  }
  return result;
}

std::string arrays_text(const json::value& raid) {
  std::string result;
  for (const auto& array : list(raid, "arrays")) {
    std::string state = text(array, "state") + ", " + text(array, "present") + " of " +
                        text(array, "wanted") + " disks";
    const auto& sync = at(array, "sync");
    if (!at(sync, "progress").is_null()) {
      state += ", " + text(sync, "action") + " " + fixed(number(sync, "progress") * 100, 0) + " %";
    }
    result += line("Mirror", text(array, "name") + ": " + state);
  }
  return result;
}

std::string capture_text(const json::value& health) {
  const auto& capture = at(health, "capture");
  std::string result = text(capture, "state");
  if (!at(capture, "rate_per_second").is_null()) {
    result += ", " + fixed(number(capture, "rate_per_second"), 1) + " events per second";
  }
  return result;
}

std::string canary_text(const json::value& health) {
  const auto& canary = at(health, "canary");
  std::string result = text(canary, "state");
  for (const char* name : {"at", "text"}) {
    if (const std::string value = text(canary, name); !value.empty()) {
      result += ", " + value;
    }
  }
  return result;
}

std::string pending_text(const json::value& value) {
  const auto& pending = at(value, "pending");
  return pending.is_null() ? std::string{}
                           : "A change waits to be confirmed: it reverts in " +
                                 text(pending, "seconds_left") + " s\n";
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  std::string result;
  for (const auto& row : rows) {
    std::string text_row;
    for (std::size_t column = 0; column < row.size(); ++column) {
      text_row += row[column] + std::string(widths[column] - row[column].size() + 2, ' ');
    }
    text_row.erase(text_row.find_last_not_of(' ') + 1);
    result += text_row + "\n";
  }
  return result;
}

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  return fixed(bytes, unit == 0 || bytes >= 100 ? 0 : 1) + " " + kUnits[unit];
}

std::string duration_text(std::int64_t seconds) {
  const auto pair = [](std::int64_t large, const char* large_unit, std::int64_t small,
                       const char* small_unit) {
    return std::to_string(large) + large_unit +
           (small == 0 ? std::string{} : " " + std::to_string(small) + small_unit);
  };
  if (seconds >= 86400) {
    return pair(seconds / 86400, " d", seconds % 86400 / 3600, " h");
  }
  if (seconds >= 3600) {
    return pair(seconds / 3600, " h", seconds % 3600 / 60, " min");
  }
  return seconds >= 60 ? pair(seconds / 60, " min", seconds % 60, " s")
                       : std::to_string(seconds) + " s";
}

std::string field(std::string_view object, std::string_view name) {
  return text(parse(object), name);
}

std::string status_text(std::string_view health) {
  const json::value report = parse(health);
  const auto& budget = at(report, "disk_budget");
  const auto& memory = at(report, "memory");
  const std::string slot = text(report, "slot");
  std::string result = line("State", text(report, "state")) + problems_text(report);
  result +=
      line("Machine", text(report, "hostname") + ", Bristle " + text(report, "version") +
                          (slot.empty() ? "" : ", slot " + slot) + ", up " +
                          duration_text(static_cast<std::int64_t>(number(report, "uptime_s"))));
  if (const std::string boot = text(at(report, "boot"), "text"); !boot.empty()) {
    result += line("Start", boot);
  }
  result += line("Capture", capture_text(report)) + line("Canary", canary_text(report));
  result += arrays_text(at(report, "raid"));
  result += line("Disk", bytes_text(number(budget, "used_bytes")) + " of " +
                             bytes_text(number(budget, "size_bytes")) + " used on " +
                             text(budget, "path"));
  result += line("Memory", bytes_text(number(memory, "available_bytes")) + " of " +
                               bytes_text(number(memory, "total_bytes")) + " available");
  result += line("Page", text(report, "page_url"));
  for (const auto& address : list(report, "addresses")) {
    result += line("Address", text(address, "address") + " (" + text(address, "network") + ", " +
                                  text(address, "interface") + ")");
  }
  return result;
}

int status_exit_code(std::string_view health) {
  const std::string state = field(health, "state");
  return state == "ok" ? 0 : state == "warning" ? 1 : 2;
}

std::string services_text(std::string_view services) {
  std::vector<std::vector<std::string>> rows{
      {"SERVICE", "STATE", "RESTARTS", "MEMORY", "UNIT", "STATUS"}};
  for (const auto& item : list(parse(services), "services")) {
    rows.push_back(
        {text(item, "title"), text(item, "state") + " (" + text(item, "sub") + ")",
         text(item, "restarts"),
         at(item, "memory_bytes").is_null() ? "-" : bytes_text(number(item, "memory_bytes")),
         text(item, "unit"), text(item, "status_text")});
  }
  return table(rows);
}

std::string plan_text(std::string_view plan) {
  const json::value value = parse(plan);
  std::string result;
  for (const auto& step : list(value, "steps")) {
    result += "  " + std::string(step.is_string() ? step.as_string() : "") + "\n";
  }
  for (const auto& warning : list(value, "warnings")) {
    result += "  ! " + std::string(warning.is_string() ? warning.as_string() : "") + "\n";
  }
  return result;
}

std::string network_text(std::string_view network) {
  const json::value value = parse(network);
  std::string result;
  for (const auto& link : list(value, "links")) {
    result +=
        line(text(link, "name"), text(link, "state") + ", " + joined(list(link, "addresses")) +
                                     ", MTU " + text(link, "mtu") + ", " + text(link, "mac"));
  }
  for (const char* name : {"public", "vswitch"}) {
    if (const auto* settings = at(at(value, "settings"), name).if_object()) {
      for (const auto& entry : *settings) {
        result += "  " + std::string(name) + "." + std::string(entry.key()) + " = " +
                  json::serialize(entry.value()) + "\n";
      }
    }
  }
  return result + pending_text(value);
}

std::string firewall_text(std::string_view firewall) {
  const json::value value = parse(firewall);
  std::vector<std::vector<std::string>> rows{{"PORT", "FROM", "INTERFACE", "WHAT"}};
  for (const auto& rule : list(value, "rules")) {
    rows.push_back(
        {text(rule, "port"), text(rule, "from"), text(rule, "interface"), text(rule, "text")});
  }
  std::string result = is_true(value, "loaded") ? "" : "The rules are NOT loaded\n";
  result += table(rows) + "Everything else is dropped";
  if (!at(value, "dropped_packets").is_null()) {
    result += "; " + text(value, "dropped_packets") + " packets so far";
  }
  return result + "\n" + pending_text(value);
}

std::string audit_text(std::string_view audit) {
  std::vector<std::vector<std::string>> rows{{"TIME", "CALLER", "ACTION", "ARGUMENT", "RESULT"}};
  for (const auto& item : list(parse(audit), "entries")) {
    rows.push_back({text(item, "time"), text(item, "caller"),
                    text(item, "noun") + " " + text(item, "action"), text(item, "argument"),
                    text(item, "result")});
  }
  return table(rows);
}

std::string link_text(std::string_view link) {
  const json::value value = parse(link);
  return text(value, "url") + "\nIt works once, within " +
         duration_text(static_cast<std::int64_t>(number(value, "expires_s"))) + ".\n";
}

std::string log_text(std::string_view page, bool has_units) {
  std::string result;
  for (const auto& entry : list(parse(page), "entries")) {
    result += time_text(static_cast<std::int64_t>(number(entry, "time_us"))) + " " +
              (has_units ? text(entry, "unit") + ": " : "") + text(entry, "message") + "\n";
  }
  return result;
}

namespace {

const char* check_word(kernel::CheckState state) {
  switch (state) {
    case kernel::CheckState::ok:
      return "ok";
    case kernel::CheckState::differs:
      return "DIFFERS";
    case kernel::CheckState::not_applicable:
      break;
  }
  return "-";
}

}  // namespace

std::string checks_text(const std::vector<kernel::Check>& checks) {
  std::vector<std::vector<std::string>> rows{{"", "SETTING", "EXPECTED", "FOUND"}};
  std::string reasons;
  for (const auto& check : checks) {
    rows.push_back({check_word(check.state), check.name, check.expected, check.found});
    if (check.state == kernel::CheckState::differs) {
      reasons += "  " + check.name + ": " + check.reason + "\n";
    }
  }
  return table(rows) + (reasons.empty() ? "" : "\nWhy what differs matters:\n" + reasons);
}

std::string checks_json(const std::vector<kernel::Check>& checks) {
  json::array list;
  for (const auto& check : checks) {
    list.push_back(
        json::object{{"name", check.name},
                     {"expected", check.expected},
                     {"found", check.found},
                     {"reason", check.reason},
                     {"state", check.state == kernel::CheckState::ok        ? "ok"
                               : check.state == kernel::CheckState::differs ? "differs"
                                                                            : "not_applicable"}});
  }
  return json::serialize(json::object{{"checks", std::move(list)}});
}

}  // namespace ap::cli
