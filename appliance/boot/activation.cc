// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/boot/activation.h"

#include "appliance/boot/render.h"
#include "appliance/firewall/firewall.h"
#include "appliance/firewall/rules.h"
#include "appliance/network/units.h"

#include <algorithm>
#include <chrono>

namespace ap::boot {
namespace {

constexpr std::chrono::milliseconds kRestartTimeout{90'000};  // a service may take 60 s to stop

/// What has to be told, found by the files that differ.
struct Effects {
  bool firewall = false;
  bool network = false;
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
  effects.vlan_is_new = from.vswitch.vlan != to.vswitch.vlan;
  effects.units = starts_with_any(changed, "/run/systemd/system/");
  effects.sockets = from.vswitch.address != to.vswitch.address;
  effects.environment = starts_with_any(changed, kEnvironmentPath);
  effects.clock = starts_with_any(changed, kChronyPath);
  return effects;
}

/// networkd makes interfaces but never removes one whose file is gone.
void tell_networkd(exec::Runner& runner, const settings::Settings& from,
                   const settings::Settings& to, bool vlan_is_new) {
  if (vlan_is_new) {
    // That it is not there is as good as removing it.
    runner.run({{"ip", "link", "delete", settings::vlan_interface(from)}, {}, {}});
  }
  runner.require({{"networkctl", "reload"}, {}, {}});
  runner.require({{"networkctl", "reconfigure", settings::kPort}, {}, {}});
  if (!vlan_is_new) {
    runner.require({{"networkctl", "reconfigure", settings::vlan_interface(to)}, {}, {}});
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
  const auto old_files = render(from, machine_for(root_, from));
  const auto new_files = render(to, machine_for(root_, to));
  const Effects effects = effects_of(settings::changed_paths(old_files, new_files), from, to);
  settings::write_files(root_, new_files);
  if (effects.firewall) {
    firewall::load(root_, runner_);
  }
  if (effects.network) {
    tell_networkd(runner_, from, to, effects.vlan_is_new);
  }
  if (effects.units) {
    runner_.require({{"systemctl", "daemon-reload"}, {}, {}, kRestartTimeout});
  }
  if (effects.sockets) {
    // A socket cannot be opened anew under a running service: all of them in one transaction.
    runner_.require({{"systemctl", "restart", "bristle-dataplane.socket", "bristle-metrics.socket",
                      "bristle-dataplane.service"},
                     {},
                     {},
                     kRestartTimeout});
  }
  if (effects.environment) {
    runner_.require({{"systemctl", "try-restart", "bristle-api.service"}, {}, {}, kRestartTimeout});
  }
  if (effects.clock) {
    runner_.require({{"chronyc", "reload", "sources"}, {}, {}});
  }
}

}  // namespace ap::boot
