// SPDX-License-Identifier: LicenseRef-Project
// Brings the running box from one set of settings to another: renders, then tells who reads it.
#pragma once

#include "appliance/boot/machine.h"
#include "appliance/exec/runner.h"
#include "appliance/settings/proposal.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ap::boot {

/// The Activation of the real box. It compares what both settings render to, writes the new files
/// and acts only for those that differ. Owner: the daemon, or `bristle-boot revert-<noun>`.
/// Threads: as its caller, who holds the lock of changes. Failure: Failure of the first tool that
/// said no; every tool can be asked again.
class SystemActivation final : public settings::Activation {
 public:
  SystemActivation(std::filesystem::path root, exec::Runner& runner)
      : root_(std::move(root)), runner_(runner) {}

  std::vector<std::string> steps(const settings::Settings& from,
                                 const settings::Settings& to) override;
  void activate(const settings::Settings& from, const settings::Settings& to) override;
  std::vector<std::string> restore(const settings::Settings& from,
                                   const settings::Settings& to) override;

 private:
  std::filesystem::path root_;
  exec::Runner& runner_;
};

/// The machine below `root` with the port that `settings` mean.
Machine machine_for(const std::filesystem::path& root, const settings::Settings& settings);

}  // namespace ap::boot
