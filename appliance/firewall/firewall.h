// SPDX-License-Identifier: LicenseRef-Project
// The noun `firewall`: shows what may come in, and changes it with a way back.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/settings/proposal.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ap::firewall {

/// Packets refused since the rules were loaded; nothing when they are not loaded.
std::optional<std::int64_t> read_dropped_packets(exec::Runner& runner);

/// What the D-Bus interface org.bristle.Appliance1.Firewall answers; texts are JSON.
/// Owner: the daemon. Threads: any. Failure: Failure, see settings::Proposal.
class Firewall {
 public:
  Firewall(std::filesystem::path root, exec::Runner& runner, settings::Activation& activation);

  /// {"settings":{"ssh_from"},"rules":[…],"loaded","dropped_packets","pending"}
  std::string describe();

  /// {"changes","steps","warnings"}; `patch` is {"ssh_from":[…]}, with or without "firewall"
  /// around it.
  std::string plan(std::string_view patch);

  /// Puts the change to work with its revert armed; see settings::Proposal.
  void apply(std::string_view patch);
  void confirm() { proposal_.confirm(); }

  /// False when no change waits.
  bool revert() { return proposal_.revert(); }

  /// True when our table is loaded.
  bool verify() { return read_dropped_packets(runner_).has_value(); }

 private:
  exec::Runner& runner_;
  settings::Proposal proposal_;
};

}  // namespace ap::firewall
