// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/health/health.h"

#include "appliance/health/environment.h"
#include "appliance/health/ledger.h"
#include "appliance/network/links.h"
#include "appliance/raid/raid.h"
#include "appliance/settings/proposal.h"
#include "appliance/settings/settings.h"

#include <boost/json.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace ap::health {
namespace {

namespace json = boost::json;

// A clock needs a moment after the start before it can be called unsynchronized.
constexpr double kClockGraceS = 180;

struct AddressOfLink {
  std::string interface;
  std::string address;
  std::string network;
};

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

template <typename Value>
json::value or_null(const std::optional<Value>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

}  // namespace

struct Health::Report {
  std::vector<Problem> problems;
  BootPhase boot;
  CaptureState capture;
  Canary canary;
  std::optional<bool> is_clock_synchronized;
  std::string page_url;
  std::vector<AddressOfLink> addresses;
  DiskBudget budget;
  double uptime_s = 0;
  double memory_total_bytes = 0;
  double memory_available_bytes = 0;
  std::string raid = R"({"arrays":[],"disks":[]})";

  // Runs one probe; what it throws becomes a problem, the others still run.
  template <typename Probe>
  void guard(const char* what, Probe probe) {
    try {
      probe();
    } catch (const std::exception& failure) {
      problems.push_back(
          problem("probe-failed", std::string(what) + " could not be read: " + failure.what()));
    }
  }

  void add(const std::vector<Problem>& more) {
    problems.insert(problems.end(), more.begin(), more.end());
  }
};

Health::Health(Sources sources)
    : sources_(std::move(sources)),
      capture_(sources_.fetch),
      budget_(sources_.root, sources_.space),
      smart_(sources_.runner) {}

std::string Health::describe() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  // Several consoles and the page ask at once; they share a report.
  if (!text_at_ || now - *text_at_ > kReportKept) {
    text_ = serialize(probe(now));
    text_at_ = now;
  }
  return text_;
}

std::string Health::describe_raid() {
  const std::lock_guard lock(mutex_);
  return raid_json(storage(std::chrono::steady_clock::now()));
}

const raid::Storage& Health::storage(std::chrono::steady_clock::time_point now) {
  if (!storage_at_ || now - *storage_at_ > kStorageKept) {
    storage_ = raid::read_storage(sources_.runner, sources_.root);
    storage_at_ = now;
  }
  return storage_;
}

std::string Health::raid_json(const raid::Storage& storage) const {
  if (has_mirror(storage)) {
    return raid::to_json(storage);
  }
  raid::Storage without_arrays = storage;
  without_arrays.arrays.clear();
  return raid::to_json(without_arrays);
}

Health::Report Health::probe(std::chrono::steady_clock::time_point now) {
  Report report;
  report.uptime_s =
      number_after("uptime " + read_small_file(sources_.root / "proc/uptime"), "uptime")
          .value_or(0);
  probe_storage(report, now);
  probe_product(report, now);
  probe_machine(report);
  probe_addresses(report);
  sort_problems(report.problems);
  return report;
}

void Health::probe_storage(Report& report, std::chrono::steady_clock::time_point now) {
  report.guard("The disks", [&] {
    const raid::Storage& found = storage(now);
    report.raid = raid_json(found);
    report.add(raid_problems(found));
    report.add(smart_.read(found.disks, now));
  });
  report.guard("The disk budget", [&] {
    report.budget = budget_.read(now);
    report.add(budget_problems(report.budget));
  });
}

void Health::probe_product(Report& report, std::chrono::steady_clock::time_point now) {
  const auto environment = read_environment(sources_.root);
  const auto setting = [&environment](const char* name, const char* fallback) {
    const auto found = environment.find(name);
    return found == environment.end() || found->second.empty() ? std::string(fallback)
                                                               : found->second;
  };
  report.page_url = setting("SITE_URL", "http://127.0.0.1:8000");
  report.guard("The start of the services", [&] {
    report.boot = read_boot_phase(sources_.root, *sources_.open_manager(),
                                  static_cast<std::int64_t>(report.uptime_s));
  });
  report.guard("The canary", [&] {
    report.canary = read_canary(sources_.root);
    // After a start the file is of the time before it; the phase says that already.
    if (report.boot.phase == "ready") {
      report.add(canary_problems(report.canary, now_seconds()));
    }
  });
  report.guard("The ledger", [&] {
    const std::filesystem::path event_log =
        setting("BRISTLE_EVENT_LOG", "/var/lib/bristle/event-log");
    if (report.boot.phase == "ready") {
      report.add(ledger_problems(sources_.root / event_log.relative_path(), now_seconds()));
    }
  });
  report.capture = capture_.read(setting("BRISTLE_METRICS_LISTEN", "127.0.0.1:9100"), now);
  if (!report.capture.is_up && report.boot.phase == "ready") {
    report.problems.push_back(problem("capture-down", "Capture does not answer"));
  }
  report.guard("The failed services", [&] {
    const auto manager = sources_.open_manager();
    report.add(unit_problems(manager->failed_units()));
    report.add(restarts_.read(*manager, now));
  });
}

void Health::probe_machine(Report& report) {
  if (kernel_parameter(sources_.root, "bristle.slot") == "b") {
    report.problems.push_back(
        problem("slot-fallback", "The machine runs from slot B, its spare system"));
  }
  report.guard("The network card", [&] {
    const std::uint64_t hangs = hangs_.count(*sources_.open_journal());
    if (hangs > 0) {
      report.problems.push_back(problem(
          "nic-hang", "The network card hung " + std::to_string(hangs) + " times since the start"));
    }
  });
  report.is_clock_synchronized = sources_.clock();
  if (report.is_clock_synchronized == false && report.uptime_s > kClockGraceS) {
    report.problems.push_back(
        problem("clock-unsynchronized", "The clock is not kept by a time server"));
  }
  if (const auto reason = recovery_reason(sources_.root)) {
    report.problems.push_back(problem("recovery-mode", "Recovery mode: " + *reason));
  }
  report.add(boot_warnings(sources_.root));
  const std::string memory = read_small_file(sources_.root / "proc/meminfo");
  report.memory_total_bytes = number_after(memory, "MemTotal").value_or(0) * 1024;
  report.memory_available_bytes = number_after(memory, "MemAvailable").value_or(0) * 1024;
}

void Health::probe_addresses(Report& report) {
  report.guard("The addresses", [&] {
    const settings::Settings settings = settings::settings_in_effect(sources_.root);
    for (const auto& link : network::read_links(sources_.runner)) {
      std::string where = network::network_of_link(settings, link.name);
      if (where.empty()) {
        where = "public";
      }
      for (const auto& address : link.addresses) {
        report.addresses.push_back({link.name, address, where});
      }
    }
  });
}

namespace {

json::array problems_json(const std::vector<Problem>& problems) {
  json::array list;
  for (const auto& item : problems) {
    list.push_back(json::object{{"noun", item.noun},
                                {"severity", item.is_critical ? "critical" : "warning"},
                                {"code", item.code},
                                {"text", item.text},
                                {"advice", item.advice}});
  }
  return list;
}

json::object budget_json(const DiskBudget& budget) {
  json::array parts;
  for (const auto& part : budget.parts) {
    parts.push_back(json::object{{"name", part.name}, {"bytes", part.bytes}});
  }
  return {{"path", budget.path},
          {"size_bytes", budget.size_bytes},
          {"used_bytes", budget.used_bytes},
          {"parts", std::move(parts)}};
}

json::array addresses_json(const std::vector<AddressOfLink>& addresses) {
  json::array list;
  for (const auto& address : addresses) {
    list.push_back(json::object{{"interface", address.interface},
                                {"address", address.address},
                                {"network", address.network}});
  }
  return list;
}

const char* state_of(const std::vector<Problem>& problems) {
  if (std::any_of(problems.begin(), problems.end(),
                  [](const Problem& item) { return item.is_critical; })) {
    return "critical";
  }
  // A mirror that completes itself is worth a line, not an alarm.
  const bool is_worrying = std::any_of(problems.begin(), problems.end(), [](const Problem& item) {
    return item.code != "raid-rebuilding";
  });
  return is_worrying ? "warning" : "ok";
}

}  // namespace

std::string Health::serialize(const Report& report) {
  const auto bytes = [](double value) { return static_cast<std::uint64_t>(value); };
  return json::serialize(
      json::object{{"state", state_of(report.problems)},
                   {"problems", problems_json(report.problems)},
                   {"version", BRISTLE_VERSION},
                   {"slot", kernel_parameter(sources_.root, "bristle.slot")},
                   {"hostname", read_small_file(sources_.root / "proc/sys/kernel/hostname")},
                   {"uptime_s", static_cast<std::int64_t>(report.uptime_s)},
                   {"boot", {{"phase", report.boot.phase}, {"text", report.boot.text}}},
                   {"capture",
                    {{"state", report.capture.is_up ? "up" : "down"},
                     {"rate_per_second", or_null(report.capture.rate_per_second)},
                     {"events_total", or_null(report.capture.events_total)}}},
                   {"canary",
                    {{"state", report.canary.state},
                     {"at", or_null(report.canary.at)},
                     {"latency_ms", or_null(report.canary.latency_ms)},
                     {"text", report.canary.text}}},
                   {"clock", {{"synchronized", report.is_clock_synchronized.value_or(true)}}},
                   {"page_url", report.page_url},
                   {"addresses", addresses_json(report.addresses)},
                   {"disk_budget", budget_json(report.budget)},
                   {"memory",
                    {{"total_bytes", bytes(report.memory_total_bytes)},
                     {"available_bytes", bytes(report.memory_available_bytes)}}},
                   {"raid", json::parse(report.raid)}});
}

}  // namespace ap::health
