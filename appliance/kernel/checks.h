// SPDX-License-Identifier: LicenseRef-Project
// Compares the running kernel with what kernel-config/ says, line by line: what `bristle doctor`
// prints.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ap::kernel {

enum class CheckState {
  ok,
  differs,
  not_applicable,  ///< This machine has no such device or setting; `found` says which.
};

/// One line of a fragment, as it should be and as it is.
struct Check {
  std::string name;
  std::string expected;
  std::string found;
  std::string reason;
  CheckState state = CheckState::ok;
};

/// Where the fragments are installed.
inline constexpr const char* kFragments = "usr/share/bristle/kernel";

/// Every check, in the order of the fragments: command line, sysctl, memory, devices. Reads /proc
/// and /sys below `root`, the fragments in `fragments`. Needs no privilege. Throws
/// ap::exec::Failure when a fragment cannot be read.
std::vector<Check> run_checks(const std::filesystem::path& root,
                              const std::filesystem::path& fragments);

}  // namespace ap::kernel
