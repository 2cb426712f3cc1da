// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/cli/options.h"

#include "appliance/exec/failure.h"

namespace ap::cli {
namespace {

using exec::Failure;
using exec::FailureKind;

bool set_switch(Options& options, const std::string& name) {
  if (name == "--json") {
    options.is_json = true;
  } else if (name == "-f" || name == "--follow") {
    options.follows = true;
  } else if (name == "--ascii") {
    options.is_ascii = true;
  } else if (name == "--monochrome") {
    options.is_monochrome = true;
  } else {
    return false;
  }
  return true;
}

std::string* value_of(Options& options, const std::string& name) {
  if (name == "--filter") {
    return &options.filter;
  }
  return name == "--lines" || name == "-n" ? &options.lines : nullptr;
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t index = 0; index < arguments.size(); ++index) {
    const std::string& argument = arguments[index];
    if (argument == "-h" || argument == "--help" || argument == "--version") {
      options.command = argument == "--version" ? "version" : "help";
      return options;
    }
    if (!argument.starts_with('-') || argument == "-") {
      (options.command.empty() ? options.command : options.words.emplace_back()) = argument;
      continue;
    }
    if (set_switch(options, argument)) {
      continue;
    }
    std::string* value = value_of(options, argument);
    if (value == nullptr) {
      throw Failure(FailureKind::invalid, "there is no option " + argument);
    }
    if (++index == arguments.size()) {
      throw Failure(FailureKind::invalid, argument + " needs a value");
    }
    *value = arguments[index];
  }
  if (options.command.empty()) {
    options.command = "help";
  }
  return options;
}

const char* help_text() {
  return R"(usage: bristle <command> [options]

  console                    the full-screen console
  status                     health; exits 0 when all is well, 1 with warnings, 2 when critical
  services                   services and their state
  start|stop|restart UNIT    plan, do it, wait for the result
  logs [UNIT] [-f]           a service's log, or that of all; -f follows
       [--filter TEXT] [-n LINES]
  network show               addresses and links
  network confirm|revert     keep or undo a change that waits
  firewall show              what may come in
  firewall confirm|revert    keep or undo a change that waits
  login-link [EMAIL]         a one-time link into the page
  doctor                     compare the kernel's settings with what they should be
  audit [-n LINES]           who did what
  version, help

  --json                     the service's own answer, for programs
)";
}

}  // namespace ap::cli
