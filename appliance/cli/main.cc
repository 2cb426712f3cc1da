// SPDX-License-Identifier: LicenseRef-Project
// bristle: the appliance's command line.
#include "appliance/bus/client.h"
#include "appliance/cli/commands.h"
#include "appliance/cli/options.h"
#include "appliance/exec/failure.h"

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

int run(const std::vector<std::string>& arguments) {
  const auto client = ap::bus::Client::open();
  ap::cli::Context context{*client, std::cout, "/", [](std::chrono::milliseconds time) {
                             std::this_thread::sleep_for(time);
                             return std::cout.good();
                           }};
  return ap::cli::run(ap::cli::parse_options(arguments), context);
}

}  // namespace

int main(int argument_count, char** arguments) {
  try {
    return run(std::vector<std::string>(arguments + 1, arguments + argument_count));
  } catch (const ap::exec::Failure& failure) {
    std::cerr << "bristle: " << failure.what() << "\n";
    return ap::cli::exit_code(failure);
  } catch (const std::exception& error) {
    std::cerr << "bristle: " << error.what() << "\n";
    return 1;
  }
}
