// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/nouns.h"

#include "appliance/daemon/login_link.h"
#include "appliance/exec/failure.h"

#include <boost/json.hpp>

#include <utility>

namespace ap::daemon {
namespace {

namespace json = boost::json;

using exec::Failure;
using exec::FailureKind;

const char* target_of(const std::string& verb) {
  if (verb == "reboot") {
    return "reboot.target";
  }
  if (verb == "power-off") {
    return "poweroff.target";
  }
  throw Failure(FailureKind::invalid, "the machine can reboot or power-off", "verb");
}

}  // namespace

Nouns::Nouns(Machine machine)
    : machine_(std::move(machine)),
      activation_(machine_.root, machine_.runner),
      network_(machine_.root, machine_.runner, activation_),
      firewall_(machine_.root, machine_.runner, activation_),
      health_({machine_.root, machine_.runner, machine_.open_manager, machine_.open_journal}) {
  answers_["Health.Describe"] = [this](const Arguments&) { return health_.describe(); };
  answers_["Users.CreateLoginLink"] = [this](const Arguments& arguments) {
    return create_login_link(machine_.root, machine_.runner, arguments.at(0));
  };
  add_services();
  add_raid();
  add_network();
  add_firewall();
  add_power();
}

std::string Nouns::answer(const std::string& method, const Arguments& arguments) {
  return answers_.at(method)(arguments);
}

void Nouns::check(const std::string& method, const Arguments& arguments) {
  if (const auto found = checks_.find(method); found != checks_.end()) {
    found->second(arguments);
  }
}

std::string Nouns::act(const std::string& method, const Arguments& arguments,
                       const Progress& progress) {
  return acts_.at(method)(arguments, progress);
}

// Every piece of work has its own connections: the threads share nothing.
template <typename Function>
auto Nouns::with_services(Function function) {
  const auto manager = machine_.open_manager();
  const auto journal = machine_.open_journal();
  services::Services services(machine_.root, *manager, *journal, machine_.pause);
  return function(services);
}

void Nouns::add_services() {
  using services::Services;
  answers_["Services.Describe"] = [this](const Arguments&) {
    return with_services([](Services& services) { return services.describe(); });
  };
  answers_["Services.Plan"] = [this](const Arguments& arguments) {
    return with_services(
        [&](Services& services) { return services.plan(arguments.at(0), arguments.at(1)); });
  };
  checks_["Services.Act"] = answers_["Services.Plan"];
  acts_["Services.Act"] = [this](const Arguments& arguments, const Progress& progress) {
    return with_services([&](Services& services) {
      return services.act(arguments.at(0), arguments.at(1), progress);
    });
  };
  answers_["Services.ReadLog"] = [this](const Arguments& arguments) {
    return with_services([&](Services& services) {
      return services.read_log(arguments.at(0), arguments.at(1), arguments.at(2), arguments.at(3));
    });
  };
}

void Nouns::add_raid() {
  answers_["Raid.Describe"] = [this](const Arguments&) { return health_.describe_raid(); };
  answers_["Raid.Plan"] = [this](const Arguments& arguments) {
    const raid::Raid raid(machine_.runner, machine_.root);
    return raid::to_json(raid.plan(arguments.at(0), arguments.at(1)));
  };
  checks_["Raid.Act"] = answers_["Raid.Plan"];
  acts_["Raid.Act"] = [this](const Arguments& arguments, const Progress& progress) {
    const std::lock_guard lock(raid_mutex_);
    raid::Raid raid(machine_.runner, machine_.root);
    return raid.act(arguments.at(0), arguments.at(1),
                    [&](double share, const std::string& step) { progress(share, step); });
  };
}

void Nouns::add_network() {
  answers_["Network.Describe"] = [this](const Arguments&) { return network_.describe(); };
  answers_["Network.Plan"] = [this](const Arguments& arguments) {
    return network_.plan(arguments.at(0));
  };
  checks_["Network.Apply"] = answers_["Network.Plan"];
  acts_["Network.Apply"] = [this](const Arguments& arguments, const Progress& progress) {
    progress(std::nullopt, "Putting the change to work; it reverts in 60 s unless confirmed");
    network_.apply(arguments.at(0));
    std::string result = "The change is in effect and waits to be confirmed";
    for (const auto& difference : network_.verify()) {
      result += ". " + difference;
    }
    return result;
  };
  acts_["Network.Confirm"] = [this](const Arguments&, const Progress&) {
    network_.confirm();
    return std::string("The change is permanent");
  };
  acts_["Network.Revert"] = [this](const Arguments&, const Progress&) {
    return std::string(network_.revert() ? "The settings before the change are back"
                                         : "No change was waiting");
  };
}

void Nouns::add_firewall() {
  answers_["Firewall.Describe"] = [this](const Arguments&) { return firewall_.describe(); };
  answers_["Firewall.Plan"] = [this](const Arguments& arguments) {
    return firewall_.plan(arguments.at(0));
  };
  checks_["Firewall.Apply"] = answers_["Firewall.Plan"];
  acts_["Firewall.Apply"] = [this](const Arguments& arguments, const Progress& progress) {
    progress(std::nullopt, "Loading the rules; they revert in 60 s unless confirmed");
    firewall_.apply(arguments.at(0));
    if (!firewall_.verify()) {
      throw Failure(FailureKind::failed, "the rules are not loaded");
    }
    return std::string("The rules are loaded and wait to be confirmed");
  };
  acts_["Firewall.Confirm"] = [this](const Arguments&, const Progress&) {
    firewall_.confirm();
    return std::string("The rules are permanent");
  };
  acts_["Firewall.Revert"] = [this](const Arguments&, const Progress&) {
    return std::string(firewall_.revert() ? "The rules before the change are back"
                                          : "No change was waiting");
  };
}

void Nouns::add_power() {
  answers_["Power.Plan"] = [this](const Arguments& arguments) {
    return power_plan(arguments.at(0));
  };
  checks_["Power.Act"] = answers_["Power.Plan"];
  acts_["Power.Act"] = [this](const Arguments& arguments, const Progress&) {
    return power(arguments.at(0));
  };
}

std::string Nouns::power_plan(const std::string& verb) {
  const bool is_reboot = std::string(target_of(verb)) == "reboot.target";
  json::array steps{"Stop capture: from here on clients are refused and repeat their events",
                    "Stop every service; accepted events are on the disks already",
                    is_reboot ? "Start the machine again: capture answers in about a minute"
                              : "Switch the machine off"};
  json::array warnings;
  if (!is_reboot) {
    warnings.emplace_back("It has to be switched on again by hand or by the provider");
  }
  warnings.emplace_back("A change of the network or firewall that is not confirmed is lost");
  return json::serialize(
      json::object{{"steps", std::move(steps)}, {"warnings", std::move(warnings)}});
}

// The target, not login1: it also works on a machine in recovery.
std::string Nouns::power(const std::string& verb) {
  const char* target = target_of(verb);
  machine_.open_manager()->isolate(target);
  return verb == "reboot" ? "The machine is starting anew" : "The machine is switching off";
}

}  // namespace ap::daemon
