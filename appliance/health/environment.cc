// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/health/environment.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <system_error>

namespace ap::health {
namespace {

constexpr std::size_t kFileBytesMax = 64U << 10U;

// systemd's form: NAME=value, comments, the value perhaps in quotation marks.
void read_file_into(const std::filesystem::path& path, std::map<std::string, std::string>& values) {
  std::istringstream lines(read_small_file(path));
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (line.empty() || line[0] == '#' || line[0] == ';' || equals == std::string::npos) {
      continue;
    }
    std::string value = line.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    values[line.substr(0, equals)] = value;
  }
}

}  // namespace

std::map<std::string, std::string> read_environment(const std::filesystem::path& root) {
  std::map<std::string, std::string> values;
  for (const char* file :
       {"usr/lib/bristle/environment", "run/bristle/environment", "etc/bristle/environment"}) {
    read_file_into(root / file, values);
  }
  return values;
}

std::string read_small_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

std::optional<double> number_after(std::string_view text, std::string_view name) {
  for (std::size_t start = 0; start < text.size();) {
    const auto newline = text.find('\n', start);
    std::string_view line =
        text.substr(start, newline == std::string_view::npos ? newline : newline - start);
    start = newline == std::string_view::npos ? text.size() : newline + 1;
    if (!line.starts_with(name)) {
      continue;
    }
    line.remove_prefix(name.size());
    const auto value = line.find_first_not_of(": \t");
    if (value == 0 || value == std::string_view::npos) {
      continue;  // another, longer name
    }
    line.remove_prefix(value);
    double number = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), number).ec == std::errc{}) {
      return number;
    }
  }
  return std::nullopt;
}

std::string kernel_parameter(const std::filesystem::path& root, std::string_view name) {
  std::istringstream words(read_small_file(root / "proc/cmdline"));
  for (std::string word; words >> word;) {
    if (word.starts_with(name) && word.size() > name.size() && word[name.size()] == '=') {
      return word.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace ap::health
