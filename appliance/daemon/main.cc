// SPDX-License-Identifier: LicenseRef-Project
// bristle-applianced: the one privileged service of the appliance.
#include "appliance/bus/service.h"
#include "appliance/daemon/audit.h"
#include "appliance/daemon/contract.h"
#include "appliance/daemon/dispatcher.h"
#include "appliance/daemon/nouns.h"
#include "appliance/exec/failure.h"
#include "appliance/exec/runner.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>

namespace {

// Ids of this run do not repeat those of the one before.
std::string operation_prefix() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

[[noreturn]] void run(const std::string& root) {
  ap::bus::Service::block_stop_signals();
  ap::exec::ProcessRunner runner;
  ap::daemon::Nouns nouns(
      {root, runner, [] { return ap::bus::open_system_manager(); },
       [] { return ap::services::open_journal(); },
       [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }});
  ap::daemon::Audit audit(root);
  ap::bus::Service service(ap::daemon::contract());
  ap::daemon::Dispatcher dispatcher(service, nouns, audit, operation_prefix());
  service.run(dispatcher);
  // An action is finished; a report that is still being written has nobody left to read it, and
  // its tools may take longer than a machine that is being switched off wants to wait.
  dispatcher.wait_for_actions();
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace

int main(int argument_count, char** arguments) {
  // Another root is for tests: files are read and written below it, the bus stays the same.
  std::string root = "/";
  if (argument_count == 3 && std::string(arguments[1]) == "--root") {
    root = arguments[2];
  } else if (argument_count != 1) {
    std::fprintf(stderr, "usage: bristle-applianced [--root DIRECTORY]\n");
    return 64;
  }
  try {
    run(root);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "<3>bristle-applianced: %s\n", failure.what());
    return 1;
  }
}
