// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/boot/activation.h"

#include "appliance/boot/render.h"
#include "appliance/firewall/rules.h"
#include "appliance/network/units.h"
#include "appliance/settings/store.h"

#include <algorithm>
#include <chrono>

namespace ap::boot {
namespace {

constexpr std::chrono::milliseconds kTimeout{90'000};  // a service may take 60 s to stop

/// What has to be told, found by the files that differ.
struct Effects {
  bool firewall = false;
  bool network = false;
  bool public_link = false;
  bool vswitch_link = false;
  bool vlan_is_new = false;
  bool units = false;
  bool sockets = false;
  bool environment = false;
  bool clock = false;
};

bool starts_with_any(const std::vector<std::string>& paths, std::string_view beginning) {
  return std::any_of(paths.begin(), paths.end(),
                     [&](const std::string& path) { return path.starts_with(beginning); });
}

Effects effects_of(const std::vector<std::string>& changed, const settings::Settings& from,
                   const settings::Settings& to) {
  Effects effects;
  effects.firewall = starts_with_any(changed, firewall::kRulesPath);
  effects.network = starts_with_any(changed, network::kUnitFolder);
  effects.public_link =
      starts_with_any(changed, std::string(network::kUnitFolder) + "10-public.network");
  effects.vswitch_link =
      starts_with_any(changed, std::string(network::kUnitFolder) + "20-vswitch.network");
  effects.vlan_is_new = from.vswitch.vlan != to.vswitch.vlan;
  effects.units = starts_with_any(changed, "/run/systemd/system/");
  effects.sockets = from.vswitch.address != to.vswitch.address;
  effects.environment = starts_with_any(changed, kEnvironmentPath);
  effects.clock = starts_with_any(changed, kChronyPath);
  return effects;
}

/// One tool to run, and whether its answer matters.
struct Action {
  exec::Command command;
  bool may_fail = false;
};

/// The commands that make the running box follow the files, in their order.
std::vector<Action> actions_for(const std::filesystem::path& root, const Effects& effects,
                                const settings::Settings& from) {
  std::vector<Action> actions;
  const auto add = [&](std::vector<std::string> arguments, bool may_fail = false) {
    actions.push_back({{std::move(arguments), {}, {}, kTimeout}, may_fail});
  };
  if (effects.firewall) {
    const std::string rules = settings::below(root, firewall::kRulesPath);
    add({"nft", "-c", "-f", rules});
    add({"nft", "-f", rules});
  }
  if (effects.vlan_is_new) {
    // networkd makes interfaces but never removes one whose file is gone.
    add({"ip", "link", "delete", settings::vlan_interface(from)}, true);
  }
  if (effects.network) {
    add({"networkctl", "reload"});
  }
  // The reload sets up the links whose files differ, but passes over one in the state "failed"
  // (systemd 252), where a change back would have no effect. A link that is not there yet says no.
  if (effects.public_link) {
    add({"networkctl", "reconfigure", settings::kPort}, true);
  }
  if (effects.vswitch_link && !effects.vlan_is_new) {
    add({"networkctl", "reconfigure", settings::vlan_interface(from)}, true);
  }
  if (effects.units) {
    add({"systemctl", "daemon-reload"});
  }
  if (effects.sockets) {
    // A socket cannot be opened under a running service, and `systemctl restart` of several units
    // takes them one by one.
    add({"systemctl", "stop", "bristle-dataplane.service", "bristle-dataplane.socket",
         "bristle-metrics.socket"});
    add({"systemctl", "start", "bristle-dataplane.socket", "bristle-metrics.socket",
         "bristle-dataplane.service"});
  }
  if (effects.environment) {
    add({"systemctl", "try-restart", "bristle-api.service"});
  }
  if (effects.clock) {
    add({"chronyc", "reload", "sources"});
  }
  return actions;
}

/// Writes the files of `to` and returns what has to be run then.
std::vector<Action> prepare(const std::filesystem::path& root, const settings::Settings& from,
                            const settings::Settings& to) {
  const auto old_files = render(from, machine_for(root, from));
  const auto new_files = render(to, machine_for(root, to));
  const auto changed = settings::changed_paths(old_files, new_files);
  settings::write_files(root, new_files);
  return actions_for(root, effects_of(changed, from, to), from);
}

void run(exec::Runner& runner, const Action& action) {
  if (action.may_fail) {
    runner.run(action.command);
  } else {
    runner.require(action.command);
  }
}

}  // namespace

Machine machine_for(const std::filesystem::path& root, const settings::Settings& settings) {
  Machine machine = read_machine(root);
  machine.public_mac = network::public_mac(settings, network::find_ports(root));
  return machine;
}

std::vector<std::string> SystemActivation::steps(const settings::Settings& from,
                                                 const settings::Settings& to) {
  const auto changed = settings::changed_paths(render(from, machine_for(root_, from)),
                                               render(to, machine_for(root_, to)));
  const Effects effects = effects_of(changed, from, to);
  std::vector<std::string> steps;
  if (effects.firewall) {
    steps.emplace_back("Check and load the new firewall rules");
  }
  if (effects.vlan_is_new) {
    steps.push_back("Remove the interface " + settings::vlan_interface(from));
  }
  if (effects.network) {
    steps.push_back("Set up " + std::string(settings::kPort) + " and " +
                    settings::vlan_interface(to) + " anew");
  }
  if (effects.sockets) {
    steps.push_back("Move capture, the page and the metrics to " + to.vswitch.address);
  }
  if (effects.environment) {
    steps.emplace_back("Restart the API with the new page address");
  }
  return steps;
}

void SystemActivation::activate(const settings::Settings& from, const settings::Settings& to) {
  for (const Action& action : prepare(root_, from, to)) {
    run(runner_, action);
  }
}

std::vector<std::string> SystemActivation::restore(const settings::Settings& from,
                                                   const settings::Settings& to) {
  std::vector<std::string> complaints;
  try {
    for (const Action& action : prepare(root_, from, to)) {
      try {
        run(runner_, action);
      } catch (const exec::Failure& failure) {  // one reader that is broken must not keep the rest
        complaints.emplace_back(failure.what());
      }
    }
  } catch (const exec::Failure& failure) {
    complaints.emplace_back(failure.what());
  }
  return complaints;
}

}  // namespace ap::boot
