// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/kernel/checks.h"

#include "appliance/kernel/fragments.h"
#include "appliance/kernel/tune.h"

#include <fnmatch.h>

#include <algorithm>
#include <sstream>

namespace ap::kernel {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) {
    result.push_back(word);
  }
  return result;
}

std::string joined_words(const std::string& text) {
  std::string result;
  for (const auto& word : words(text)) {
    result += (result.empty() ? "" : " ") + word;
  }
  return result;
}

/// sysfs shows a choice as `none [mq-deadline]`; the brackets hold the answer.
std::string chosen(const std::string& text) {
  const auto open = text.find('[');
  const auto close = text.find(']', open);
  return close == std::string::npos ? text : text.substr(open + 1, close - open - 1);
}

void check_command_line(const fs::path& root, const fs::path& fragments,
                        std::vector<Check>& checks) {
  const auto parameters = words(read_attribute(root / "proc/cmdline"));
  for (const auto& setting : parse_command_line(read_file(fragments / "cmdline"))) {
    Check check{"boot parameter " + setting.name, setting.value, "absent", setting.reason,
                CheckState::differs};
    for (const auto& parameter : parameters) {
      const auto equals = parameter.find('=');
      if (parameter.substr(0, equals) == setting.name) {
        check.found = equals == std::string::npos ? "" : parameter.substr(equals + 1);
        check.state = check.found == setting.value ? CheckState::ok : CheckState::differs;
      }
    }
    checks.push_back(std::move(check));
  }
}

void check_sysctl(const fs::path& root, const Setting& setting, std::vector<Check>& checks) {
  std::string path = setting.name;
  std::replace(path.begin(), path.end(), '.', '/');
  const auto file = root / "proc/sys" / path;
  Check check{setting.name, joined_words(setting.value), {}, setting.reason, CheckState::ok};
  std::error_code error;
  if (!fs::exists(file, error)) {
    check.found = "this kernel has no such setting";
    check.state = CheckState::not_applicable;
  } else {
    check.found = joined_words(read_attribute(file));
    if (check.found.empty()) {
      check.found = "readable by root only";
      check.state = CheckState::not_applicable;
    } else if (check.found != check.expected) {
      check.state = CheckState::differs;
    }
  }
  checks.push_back(std::move(check));
}

void check_device(const fs::path& root, const DeviceSetting& setting, std::vector<Check>& checks) {
  const auto folder = root / "sys/class" / setting.subsystem;
  std::vector<std::string> devices;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    if (fnmatch(setting.kernel.c_str(), name.c_str(), 0) == 0) {
      devices.push_back(name);
    }
  }
  std::sort(devices.begin(), devices.end());
  if (devices.empty()) {
    checks.push_back({setting.kernel + " " + setting.attribute, setting.value,
                      "this machine has no such device", setting.reason,
                      CheckState::not_applicable});
  }
  for (const auto& device : devices) {
    const auto found = chosen(read_attribute(folder / device / setting.attribute));
    checks.push_back({device + " " + setting.attribute, setting.value, found, setting.reason,
                      found == setting.value ? CheckState::ok : CheckState::differs});
  }
}

}  // namespace

std::vector<Check> run_checks(const fs::path& root, const fs::path& fragments) {
  std::vector<Check> checks;
  check_command_line(root, fragments, checks);
  for (const auto& setting : parse_sysctl(read_file(fragments / "sysctl.conf"))) {
    check_sysctl(root, setting, checks);
  }
  for (const auto& setting : sized_settings(memory_bytes(root))) {
    check_sysctl(root, setting, checks);
  }
  for (const auto& setting : parse_device_rules(read_file(fragments / "devices.rules"))) {
    check_device(root, setting, checks);
  }
  return checks;
}

}  // namespace ap::kernel
