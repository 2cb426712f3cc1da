// SPDX-License-Identifier: LicenseRef-Project
// A disk in memory that programs open by a path, for fuzz targets that must not touch real ones.
#pragma once

#include "dataplane/base/check.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace support {

class MemoryDisk {
 public:
  explicit MemoryDisk(std::span<const std::byte> content)
      : descriptor_(memfd_create("disk", MFD_CLOEXEC)) {
    CHECK(descriptor_ >= 0);
    CHECK(write(descriptor_, content.data(), content.size()) ==
          static_cast<ssize_t>(content.size()));
  }
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;
  ~MemoryDisk() { close(descriptor_); }

  [[nodiscard]] std::filesystem::path path() const {
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

 private:
  int descriptor_;
};

}  // namespace support
