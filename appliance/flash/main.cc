// SPDX-License-Identifier: LicenseRef-Project
// bristle-flash: puts Bristle on the disks of a server, from its rescue system.
#include "appliance/exec/runner.h"
#include "appliance/flash/flash.h"
#include "appliance/flash/image_reader.h"
#include "appliance/flash/options.h"
#include "appliance/flash/target.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

namespace {

using ap::exec::Failure;
using ap::exec::FailureKind;

constexpr int kExitUsage = 64;
constexpr int kExitFailed = 1;

/// One line that counts up, rewritten only when the percentage changed.
class ProgressLine {
 public:
  void show(const std::string& step, double done) {
    const int percent = static_cast<int>(done * 100);
    if (step == step_ && percent == percent_) {
      return;
    }
    if (step != step_ && !step_.empty()) {
      std::cout << '\n';
    }
    step_ = step;
    percent_ = percent;
    std::cout << "\r  " << step << "  " << percent << " %" << std::flush;
  }
  void end() {
    if (!step_.empty()) {
      std::cout << '\n';
    }
    step_.clear();
  }

 private:
  std::string step_;
  int percent_ = -1;
};

bool confirmed() {
  std::cout << "\nEverything on these disks will be lost. Type yes to go on: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes";
}

void show_plan(const std::vector<ap::flash::Target>& targets, const ap::flash::Seed& seed) {
  std::cout << "Bristle will be written to:\n";
  for (const auto& target : targets) {
    std::cout << "  " << ap::flash::describe(target) << '\n';
    for (const auto& found : target.found) {
      std::cout << "      holds " << found << '\n';
    }
  }
  std::cout << "\nwith these settings (/bristle/seed.toml on the boot partition):\n"
            << seed.settings << '\n';
  if (seed.authorized_keys.empty()) {
    std::cout << "No SSH key: the console on the screen will be the only way in.\n";
  }
}

/// Before anything is written: what would be missing at the end.
void require_tools(ap::exec::Runner& runner) {
  for (const char* tool : {"mcopy", "mmd", "wipefs"}) {
    try {
      runner.require({{tool, "--version"}, {}, {}});
    } catch (const Failure& failure) {
      throw Failure(failure.kind(), std::string(failure.what()) +
                                        "; install it first (apt-get install mtools util-linux)");
    }
  }
}

void run(const ap::flash::Options& options) {
  ap::exec::ProcessRunner runner;
  require_tools(runner);
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): the only thread.
  std::vector<ap::flash::Target> targets;
  targets.reserve(options.disks.size());
  for (const auto& disk : options.disks) {
    targets.push_back(ap::flash::inspect_target(runner, disk));
  }
  const auto image = ap::flash::ImageReader::open(options.image);
  ap::flash::require_writable(targets, image->bytes(), options.force);
  const auto seed = ap::flash::make_seed(runner, options, home == nullptr ? "/" : home);
  show_plan(targets, seed);
  if (!options.yes && !confirmed()) {
    throw Failure(FailureKind::refused, "nothing was written");
  }
  std::vector<ap::flash::TargetLock> locks(targets.begin(), targets.end());
  ProgressLine line;
  ap::flash::write_image(*image, targets,
                         [&](const std::string& step, double done) { line.show(step, done); });
  line.end();
  ap::flash::stamp(targets, static_cast<std::uint64_t>(std::time(nullptr)));
  locks.clear();
  ap::flash::write_seed(runner, targets, seed);
  std::cout << "\nDone. Start the server from its disks. The first boot takes a few minutes, asks "
               "nothing,\nand shows its addresses and the page's URL on the screen; then "
               "ssh admin@ADDRESS opens the console.\n";
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const auto options = ap::flash::parse_options(count, arguments);
    if (options.help) {
      std::cout << ap::flash::usage();
      return EXIT_SUCCESS;
    }
    run(options);
    return EXIT_SUCCESS;
  } catch (const Failure& failure) {
    std::cerr << "\nbristle-flash: " << failure.what() << '\n';
    return failure.kind() == FailureKind::invalid ? kExitUsage : kExitFailed;
  } catch (const std::exception& error) {
    std::cerr << "\nbristle-flash: " << error.what() << '\n';
    return kExitFailed;
  }
}
