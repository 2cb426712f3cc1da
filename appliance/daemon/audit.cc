// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/audit.h"

#include "appliance/exec/failure.h"
#include "dataplane/base/descriptor.h"

#include <boost/json.hpp>
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

namespace ap::daemon {
namespace {

namespace json = boost::json;

using exec::Failure;
using exec::FailureKind;

constexpr std::size_t kFieldBytesMax = 1024;

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

void require(bool has_worked) {
  if (!has_worked) {
    throw Failure(FailureKind::failed, std::generic_category().message(errno));
  }
}

void read_lines(const std::filesystem::path& path, std::vector<std::string>& lines) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    lines.push_back(std::move(line));
  }
}

}  // namespace

std::string user_name(std::uint32_t uid) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return "uid " + std::to_string(uid);
}

Audit::Audit(const std::filesystem::path& root, std::uintmax_t file_bytes_max)
    : path_(root / "var/log/bristle/audit.jsonl"), file_bytes_max_(file_bytes_max) {}

void Audit::write(const AuditLine& line) {
  const std::string caller = user_name(line.uid);
  const std::string text =
      json::serialize(json::object{{"time", now_text()},
                                   {"caller", caller},
                                   {"uid", line.uid},
                                   {"noun", line.noun},
                                   {"action", line.action},
                                   {"argument", line.argument.substr(0, kFieldBytesMax)},
                                   {"result", line.result.substr(0, kFieldBytesMax)}});
  // <5> is the priority `notice`, which journald takes off the line.
  std::fprintf(stderr, "<5>audit %s\n", text.c_str());
  const std::lock_guard lock(mutex_);
  try {
    append(text + "\n");
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "<3>the audit log cannot be written: %s\n", failure.what());
  }
}

void Audit::append(const std::string& text) {
  std::filesystem::create_directories(path_.parent_path());
  std::error_code error;
  const auto size = std::filesystem::file_size(path_, error);
  if (!error && size + text.size() > file_bytes_max_) {
    rotate();
  }
  // Opened anew for every line, so that a rotated file is let go.
  const base::Descriptor file(
      open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  require(file.is_open());
  require(::write(file.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  require(fsync(file.number()) == 0);
}

void Audit::rotate() {
  std::error_code error;  // A gap in the row of older files is no error.
  for (int number = kOlderFiles; number > 1; --number) {
    std::filesystem::rename(older(number - 1), older(number), error);
  }
  std::filesystem::rename(path_, older(1));
}

std::filesystem::path Audit::older(int number) const {
  return path_.string() + "." + std::to_string(number);
}

std::string Audit::read(const std::string& lines) {
  std::size_t wanted = 0;
  const auto [end, error] = std::from_chars(lines.data(), lines.data() + lines.size(), wanted);
  if (error != std::errc{} || end != lines.data() + lines.size() || wanted == 0 ||
      wanted > kLinesMax) {
    throw Failure(FailureKind::invalid, "lines must be a number from 1 to 1000", "lines");
  }
  const std::lock_guard lock(mutex_);
  std::vector<std::string> texts;
  read_lines(older(1), texts);
  read_lines(path_, texts);
  json::array entries;
  for (std::size_t index = texts.size() > wanted ? texts.size() - wanted : 0; index < texts.size();
       ++index) {
    std::error_code wrong;
    json::value entry = json::parse(texts[index], wrong);
    // A line that a power cut left half written.
    if (!wrong) {
      entries.push_back(std::move(entry));
    }
  }
  return json::serialize(json::object{{"entries", std::move(entries)}});
}

}  // namespace ap::daemon
