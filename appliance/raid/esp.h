// SPDX-License-Identifier: LicenseRef-Project
// The ESP of one disk as a set of files, through mtools: never mounted, so nothing is left half
// mounted when the power goes.
#pragma once

#include "appliance/exec/runner.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace ap::raid {

/// The FAT32 file system that begins at `offset` of `device` (a partition, a disk, an image file).
struct Esp {
  std::filesystem::path device;
  std::uint64_t offset = 0;
};

/// The content of a file (`/bristle/seed.toml`); nothing when it is not there.
std::optional<std::string> read_esp_file(exec::Runner& runner, const Esp& esp,
                                         const std::string& path);

/// Writes a file, replacing what is there, and the folder it is in (one level) when missing.
void write_esp_file(exec::Runner& runner, const Esp& esp, const std::string& path,
                    const std::string& content);

/// Makes `to` (a partition) a new FAT32 file system with every file of `from`, and flushes it.
/// `scratch` is an empty or missing folder with room for the files; it is removed.
void copy_esp(exec::Runner& runner, const Esp& from, const Esp& to,
              const std::filesystem::path& scratch);

}  // namespace ap::raid
