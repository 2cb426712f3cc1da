// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/esp.h"

#include "appliance/raid/block_file.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace ap::raid {
namespace {

constexpr std::chrono::minutes kCopyTime{2};

/// The mtools command with the file system's place and without its questions and guesses.
exec::Command mtools(const std::string& tool, const Esp& esp, std::vector<std::string> rest) {
  const std::string place =
      esp.device.string() + (esp.offset == 0 ? "" : "@@" + std::to_string(esp.offset));
  exec::Command command;
  command.arguments = {tool, "-i", place};
  command.arguments.insert(command.arguments.end(), rest.begin(), rest.end());
  command.environment = {"MTOOLS_SKIP_CHECK=1"};
  command.timeout = kCopyTime;
  return command;
}

}  // namespace

std::optional<std::string> read_esp_file(exec::Runner& runner, const Esp& esp,
                                         const std::string& path) {
  const exec::Outcome outcome = runner.run(mtools("mtype", esp, {"::" + path}));
  return outcome.exit_status == 0 ? std::optional(outcome.output) : std::nullopt;
}

void write_esp_file(exec::Runner& runner, const Esp& esp, const std::string& path,
                    const std::string& content) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder != "/") {
    // An existing folder is skipped; that alone makes the tool's exit status 1.
    static_cast<void>(runner.run(mtools("mmd", esp, {"-D", "s", "::" + folder})));
  }
  exec::Command command = mtools("mcopy", esp, {"-o", "-", "::" + path});
  command.input = content;
  runner.require(command);
}

void copy_esp(exec::Runner& runner, const Esp& from, const Esp& to,
              const std::filesystem::path& scratch) {
  std::filesystem::remove_all(scratch);
  std::filesystem::create_directories(scratch);
  runner.require(mtools("mcopy", from, {"-s", "-m", "::*", scratch.string()}));
  runner.require({{"mkfs.fat", "-F", "32", "-n", "ESP", to.device.string()}, {}, {}});
  std::vector<std::string> rest{"-s", "-m"};
  for (const auto& entry : std::filesystem::directory_iterator(scratch)) {
    rest.push_back(entry.path().string());
  }
  std::sort(rest.begin() + 2, rest.end());
  rest.emplace_back("::/");
  runner.require(mtools("mcopy", to, rest));
  BlockFile(to.device, BlockFile::Access::write).sync();
  std::filesystem::remove_all(scratch);
}

}  // namespace ap::raid
