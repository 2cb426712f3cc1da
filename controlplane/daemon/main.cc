// SPDX-License-Identifier: LicenseRef-Project
// bristle-controlplane: migrate, api, worker and the small commands in one program.
#include "controlplane/daemon/log.h"
#include "controlplane/daemon/programs.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 64;  // EX_USAGE

int usage() {
  std::fputs("usage: bristle-controlplane migrate|api|worker|canary|login-link [--email E]\n",
             stderr);
  return kExitUsage;
}

using Arguments = std::span<char* const>;

/// `login-link [--email E]`: the email, empty when none is given; nothing when it is misused.
std::optional<std::string> email_of(Arguments arguments) {
  if (arguments.empty()) {
    return "";
  }
  if (arguments.size() != 2 || std::string_view(arguments[0]) != "--email" ||
      *arguments[1] == '\0') {
    return std::nullopt;
  }
  return arguments[1];
}

int run(std::string_view command, Arguments arguments) {
  if (command == "login-link") {
    const auto email = email_of(arguments);
    return email ? cp::daemon::run_login_link(*email) : usage();
  }
  if (!arguments.empty()) {
    return usage();
  }
  if (command == "migrate") {
    return cp::daemon::run_migrate();
  }
  if (command == "api") {
    return cp::daemon::run_api();
  }
  if (command == "worker") {
    return cp::daemon::run_worker();
  }
  if (command == "canary") {
    return cp::daemon::run_canary();
  }
  return usage();
}

}  // namespace

int main(int count, char** arguments) {
  ::umask(0007);  // the dataplane reads the tenant store and calls the api through their group
  const Arguments all(arguments, static_cast<std::size_t>(count));
  const std::string_view command = count < 2 ? "" : all[1];
  try {
    return run(command, all.subspan(std::min<std::size_t>(all.size(), 2)));
  } catch (const std::exception& error) {
    cp::daemon::write_log(std::string(command) + " failed: " + error.what());
    return kExitFailure;
  }
}
