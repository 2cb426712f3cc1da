// SPDX-License-Identifier: LicenseRef-Project
// Where the bytes of a file on a FAT32 file system lie, so that they can be rewritten in place: the
// way GRUB itself does, and the only one that a power cut cannot turn into a missing file.
#pragma once

#include "appliance/raid/block_file.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ap::raid {

/// A run of bytes of a file, by its offset in the BlockFile.
struct FileRun {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// The runs of the file `path` (`/grub/grubenv`: short names, at most 8.3) of the FAT32 file system
/// that begins at `start`. Nothing when there is no FAT32 or no such file.
std::optional<std::vector<FileRun>> find_fat_file(const BlockFile& device, std::uint64_t start,
                                                  std::string_view path);

}  // namespace ap::raid
