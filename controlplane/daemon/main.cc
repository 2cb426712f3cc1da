// SPDX-License-Identifier: LicenseRef-Project
// bristle-controlplane: migrate, api and worker in one program.
#include "controlplane/daemon/log.h"
#include "controlplane/daemon/programs.h"

#include <sys/stat.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 64;  // EX_USAGE

int run(std::string_view command) {
  if (command == "migrate") {
    return cp::daemon::run_migrate();
  }
  if (command == "api") {
    return cp::daemon::run_api();
  }
  if (command == "worker") {
    return cp::daemon::run_worker();
  }
  std::fputs("usage: bristle-controlplane migrate|api|worker\n", stderr);
  return kExitUsage;
}

}  // namespace

int main(int count, char** arguments) {
  ::umask(0007);  // the dataplane reads the tenant store and calls the api through their group
  const std::string_view command = count == 2 ? arguments[1] : "";
  try {
    return run(command);
  } catch (const std::exception& error) {
    cp::daemon::write_log(std::string(command) + " failed: " + error.what());
    return kExitFailure;
  }
}
