// SPDX-License-Identifier: LicenseRef-Project
// bristle-boot: the boot steps of the appliance and the way back of its changes, run as root by
// systemd units.
#include "appliance/boot/activation.h"
#include "appliance/boot/good.h"
#include "appliance/boot/state.h"
#include "appliance/boot/storage.h"
#include "appliance/firewall/firewall.h"
#include "appliance/network/network.h"

#include <array>
#include <exception>
#include <iostream>
#include <string_view>

namespace {

constexpr const char* kRoot = "/";
constexpr int kUsageError = 2;

int run_state(ap::exec::Runner& runner) {
  for (const auto& warning : ap::boot::run_state(kRoot, runner)) {
    std::cerr << "state: " << warning.text << "\n";
  }
  return 0;
}

int run_tune(ap::exec::Runner& /*runner*/) {
  for (const auto& refusal : ap::boot::run_tune(kRoot)) {
    std::cerr << "tune: " << refusal << "\n";
  }
  return 0;
}

/// Runs by the armed timer; that the change was confirmed in the same moment is fine.
template <typename Noun>
int revert(ap::exec::Runner& runner) {
  ap::boot::SystemActivation activation(kRoot, runner);
  Noun noun(kRoot, runner, activation);
  std::cerr << (noun.revert() ? "reverted: nobody confirmed the change\n" : "nothing to revert\n");
  return 0;
}

int run_storage(ap::exec::Runner& runner) {
  const auto result = ap::boot::prepare_storage(runner, kRoot);
  for (const auto& step : result.steps) {
    std::cerr << "storage: " << step << "\n";
  }
  for (const auto& alert : result.alerts) {
    std::cerr << "storage: attention: " << alert << "\n";
  }
  if (result.recovery) {
    std::cerr << "storage: running from memory: " << *result.recovery << "\n";
  }
  return 0;
}

int run_good(ap::exec::Runner& runner) {
  const auto trouble = ap::boot::mark_good(runner, kRoot);
  for (const auto& text : trouble) {
    std::cerr << "good: " << text << "\n";
  }
  return trouble.empty() ? 0 : 1;
}

struct Subcommand {
  std::string_view name;
  int (*run)(ap::exec::Runner& runner);
};

constexpr std::array kSubcommands{
    Subcommand{"storage", run_storage},
    Subcommand{"state", run_state},
    Subcommand{"good", run_good},
    Subcommand{"tune", run_tune},
    Subcommand{"revert-network", revert<ap::network::Network>},
    Subcommand{"revert-firewall", revert<ap::firewall::Firewall>},
};

int usage() {
  std::cerr << "usage: bristle-boot SUBCOMMAND, one of:";
  for (const Subcommand& subcommand : kSubcommands) {
    std::cerr << " " << subcommand.name;
  }
  std::cerr << "\n";
  return kUsageError;
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::string_view name = argument_count == 2 ? arguments[1] : "";
  for (const Subcommand& subcommand : kSubcommands) {
    if (subcommand.name == name) {
      try {
        ap::exec::ProcessRunner runner;
        return subcommand.run(runner);
      } catch (const std::exception& error) {
        std::cerr << name << ": " << error.what() << "\n";
        return 1;
      }
    }
  }
  return usage();
}
