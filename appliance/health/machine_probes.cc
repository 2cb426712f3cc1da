// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/health/machine_probes.h"

#include "appliance/health/environment.h"
#include "appliance/services/catalogue.h"

#include <boost/json.hpp>
#include <sys/timex.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>
#include <system_error>

namespace ap::health {
namespace {

namespace json = boost::json;

constexpr std::int64_t kCanaryAgeMaxS = 900;
constexpr std::int64_t kStartTakesS = 600;
constexpr const char* kHangMessage = "Detected Hardware Unit Hang";

// The units without which the product does not do its work, in the order they start in.
constexpr std::array<std::string_view, 5> kCoreUnits{
    "bristle-dataplane.service", "bristle-postgresql.service", "bristle-engine.service",
    "bristle-api.service", "bristle-worker.service"};

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string{};
}

std::optional<json::value> parse_file(const std::filesystem::path& path) {
  std::error_code wrong;
  json::value value = json::parse(read_small_file(path), wrong);
  return wrong ? std::nullopt : std::optional<json::value>(std::move(value));
}

std::string title_of(const std::string& unit) {
  const auto& entries = services::catalogue();
  const auto found =
      std::find_if(entries.begin(), entries.end(),
                   [&unit](const services::CatalogueEntry& entry) { return entry.unit == unit; });
  return found == entries.end() ? unit : std::string(found->title);
}

// Digits at a fixed place of a time.
int digits(std::string_view text, std::size_t start, std::size_t count) {
  int number = -1;
  if (start + count <= text.size()) {
    std::from_chars(text.data() + start, text.data() + start + count, number);
  }
  return number;
}

}  // namespace

std::optional<std::int64_t> parse_time(const std::string& text) {
  namespace chrono = std::chrono;
  if (text.size() < 20 || text[10] != 'T' || text.back() != 'Z') {
    return std::nullopt;
  }
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) {
    return std::nullopt;
  }
  const chrono::year_month_day date{chrono::year(digits(text, 0, 4)),
                                    chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) {
    return std::nullopt;
  }
  const auto time = chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute) +
                    chrono::seconds(second);
  return chrono::duration_cast<chrono::seconds>(time.time_since_epoch()).count();
}

Canary read_canary(const std::filesystem::path& root) {
  Canary canary;
  const auto value = parse_file(root / "var/lib/bristle/canary/last.json");
  if (!value || !value->is_object()) {
    canary.text = "No event has been sent through the product yet";
    return canary;
  }
  const auto& object = value->as_object();
  canary.state = text_of(object, "state") == "ok" ? "ok" : "failed";
  canary.text = text_of(object, "text");
  if (const std::string at = text_of(object, "at"); !at.empty()) {
    canary.at = at;
  }
  if (const auto* latency = object.if_contains("latency_ms");
      latency != nullptr && latency->is_int64()) {
    canary.latency_ms = latency->as_int64();
  }
  return canary;
}

std::vector<Problem> canary_problems(const Canary& canary, std::int64_t now_s) {
  if (canary.state == "failed") {
    return {problem("canary-failed", "The last canary event did not arrive: " + canary.text)};
  }
  const auto at = canary.at ? parse_time(*canary.at) : std::nullopt;
  if (canary.state == "ok" && (!at || now_s - *at > kCanaryAgeMaxS)) {
    return {problem("canary-old", "The last canary event is from " +
                                      canary.at.value_or("an unknown time") +
                                      ", more than 15 minutes ago")};
  }
  return {};
}

std::vector<Problem> unit_problems(const std::vector<std::string>& failed_units) {
  std::vector<Problem> problems;
  for (const auto& unit : failed_units) {
    if (unit == "bristle-canary.service") {
      continue;  // The canary has a line of its own.
    }
    const bool is_core = std::find(kCoreUnits.begin(), kCoreUnits.end(), unit) != kCoreUnits.end();
    problems.push_back(
        problem(is_core ? "unit-failed-critical" : "unit-failed", title_of(unit) + " has failed"));
  }
  return problems;
}

std::vector<Problem> RestartMeter::read(bus::SystemManager& manager,
                                        std::chrono::steady_clock::time_point now) {
  std::vector<Problem> problems;
  for (const auto unit : kCoreUnits) {
    const bus::UnitState state = manager.unit(std::string(unit));
    auto& counts = counts_[state.name];
    // The number begins anew when somebody starts the unit by hand.
    if (!counts.empty() && state.restarts < counts.back().restarts) {
      counts.clear();
    }
    while (!counts.empty() && now - counts.front().at > kWindow) {
      counts.pop_front();
    }
    if (counts.empty() || state.restarts != counts.back().restarts) {
      counts.push_back({now, state.restarts});
    }
    const std::uint32_t restarts = state.restarts - counts.front().restarts;
    const bool waits = state.sub_state == "auto-restart" && state.restarts > kRestartsMax;
    if (restarts > kRestartsMax || waits) {
      problems.push_back(problem("unit-restarting", title_of(state.name) +
                                                        " keeps ending and was started again " +
                                                        std::to_string(state.restarts) + " times"));
    }
  }
  return problems;
}

std::uint64_t HangCounter::count(services::Journal& journal) {
  services::LogQuery query;
  query.is_kernel = true;
  query.filter = kHangMessage;
  query.cursor = cursor_;
  query.lines = services::Journal::kLinesMax;
  const services::LogPage page = journal.read(query);
  cursor_ = page.next;
  hangs_ += page.entries.size();
  return hangs_;
}

std::optional<bool> is_clock_synchronized() {
  timex clock{};  // modes 0: only reads
  const int state = adjtimex(&clock);
  if (state < 0) {
    return std::nullopt;
  }
  return state != TIME_ERROR && (static_cast<unsigned>(clock.status) & STA_UNSYNC) == 0;
}

std::optional<std::string> recovery_reason(const std::filesystem::path& root) {
  const auto marker = root / "run/bristle/recovery";
  if (!std::filesystem::exists(marker)) {
    return std::nullopt;
  }
  std::string reason = read_small_file(marker);
  return reason.empty() ? "the disks could not be used" : reason;
}

std::vector<Problem> boot_warnings(const std::filesystem::path& root) {
  std::vector<Problem> problems;
  const auto value = parse_file(root / "run/bristle/warnings.json");
  if (!value || !value->is_array()) {
    return problems;
  }
  for (const auto& item : value->as_array()) {
    if (item.is_object()) {
      const auto& object = item.as_object();
      problems.push_back({text_of(object, "noun"), text_of(object, "severity") == "critical",
                          text_of(object, "code"), text_of(object, "text"),
                          text_of(object, "advice")});
    }
  }
  return problems;
}

BootPhase read_boot_phase(const std::filesystem::path& root, bus::SystemManager& manager,
                          std::int64_t uptime_s) {
  if (const auto reason = recovery_reason(root)) {
    return {"recovery", "Recovery mode: " + *reason};
  }
  std::string waiting;
  for (const auto unit : kCoreUnits) {
    const bus::UnitState state = manager.unit(std::string(unit));
    if (state.load_state == "loaded" && state.active_state != "active") {
      waiting += (waiting.empty() ? "" : ", ") + title_of(std::string(unit));
    }
  }
  const bool is_first = std::filesystem::exists(root / "usr/lib/bristle/appliance") &&
                        !std::filesystem::exists(root / "data/state/firstboot/good");
  if (is_first) {
    return {"first-boot", waiting.empty() ? "First start: waiting for the first canary event"
                                          : "First start: waiting for " + waiting};
  }
  if (!waiting.empty() && uptime_s < kStartTakesS) {
    return {"starting", "Starting: waiting for " + waiting};
  }
  return {};
}

}  // namespace ap::health
