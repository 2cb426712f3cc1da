// SPDX-License-Identifier: LicenseRef-Project
// The conservation ledger: what became of every event a project was sent, by minute of receipt.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/request_parameters.h"
#include "controlplane/api/internal/routes.h"
#include "controlplane/livestream/backlog.h"
#include "controlplane/model/ingestion_ledger.h"

#include <array>
#include <chrono>
#include <ctime>
#include <map>

namespace cp::api {
namespace {

constexpr std::int64_t kMinutesShown = 60;
constexpr std::int64_t kMinutesMax = std::int64_t{7} * 24 * 60;
constexpr std::int64_t kSecondUs = 1'000'000;
/// What waits longer in the log than this has no known end when it should.
constexpr std::int64_t kInFlightUsMax = 60 * kSecondUs;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string iso_time(std::int64_t time_us) {
  const std::time_t seconds = time_us / kSecondUs;
  std::tm calendar{};
  ::gmtime_r(&seconds, &calendar);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &calendar);
  return {text.data(), length};
}

std::string iso_minute(std::int64_t minute) { return iso_time(minute * 60 * kSecondUs); }

std::int64_t minute_parameter(db::Transaction& transaction, const web::Request& request,
                              const std::string& name, std::int64_t fallback) {
  const auto text = time_parameter(request, name);
  if (text.empty()) {
    return fallback;
  }
  const auto minute = model::parse_minute(transaction, text);
  return minute ? *minute : throw invalid_field(name, "There is no such time.");
}

model::MinuteRange range_of(db::Transaction& transaction, const web::Request& request) {
  const auto next = now_us() / kSecondUs / 60 + 1;
  model::MinuteRange range;
  range.to = minute_parameter(transaction, request, "to", next);
  range.from = minute_parameter(transaction, request, "from", range.to - kMinutesShown);
  if (range.from >= range.to || range.to - range.from > kMinutesMax) {
    throw invalid_field("from", "Expected a time before \"to\", at most 7 days.");
  }
  return range;
}

/// Everything the answer is made of, of one moment.
struct Ledger {
  model::MinuteRange range;
  std::vector<model::LedgerMinute> minutes;
  std::vector<model::Refusal> refusals;
  std::vector<model::Refusal> without_project;
  std::int64_t unknown_project_events = 0;
  std::optional<std::int64_t> unbalanced_minute;  ///< Of the whole installation.
  livestream::Backlog backlog;
};

Ledger read_ledger(const Services& services, const web::Request& request,
                   const model::Project& project) {
  Ledger ledger;
  livestream::Positions positions;
  {
    auto transaction = services.pool.begin();
    model::freeze(transaction);
    ledger.range = range_of(transaction, request);
    ledger.minutes = model::list_ledger(transaction, project.id, ledger.range);
    ledger.refusals = model::list_refusals(transaction, project.id, ledger.range);
    ledger.without_project = model::list_refusals(transaction, model::kNoProject, ledger.range);
    for (const auto& minute : model::list_ledger(transaction, model::kNoProject, ledger.range)) {
      ledger.unknown_project_events += minute.unknown_project;
    }
    ledger.unbalanced_minute = model::first_unbalanced_minute(transaction, ledger.range);
    positions = model::list_ledger_positions(transaction);
  }
  // The log behind these positions is what the ledger above does not count, whatever the worker
  // has done meanwhile.
  ledger.backlog = livestream::read_backlog(services.event_log, positions, project.api_token);
  return ledger;
}

boost::json::array refusals_json(const std::vector<model::Refusal>& refusals) {
  std::map<std::string, model::Refusal> sums;
  for (const auto& refusal : refusals) {
    auto& sum = sums.try_emplace(refusal.reason, refusal).first->second;
    if (sum.minute != refusal.minute) {
      sum.requests += refusal.requests;
      sum.events += refusal.events;
    }
  }
  boost::json::array list;
  for (const auto& [reason, sum] : sums) {
    list.push_back({{"reason", reason},
                    {"status", sum.status},
                    {"text", sum.text},
                    {"requests", sum.requests},
                    {"events", sum.events}});
  }
  return list;
}

/// One minute as it is shown: everything received, and its ends.
struct ShownMinute {
  model::LedgerMinute ledger;
  std::int64_t in_flight = 0;
  std::int64_t refused = 0;
  boost::json::object refused_by_reason;
};

std::map<std::int64_t, ShownMinute> shown_minutes(const Ledger& ledger) {
  std::map<std::int64_t, ShownMinute> shown;
  for (const auto& minute : ledger.minutes) {
    shown[minute.minute].ledger = minute;
  }
  for (const auto& [minute, events] : ledger.backlog.events) {
    if (minute >= ledger.range.from && minute < ledger.range.to) {
      shown[minute].in_flight = static_cast<std::int64_t>(events);
    }
  }
  for (const auto& refusal : ledger.refusals) {
    auto& minute = shown[refusal.minute];
    minute.refused += refusal.events;
    minute.refused_by_reason[refusal.reason] = refusal.events;
  }
  return shown;
}

boost::json::object minute_json(std::int64_t number, const ShownMinute& minute) {
  const auto& ledger = minute.ledger;
  return {{"minute", iso_minute(number)},
          {"received",
           std::max(ledger.acknowledged, ledger.accepted) + minute.in_flight + minute.refused},
          {"acknowledged", ledger.acknowledged},
          {"stored", ledger.stored},
          {"dropped", ledger.dropped},
          {"duplicate", ledger.duplicate},
          {"quarantined", ledger.quarantined},
          {"refused", minute.refused},
          {"refused_by_reason", minute.refused_by_reason},
          {"in_flight", minute.in_flight},
          {"missing", ledger.missing()}};
}

/// What the ledger says as a whole: a minute that does not add up, or something that waits too
/// long, is an alarm; what waits for less is in flight.
boost::json::object state_json(const Ledger& ledger) {
  auto first = ledger.unbalanced_minute;
  for (const auto& minute : ledger.minutes) {
    if (minute.missing() != 0) {
      first = std::min(first.value_or(minute.minute), minute.minute);
    }
  }
  const auto oldest = ledger.backlog.oldest_received_us;
  if (first) {
    return {{"state", "unbalanced"},
            {"cause", "events_missing"},
            {"unbalanced_since", iso_minute(*first)}};
  }
  if (oldest && now_us() - *oldest > kInFlightUsMax) {
    return {{"state", "unbalanced"},
            {"cause", "worker_behind"},
            {"unbalanced_since", iso_time(*oldest)}};
  }
  return {{"state", ledger.backlog.records > 0 ? "in_flight" : "balanced"},
          {"cause", nullptr},
          {"unbalanced_since", nullptr}};
}

}  // namespace

web::Response ingestion_ledger(const Services& services, const web::Request& request,
                               const model::Project& project) {
  const auto ledger = read_ledger(services, request, project);
  auto answer = state_json(ledger);
  boost::json::array minutes;
  for (const auto& [number, minute] : shown_minutes(ledger)) {
    minutes.push_back(minute_json(number, minute));
  }
  const auto& backlog = ledger.backlog;
  answer["date_from"] = iso_minute(ledger.range.from);
  answer["date_to"] = iso_minute(ledger.range.to);
  answer["in_flight"] = boost::json::object{
      {"records", backlog.records},
      {"is_complete", backlog.is_complete},
      {"oldest_received_at", backlog.oldest_received_us
                                 ? boost::json::value(iso_time(*backlog.oldest_received_us))
                                 : boost::json::value(nullptr)}};
  answer["minutes"] = std::move(minutes);
  answer["refusals"] = refusals_json(ledger.refusals);
  answer["without_project"] =
      boost::json::object{{"unknown_token_events", ledger.unknown_project_events},
                          {"refusals", refusals_json(ledger.without_project)}};
  return json_response(answer);
}

}  // namespace cp::api
