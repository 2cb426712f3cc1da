// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/services/plan.h"

#include "appliance/exec/failure.h"

namespace ap::services {
namespace {

bool is_running(const bus::UnitState& state) {
  return state.active_state == "active" || state.active_state == "activating" ||
         state.active_state == "reloading";
}

void plan_start(const CatalogueEntry& entry, const std::string& name, bool running, Plan& plan) {
  if (running) {
    plan.warnings.push_back(name + " is running already: nothing changes");
  }
  plan.steps.push_back("Start " + name);
  plan.steps.push_back(entry.is_oneshot ? "Wait until it has finished" : "Check that it stays up");
}

void plan_stop(const CatalogueEntry& entry, const std::string& name, bool running, Plan& plan) {
  if (!running) {
    plan.warnings.push_back(name + " is not running: nothing changes");
  }
  if (!entry.sockets.empty()) {
    plan.steps.emplace_back("Close its addresses, so that no request starts it again");
  }
  plan.steps.push_back("Stop " + name + " and wait until it has ended");
  plan.warnings.emplace_back(entry.when_stopped);
  plan.warnings.emplace_back("It starts again with the next boot");
}

void plan_restart(const CatalogueEntry& entry, const std::string& name, Plan& plan) {
  if (entry.is_oneshot) {
    plan.steps.push_back("Run " + name + " once more");
    plan.steps.emplace_back("Wait until it has finished");
  } else {
    plan.steps.push_back("Stop " + name + " and start it again");
    plan.steps.emplace_back("Check that it stays up");
  }
  plan.warnings.emplace_back(entry.when_restarted);
}

}  // namespace

Plan plan_for(const CatalogueEntry& entry, Verb verb, const bus::UnitState& state) {
  const std::string name(entry.title);
  if (!is_allowed(entry, verb)) {
    throw exec::Failure(exec::FailureKind::refused,
                        name + " belongs to the machine itself: it can be read, and its log, but " +
                            (entry.may_restart ? "not stopped" : "not started or stopped") +
                            " from here");
  }
  if (state.load_state != "loaded") {
    throw exec::Failure(exec::FailureKind::not_found, name + " is not installed on this machine");
  }
  Plan plan;
  switch (verb) {
    case Verb::start:
      plan_start(entry, name, is_running(state), plan);
      break;
    case Verb::stop:
      plan_stop(entry, name, is_running(state), plan);
      break;
    case Verb::restart:
      plan_restart(entry, name, plan);
      break;
    case Verb::reset_failed:
      plan.steps.push_back("Forget that " + name + " has failed; nothing is started or stopped");
      break;
  }
  return plan;
}

}  // namespace ap::services
