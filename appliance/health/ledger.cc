// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/health/ledger.h"

#include "dataplane/format/ledger_state.h"

#include <array>
#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <string>

namespace ap::health {
namespace {

constexpr std::int64_t kWaitingMaxS = 60;    // ADR 0015
constexpr std::int64_t kCheckAgeMaxS = 120;  // the worker checks every five seconds
constexpr std::size_t kMinutesSaidMax = 3;

/// "2026-01-31 12:00 UTC"
std::string minute_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm calendar{};
  ::gmtime_r(&time, &calendar);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &calendar);
  return {text.data(), length};
}

std::string project_text(const format::NamedImbalance& item) {
  if (item.project_id == 0) {
    return "All projects together";
  }
  const std::string number = "project " + std::to_string(item.project_id);
  return item.project_name.empty() ? number : item.project_name + " (" + number + ")";
}

std::string difference_text(std::int64_t missing) {
  const auto count = missing < 0 ? -missing : missing;
  const std::string events = std::to_string(count) + (count == 1 ? " event" : " events");
  return missing > 0 ? events + " without a known end" : events + " counted twice";
}

std::vector<Problem> imbalance_problems(const format::LedgerState& state) {
  std::vector<Problem> problems;
  for (const auto& item : state.imbalances) {
    if (problems.size() == kMinutesSaidMax) {
      break;
    }
    problems.push_back(problem("ledger-unbalanced", project_text(item) + ", " +
                                                        minute_text(item.minute * 60) + ": " +
                                                        difference_text(item.missing)));
  }
  if (state.unbalanced_minutes > problems.size() && !problems.empty()) {
    problems.push_back(problem("ledger-unbalanced",
                               std::to_string(state.unbalanced_minutes - problems.size()) +
                                   " more minutes of the last day do not add up, " +
                                   std::to_string(state.unaccounted_events) + " events in all"));
  }
  return problems;
}

}  // namespace

std::vector<Problem> ledger_problems(const std::filesystem::path& event_log, std::int64_t now_s) {
  const auto state = format::read_ledger_state(event_log);
  if (!state) {
    if (state.error() == base::Error::from_errno(ENOENT)) {
      return {};
    }
    throw std::runtime_error(base::describe(state.error()));
  }
  auto problems = imbalance_problems(*state);
  if (now_s - state->checked_s > kCheckAgeMaxS) {
    problems.push_back(problem("ledger-unchecked",
                               "The ledger was last checked at " + minute_text(state->checked_s)));
  } else if (state->waiting_since_s != 0 && now_s - state->waiting_since_s > kWaitingMaxS) {
    problems.push_back(problem(
        "ledger-behind",
        "Events received at " + minute_text(state->waiting_since_s) + " are still not stored"));
  }
  return problems;
}

}  // namespace ap::health
