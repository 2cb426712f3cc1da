// SPDX-License-Identifier: LicenseRef-Project
// What each command of `bristle` does.
#pragma once

#include "appliance/bus/client.h"
#include "appliance/cli/options.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace ap::cli {

/// What commands work with; tests give their own.
struct Context {
  bus::Client& client;
  std::ostream& output;
  std::filesystem::path root = "/";
  /// Waits between two questions; false ends a command that follows.
  std::function<bool(std::chrono::milliseconds)> pause;
};

/// Runs one command and returns the exit code. Throws exec::Failure: `invalid` for a wrong use.
int run(const Options& options, Context& context);

/// The exit code of a failure: 64 wrong use, 77 not allowed, 69 no service, 1 anything else
/// (sysexits.h).
int exit_code(const exec::Failure& failure);

}  // namespace ap::cli
