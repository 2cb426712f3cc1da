// SPDX-License-Identifier: LicenseRef-Project
// The early boot step that finds the disks, makes the mirror whole, and mounts /data and /var; when
// that is impossible, both come from memory and the reason is noted.
#pragma once

#include "appliance/exec/runner.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ap::boot {

/// Why the boot runs without its data; first line of the overview.
inline constexpr const char* kRecoveryPath = "/run/bristle/recovery";
/// What the booted disk's ESP says: seed.toml, authorized_keys.
inline constexpr const char* kSeedFolder = "/run/bristle/seed";

/// What the step did.
struct StorageResult {
  std::vector<std::string> steps;       ///< In order, in words.
  std::vector<std::string> alerts;      ///< What an operator must look at; the boot went on.
  std::optional<std::string> recovery;  ///< The reason, when /data and /var are in memory.
};

/// Runs as root, before everything that writes below /var. Idempotent: may be cut at any moment and
/// run again. Throws only when not even memory could be mounted.
StorageResult prepare_storage(exec::Runner& runner, const std::filesystem::path& root = "/");

}  // namespace ap::boot
