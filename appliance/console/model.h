// SPDX-License-Identifier: LicenseRef-Project
// What the appliance service says, as values: parsed from its JSON, tolerant of missing keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ap::console {

struct Problem {
  std::string noun;
  bool is_critical = false;
  std::string text;
  std::string advice;
};

struct RaidMember {
  std::string disk;
  std::string serial;
  std::string state;
};

struct RaidArray {
  std::string name;
  std::string state;
  std::uint64_t wanted = 0;
  std::uint64_t present = 0;
  std::vector<RaidMember> members;
  bool is_syncing = false;
  std::string sync_action;
  std::optional<double> sync_progress;
  double sync_bytes_per_second = 0;
  std::optional<std::int64_t> sync_remaining_s;
};

struct Disk {
  std::string name;
  std::string serial;
  std::string model;
  double size_bytes = 0;
  std::string role;
  bool is_boot = false;
  std::string text;
};

struct Address {
  std::string interface;
  std::string address;
  std::string network;
};

struct Health {
  std::string state;
  std::vector<Problem> problems;
  std::string version;
  std::string slot;
  std::string hostname;
  std::int64_t uptime_s = 0;
  std::string phase = "ready";
  std::string phase_text;
  bool is_capturing = false;
  std::optional<double> rate_per_second;
  std::optional<std::uint64_t> events_total;
  std::string canary_state;
  std::string canary_at;
  std::optional<double> canary_latency_ms;
  std::string canary_text;
  bool is_clock_synchronized = true;
  std::string page_url;
  std::vector<Address> addresses;
  std::string disk_path;
  double disk_size_bytes = 0;
  double disk_used_bytes = 0;
  std::vector<std::pair<std::string, double>> disk_parts;
  double memory_total_bytes = 0;
  double memory_available_bytes = 0;
  std::vector<RaidArray> arrays;
  std::vector<Disk> disks;
};

struct Service {
  std::string unit;
  std::string title;
  std::string state;
  std::string sub;
  std::int64_t since_us = 0;
  std::uint64_t restarts = 0;
  std::int64_t pid = 0;
  std::optional<double> memory_bytes;
  std::optional<std::int64_t> cpu_ns;
  std::string status_text;
  std::string result;
  std::vector<std::string> can;

  [[nodiscard]] bool may(std::string_view verb) const;
};

struct LogEntry {
  std::string cursor;
  std::int64_t time_us = 0;
  int priority = 6;
  std::string unit;
  std::string message;
};

struct LogPage {
  std::vector<LogEntry> entries;
  std::string next;
};

/// A setting of a form: `key` as in the operator's file (`vswitch.address`), its value as text;
/// lists are joined with commas.
struct Setting {
  std::string key;
  std::string title;
  std::string value;
  bool is_list = false;
  bool is_number = false;
};

struct Link {
  std::string name;
  std::string state;
  std::string mac;
  std::int64_t mtu = 0;
  std::vector<std::string> addresses;
};

struct Network {
  std::vector<Setting> settings;
  std::vector<Link> links;
  std::optional<std::int64_t> pending_s;
};

struct FirewallRule {
  std::string text;
  std::string port;
  std::string from;
  std::string interface;
};

struct Firewall {
  std::vector<Setting> settings;
  std::vector<FirewallRule> rules;
  bool is_loaded = false;
  std::optional<std::uint64_t> dropped_packets;
  std::optional<std::int64_t> pending_s;
};

struct AuditEntry {
  std::string time;
  std::string caller;
  std::string noun;
  std::string action;
  std::string argument;
  std::string result;
};

struct Change {
  std::string field;
  std::string from;
  std::string to;
};

struct Plan {
  std::vector<Change> changes;
  std::vector<std::string> steps;
  std::vector<std::string> warnings;
};

/// What an `Act`, `Apply`, `Confirm` or `Revert` started.
struct Started {
  std::string operation;
  std::int64_t confirm_within_s = 0;
};

struct Operation {
  std::string state;
  std::optional<double> progress;
  std::string step;
  std::string result;
};

struct LoginLink {
  std::string url;
  std::int64_t expires_s = 0;
};

/// Each returns nothing when the text is not a JSON object; missing keys keep their defaults.
std::optional<Health> parse_health(std::string_view json);
std::optional<std::vector<Service>> parse_services(std::string_view json);
std::optional<LogPage> parse_log(std::string_view json);
std::optional<Network> parse_network(std::string_view json);
std::optional<Firewall> parse_firewall(std::string_view json);
/// The newest entry first; the service has it last.
std::optional<std::vector<AuditEntry>> parse_audit(std::string_view json);
std::optional<Plan> parse_plan(std::string_view json);
std::optional<Started> parse_started(std::string_view json);
std::optional<Operation> parse_operation(std::string_view json);
std::optional<LoginLink> parse_login_link(std::string_view json);

/// The settings of `after` that differ from `before`, as the JSON the service takes:
/// `{"vswitch":{"address":"10.1.1.31/24"}}`. Empty when nothing differs.
std::string changed_settings(const std::vector<Setting>& before, const std::vector<Setting>& after);

}  // namespace ap::console
