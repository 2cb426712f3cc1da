// SPDX-License-Identifier: LicenseRef-Project
// Small files of the appliance, written so that a power cut leaves the old or the new one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ap::settings {

/// Absolute path on the box to text: what a renderer makes and `write_files` puts in place.
using FileSet = std::map<std::string, std::string>;

/// The text of a file of at most 1 MiB; nothing when it cannot be read.
std::optional<std::string> read_text(const std::filesystem::path& path);

/// Writes beside `path`, flushes, renames and flushes the folder, which is made when missing.
/// Throws Failure `failed`.
void write_atomically(const std::filesystem::path& path, std::string_view text, mode_t mode = 0644);

/// Writes the files of `files` below `root`; those that already have their text stay untouched.
void write_files(const std::filesystem::path& root, const FileSet& files);

/// Paths whose text differs between the two, or that only one has.
std::vector<std::string> changed_paths(const FileSet& from, const FileSet& to);

}  // namespace ap::settings
