// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/kernel/fragments.h"

#include "appliance/exec/failure.h"

#include <fstream>
#include <iterator>
#include <optional>

namespace ap::kernel {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Hands each trimmed line to `line(text)`.
template <typename Line>
void for_each_line(std::string_view text, Line line) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    line(trim(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

/// Collects the comment above settings: lines of one comment are joined, an empty line ends it.
class Reason {
 public:
  /// True when `line` was a comment or empty, so no setting.
  bool take(std::string_view line) {
    if (line.empty()) {
      text_.clear();
    } else if (line.front() == '#') {
      if (is_used_) {
        text_.clear();
      }
      text_ += (text_.empty() ? "" : " ") + std::string(trim(line.substr(1)));
      is_used_ = false;
    } else {
      is_used_ = true;
      return false;
    }
    return true;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool is_used_ = false;
};

/// What stands between quotes behind `key` in a udev rule.
std::optional<std::string> quoted(std::string_view line, std::string_view key) {
  const auto start = line.find(key);
  if (start == std::string_view::npos) {
    return std::nullopt;
  }
  line.remove_prefix(start + key.size());
  const auto end = line.find('"');
  return end == std::string_view::npos ? std::nullopt
                                       : std::optional(std::string(line.substr(0, end)));
}

}  // namespace

std::vector<Setting> parse_command_line(std::string_view text) {
  std::vector<Setting> settings;
  for_each_line(text, [&](std::string_view line) {
    if (line.empty() || line.front() == '#') {
      return;
    }
    const auto comment = line.find('#');
    const auto parameter = trim(line.substr(0, comment));
    const auto equals = parameter.find('=');
    Setting setting;
    setting.name = parameter.substr(0, equals);
    if (equals != std::string_view::npos) {
      setting.value = parameter.substr(equals + 1);
    }
    if (comment != std::string_view::npos) {
      setting.reason = trim(line.substr(comment + 1));
    }
    settings.push_back(std::move(setting));
  });
  return settings;
}

std::vector<Setting> parse_sysctl(std::string_view text) {
  std::vector<Setting> settings;
  Reason reason;
  for_each_line(text, [&](std::string_view line) {
    const auto equals = line.find('=');
    if (reason.take(line) || equals == std::string_view::npos) {
      return;
    }
    settings.push_back({std::string(trim(line.substr(0, equals))),
                        std::string(trim(line.substr(equals + 1))), reason.text()});
  });
  return settings;
}

std::vector<DeviceSetting> parse_device_rules(std::string_view text) {
  std::vector<DeviceSetting> settings;
  Reason reason;
  for_each_line(text, [&](std::string_view line) {
    if (reason.take(line)) {
      return;
    }
    const auto subsystem = quoted(line, "SUBSYSTEM==\"");
    const auto kernel = quoted(line, "KERNEL==\"");
    const auto attribute = line.find("ATTR{");
    const auto closing = line.find("}=\"", attribute);
    if (!subsystem || !kernel || closing == std::string_view::npos) {
      throw exec::Failure(exec::FailureKind::invalid,
                          "a device rule has another form than ours: " + std::string(line));
    }
    const auto value = quoted(line.substr(closing), "}=\"");
    settings.push_back({*subsystem, *kernel,
                        std::string(line.substr(attribute + 5, closing - attribute - 5)),
                        value.value_or(""), reason.text()});
  });
  return settings;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw exec::Failure(exec::FailureKind::failed, "cannot read " + path.string());
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string read_attribute(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return std::string(trim(text));
}

}  // namespace ap::kernel
