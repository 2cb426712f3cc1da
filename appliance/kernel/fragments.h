// SPDX-License-Identifier: LicenseRef-Project
// Reads the fragments of kernel-config/: each setting with the reason that stands beside or above
// it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ap::kernel {

/// One setting of a fragment. What `name` and `value` are depends on the fragment.
struct Setting {
  std::string name;
  std::string value;
  std::string reason;

  friend bool operator==(const Setting&, const Setting&) = default;
};

/// `parameter  # reason` lines: name is what stands before `=`, value what stands behind it.
std::vector<Setting> parse_command_line(std::string_view text);

/// sysctl.d(5) lines `key = value`, the reason in the comment above. A comment holds for the lines
/// up to the next comment or empty line.
std::vector<Setting> parse_sysctl(std::string_view text);

/// One device attribute of a udev(7) rule.
struct DeviceSetting {
  std::string subsystem;
  std::string kernel;     ///< The device's name, with `*`, `?` and `[a-z]`.
  std::string attribute;  ///< Relative to the device, like queue/scheduler.
  std::string value;
  std::string reason;

  friend bool operator==(const DeviceSetting&, const DeviceSetting&) = default;
};

/// Rules of the one form we write: SUBSYSTEM=="", KERNEL=="", ATTR{}="".
std::vector<DeviceSetting> parse_device_rules(std::string_view text);

/// A file's text; throws ap::exec::Failure when it cannot be read.
std::string read_file(const std::filesystem::path& path);

/// A file's text without the newline at its end; empty when it cannot be read (sysfs attributes
/// come and go with their devices).
std::string read_attribute(const std::filesystem::path& path);

}  // namespace ap::kernel
