// SPDX-License-Identifier: LicenseRef-Project
// The command line of bristle-flash, and the seed that comes out of it.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/flash/flash.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ap::flash {

/// What the operator said. Empty texts were not said.
struct Options {
  std::filesystem::path image;
  std::filesystem::path seed;
  std::string hostname;
  std::string mac;
  std::string address;
  std::string gateway;
  std::string address6;
  std::string vlan;
  std::string vswitch_address;
  std::vector<std::string> ssh_keys;
  std::vector<std::filesystem::path> disks;
  bool takes_rescue = true;  ///< Fill the rest from the running system.
  bool force = false;
  bool yes = false;
  bool help = false;
};

/// Throws Failure(invalid) naming the option.
Options parse_options(int count, char** arguments);

/// How to use the program.
std::string usage();

/// Answers file, then the running rescue system, then the flags; each overrides the one before.
/// The result is a valid appliance.toml. Throws Failure(invalid) naming the value.
Seed make_seed(exec::Runner& runner, const Options& options, const std::filesystem::path& home);

}  // namespace ap::flash
