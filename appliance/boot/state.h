// SPDX-License-Identifier: LicenseRef-Project
// The early boot step that makes this box the operator's: seed, identity, rendered files.
#pragma once

#include "appliance/exec/runner.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ap::boot {

inline constexpr const char* kWarningsPath = "/run/bristle/warnings.json";

/// Something about this boot that an operator should know; health shows it as a problem.
struct Warning {
  std::string noun;
  std::string code;
  std::string text;
  std::string advice;
};

/// Runs once per boot below `root`: imports the seed on the first one, renders /run, names the
/// machine and its port, makes the SSH host key once. A step that fails becomes a warning and the
/// next one still runs: a box half set up is better than one that cannot be reached. Idempotent.
std::vector<Warning> run_state(const std::filesystem::path& root, exec::Runner& runner);

/// Sets what depends on the machine and its port (memory, interrupts), waiting for the port to be
/// up. Returns what the kernel refused.
std::vector<std::string> run_tune(const std::filesystem::path& root);

}  // namespace ap::boot
