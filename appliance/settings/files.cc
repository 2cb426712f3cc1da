// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/settings/files.h"

#include "appliance/exec/failure.h"
#include "dataplane/base/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace ap::settings {
namespace {

constexpr std::size_t kBytesMax = 1U << 20U;

[[noreturn]] void fail(const char* what, const std::filesystem::path& path) {
  throw exec::Failure(exec::FailureKind::failed, std::string("cannot ") + what + " " +
                                                     path.string() + ": " +
                                                     std::generic_category().message(errno));
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(file, text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

std::optional<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kBytesMax, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && !file.eof()) {
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

void write_atomically(const std::filesystem::path& path, std::string_view text, mode_t mode) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  std::filesystem::path beside = path;
  beside += ".new";
  {
    const base::Descriptor file(
        open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!file.is_open() || !write_all(file.number(), text) || fchmod(file.number(), mode) != 0 ||
        fsync(file.number()) != 0) {
      fail("write", beside);
    }
  }
  if (rename(beside.c_str(), path.c_str()) != 0) {
    fail("rename to", path);
  }
  const base::Descriptor folder(
      open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || fsync(folder.number()) != 0) {
    fail("flush", path.parent_path());
  }
}

void write_files(const std::filesystem::path& root, const FileSet& files) {
  for (const auto& [path, text] : files) {
    const auto place = root / std::filesystem::path(path).relative_path();
    if (read_text(place) != text) {
      write_atomically(place, text);
    }
  }
}

std::vector<std::string> changed_paths(const FileSet& from, const FileSet& to) {
  FileSet all = from;
  all.insert(to.begin(), to.end());
  std::vector<std::string> paths;
  for (const auto& [path, ignored] : all) {
    const auto before = from.find(path);
    const auto after = to.find(path);
    if (before == from.end() || after == to.end() || before->second != after->second) {
      paths.push_back(path);
    }
  }
  return paths;
}

}  // namespace ap::settings
