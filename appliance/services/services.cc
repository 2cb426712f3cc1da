// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/services/services.h"

#include "appliance/exec/failure.h"
#include "appliance/services/plan.h"

#include <boost/json.hpp>

#include <charconv>
#include <utility>

namespace ap::services {
namespace {

namespace json = boost::json;

using exec::Failure;
using exec::FailureKind;

// A database that is stopped writes everything out first.
constexpr std::chrono::seconds kJobTimeout{150};
constexpr std::chrono::milliseconds kVerifyStep{250};
constexpr int kVerifySteps = 8;
constexpr std::size_t kFilterBytesMax = 200;
constexpr const char* kImageMarker = "usr/lib/bristle/appliance";

json::value number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::array verbs_of(const CatalogueEntry& entry) {
  json::array verbs;
  if (is_allowed(entry, Verb::start)) {
    verbs.emplace_back("start");
  }
  if (is_allowed(entry, Verb::stop)) {
    verbs.emplace_back("stop");
  }
  if (is_allowed(entry, Verb::restart)) {
    verbs.emplace_back("restart");
  }
  return verbs;
}

json::object to_json(const CatalogueEntry& entry, const bus::UnitState& state) {
  return {{"unit", entry.unit},
          {"title", entry.title},
          {"state", state.active_state},
          {"sub", state.sub_state},
          {"since_us", state.since_us},
          {"restarts", state.restarts},
          {"pid", state.pid},
          {"memory_bytes", number_or_null(state.memory_bytes)},
          {"cpu_ns", number_or_null(state.cpu_ns)},
          {"status_text", state.status_text},
          {"result", state.result},
          {"can", verbs_of(entry)}};
}

std::vector<std::string> own_units() {
  std::vector<std::string> units;
  for (const auto& entry : catalogue()) {
    if (entry.unit.starts_with("bristle-")) {
      units.emplace_back(entry.unit);
    }
  }
  return units;
}

std::size_t parse_lines(const std::string& text) {
  std::size_t lines = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lines);
  if (error != std::errc{} || end != text.data() + text.size() || lines == 0 ||
      lines > Journal::kLinesMax) {
    throw Failure(FailureKind::invalid, "lines must be a number from 1 to 1000", "lines");
  }
  return lines;
}

json::array strings(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

std::string past_tense(Verb verb, const CatalogueEntry& entry) {
  std::string name(entry.title);
  switch (verb) {
    case Verb::start:
      return name + (entry.is_oneshot ? " has run" : " is running");
    case Verb::stop:
      return name + " has stopped";
    case Verb::restart:
      return name + (entry.is_oneshot ? " has run once more" : " was restarted and is running");
    case Verb::reset_failed:
      return "The failure of " + name + " is forgotten";
  }
  return name;
}

}  // namespace

Services::Services(std::filesystem::path root, bus::SystemManager& manager, Journal& journal,
                   Pause pause)
    : root_(std::move(root)), manager_(manager), journal_(journal), pause_(std::move(pause)) {}

std::string Services::describe() {
  const bool is_image = std::filesystem::exists(root_ / kImageMarker);
  json::array services;
  for (const auto& entry : catalogue()) {
    if (entry.is_image_only && !is_image) {
      continue;
    }
    const bus::UnitState state = manager_.unit(std::string(entry.unit));
    if (state.load_state == "loaded") {
      services.push_back(to_json(entry, state));
    }
  }
  return json::serialize(json::object{{"services", std::move(services)}});
}

std::string Services::plan(const std::string& unit, const std::string& verb) {
  const auto& entry = entry_of(unit);
  const Plan plan = plan_for(entry, parse_verb(verb), manager_.unit(unit));
  return json::serialize(
      json::object{{"steps", strings(plan.steps)}, {"warnings", strings(plan.warnings)}});
}

std::string Services::act(const std::string& unit, const std::string& verb,
                          const Progress& progress) {
  const auto& entry = entry_of(unit);
  const Verb parsed = parse_verb(verb);
  // Refuses what a plan would refuse.
  plan_for(entry, parsed, manager_.unit(unit));
  switch (parsed) {
    case Verb::reset_failed:
      manager_.reset_failed(unit);
      break;
    case Verb::stop:
      stop(entry, progress);
      break;
    case Verb::start:
      run(entry, bus::Job::start, progress);
      verify_up(entry, progress);
      break;
    case Verb::restart:
      run(entry, bus::Job::restart, progress);
      verify_up(entry, progress);
      break;
  }
  return past_tense(parsed, entry);
}

void Services::stop(const CatalogueEntry& entry, const Progress& progress) {
  for (const auto socket : entry.sockets) {
    const std::string unit(socket);
    if (manager_.unit(unit).load_state == "loaded") {
      run(entry_of(socket), bus::Job::stop, progress);
    }
  }
  run(entry, bus::Job::stop, progress);
}

void Services::run(const CatalogueEntry& entry, bus::Job job, const Progress& progress) {
  const std::string unit(entry.unit);
  const std::string title(entry.title);
  progress(std::nullopt, (job == bus::Job::stop    ? "Stopping "
                          : job == bus::Job::start ? "Starting "
                                                   : "Restarting ") +
                             title);
  const std::string result = manager_.run_job(unit, job, kJobTimeout);
  if (result == "done" || result == "skipped") {
    return;
  }
  if (job == bus::Job::restart && !entry.is_oneshot) {
    progress(std::nullopt, "The restart ended as " + result + "; starting " + title + " once more");
    if (manager_.run_job(unit, bus::Job::start, kJobTimeout) == "done") {
      return;
    }
  }
  fail(entry, "the service manager's job ended as " + result);
}

// Up is more than started: a service that falls over within two seconds does not count.
void Services::verify_up(const CatalogueEntry& entry, const Progress& progress) {
  const std::string unit(entry.unit);
  progress(0.8, "Checking that " + std::string(entry.title) + " stays up");
  const std::uint32_t restarts = manager_.unit(unit).restarts;
  for (int step = 0; step < kVerifySteps; ++step) {
    const bus::UnitState state = manager_.unit(unit);
    if (state.active_state == "failed" || state.restarts > restarts) {
      fail(entry, "it ended by itself (" + state.result + ")");
    }
    if (entry.is_oneshot && state.active_state == "inactive") {
      return;
    }
    if (step + 1 < kVerifySteps) {
      pause_(kVerifyStep);
    }
  }
  const bus::UnitState state = manager_.unit(unit);
  if (state.active_state != "active" && !(entry.is_oneshot && state.active_state == "inactive")) {
    fail(entry, "it is " + state.active_state);
  }
}

void Services::fail(const CatalogueEntry& entry, const std::string& what) {
  std::string text = std::string(entry.title) + ": " + what;
  if (const std::string words = last_words(std::string(entry.unit)); !words.empty()) {
    text += ". Its log ends with: " + words;
  }
  throw Failure(FailureKind::failed, text);
}

std::string Services::last_words(const std::string& unit) {
  try {
    LogQuery query;
    query.units = {unit};
    query.lines = 3;
    std::string text;
    for (const auto& entry : journal_.read(query).entries) {
      text += (text.empty() ? "" : " / ") + entry.message.substr(0, 300);
    }
    return text;
  } catch (const Failure&) {
    // The failure itself matters more than a journal that cannot be read.
    return {};
  }
}

std::string Services::read_log(const std::string& unit, const std::string& filter,
                               const std::string& cursor, const std::string& lines) {
  LogQuery query;
  query.lines = parse_lines(lines);
  query.cursor = cursor;
  query.filter = filter;
  if (filter.size() > kFilterBytesMax) {
    throw Failure(FailureKind::invalid, "a filter has at most 200 bytes", "filter");
  }
  if (unit.empty()) {
    query.units = own_units();
  } else {
    query.units = {std::string(entry_of(unit).unit)};
  }
  const LogPage page = journal_.read(query);
  json::array entries;
  for (const auto& entry : page.entries) {
    entries.push_back(json::object{{"cursor", entry.cursor},
                                   {"time_us", entry.time_us},
                                   {"priority", entry.priority},
                                   {"unit", entry.unit},
                                   {"message", entry.message}});
  }
  return json::serialize(json::object{{"entries", std::move(entries)}, {"next", page.next}});
}

}  // namespace ap::services
