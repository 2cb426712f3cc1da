// SPDX-License-Identifier: LicenseRef-Project
// A service manager and a journal for tests: units with states to change, jobs with results to
// give.
#pragma once

#include "appliance/bus/system_manager.h"
#include "appliance/services/journal.h"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace test_support {

/// Units are what `units` says; others do not exist. Jobs end with the next of `results`, or done.
class FakeSystemManager final : public ap::bus::SystemManager {
 public:
  ap::bus::UnitState& add(const std::string& name, const std::string& active_state = "active") {
    auto& state = units[name];
    state.name = name;
    state.load_state = "loaded";
    state.active_state = active_state;
    state.sub_state = active_state == "active" ? "running" : "dead";
    state.result = "success";
    return state;
  }

  ap::bus::UnitState unit(const std::string& name) override {
    if (const auto found = units.find(name); found != units.end()) {
      if (looked) {
        looked(found->second);
      }
      return found->second;
    }
    ap::bus::UnitState absent;
    absent.name = name;
    absent.load_state = "not-found";
    absent.active_state = "inactive";
    return absent;
  }

  std::vector<std::string> failed_units() override { return failed; }

  std::string run_job(const std::string& name, ap::bus::Job job,
                      std::chrono::milliseconds /*timeout*/) override {
    jobs.emplace_back(name, job);
    if (results.empty()) {
      return "done";
    }
    std::string result = results.front();
    results.pop_front();
    return result;
  }

  void reset_failed(const std::string& name) override { reset.push_back(name); }
  void isolate(const std::string& target) override { targets.push_back(target); }

  std::map<std::string, ap::bus::UnitState> units;
  std::vector<std::string> failed;
  std::deque<std::string> results;
  std::vector<std::pair<std::string, ap::bus::Job>> jobs;
  std::vector<std::string> reset;
  std::vector<std::string> targets;
  std::function<void(ap::bus::UnitState&)> looked;  ///< Called before a state is told.
};

/// Answers every question with `page` and remembers it.
class FakeJournal final : public ap::services::Journal {
 public:
  ap::services::LogPage read(const ap::services::LogQuery& query) override {
    queries.push_back(query);
    return page;
  }

  ap::services::LogPage page;
  std::vector<ap::services::LogQuery> queries;
};

}  // namespace test_support
