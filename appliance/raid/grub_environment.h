// SPDX-License-Identifier: LicenseRef-Project
// GRUB's environment block: 1024 bytes of NAME=value lines, padded with '#'. Read and rewritten in
// place on the ESP, since GRUB finds it by its blocks.
#pragma once

#include "appliance/raid/block_file.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ap::raid {

using GrubEnvironment = std::map<std::string, std::string, std::less<>>;

inline constexpr std::size_t kGrubEnvironmentBytes = 1024;

/// The variables of a block; nothing when it is not one.
std::optional<GrubEnvironment> parse_grub_environment(std::string_view block);

/// The block of these variables. Throws Failure(invalid) when they do not fit or a name has '='.
std::string encode_grub_environment(const GrubEnvironment& variables);

/// Sets `changes` in /grub/grubenv of the FAT32 file system at `start`: only when they differ, in
/// place, flushed, read back and compared. Throws Failure: `not_found` without a valid block.
/// Returns whether anything was written.
bool update_grub_environment(BlockFile& device, std::uint64_t start,
                             const GrubEnvironment& changes);

/// The variables of /grub/grubenv; nothing when there is no valid block.
std::optional<GrubEnvironment> read_grub_environment(const BlockFile& device, std::uint64_t start);

}  // namespace ap::raid
