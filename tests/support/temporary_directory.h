// SPDX-License-Identifier: LicenseRef-Project
// A directory for one test, gone with it.
#pragma once

#include "dataplane/base/check.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace support {

/// Makes an empty directory below the system's temporary one (or `below`) and removes it in the
/// destructor.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(
      const std::filesystem::path& below = std::filesystem::temp_directory_path()) {
    std::string pattern = (below / "bristle-test-XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  TemporaryDirectory(TemporaryDirectory&&) = delete;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace support
