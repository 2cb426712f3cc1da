// SPDX-License-Identifier: LicenseRef-Project
// The noun `network`: shows the links, and changes addresses with a way back.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/network/links.h"
#include "appliance/settings/proposal.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ap::network {

/// What the D-Bus interface org.bristle.Appliance1.Network answers; texts are JSON.
/// Owner: the daemon. Threads: any. Failure: Failure, see settings::Proposal.
class Network {
 public:
  Network(std::filesystem::path root, exec::Runner& runner, settings::Activation& activation);

  /// {"settings":{public,vswitch},"links":[…],"pending":null|{"seconds_left"}}
  std::string describe();

  /// {"changes","steps","warnings"}
  std::string plan(std::string_view patch);

  /// Puts the change to work with its revert armed; see settings::Proposal.
  void apply(std::string_view patch) { proposal_.apply(patch); }
  void confirm() { proposal_.confirm(); }

  /// False when no change waits.
  bool revert() { return proposal_.revert(); }

  /// What is not as the settings in effect want it, in sentences. networkd works in its own time:
  /// looks again for as long as `patience` while something differs.
  std::vector<std::string> verify(std::chrono::milliseconds patience = std::chrono::seconds(5));

 private:
  exec::Runner& runner_;
  settings::Proposal proposal_;
};

}  // namespace ap::network
