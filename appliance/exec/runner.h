// SPDX-License-Identifier: LicenseRef-Project
// Runs a tool: an argument vector, a time limit, captured output; never a shell.
#pragma once

#include "appliance/exec/failure.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace ap::exec {

/// One tool to run. `arguments[0]` is the tool: an absolute path, or a name looked up in the fixed
/// path /usr/sbin:/usr/bin:/sbin:/bin. The environment is empty but for PATH, LC_ALL=C.UTF-8 and
/// `environment` (`NAME=value` each).
struct Command {
  std::vector<std::string> arguments;
  std::string input;
  std::vector<std::string> environment;
  std::chrono::milliseconds timeout{30'000};
  std::size_t output_bytes_max = 4U << 20U;  ///< Beyond it the tool is killed: `failed`.
};

/// How a tool ended by itself.
struct Outcome {
  int exit_status = 0;  ///< 128 + n when signal n ended it.
  std::string output;
  std::string error_output;
};

/// Runs tools. Implementations: ProcessRunner (real), FakeRunner (tests/support/fake_runner.h).
class Runner {
 public:
  virtual ~Runner() = default;

  /// Runs to its end and returns whatever its exit status is. Throws Failure: `failed` when it
  /// cannot be started, `timed_out` after killing its process group.
  virtual Outcome run(const Command& command) = 0;

  /// As `run`; an exit status other than 0 is a Failure that carries the tool's last words.
  /// Returns its standard output.
  std::string require(const Command& command);
};

/// Starts real processes. Any thread.
class ProcessRunner final : public Runner {
 public:
  Outcome run(const Command& command) override;
};

}  // namespace ap::exec
