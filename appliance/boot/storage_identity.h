// SPDX-License-Identifier: LicenseRef-Project
// What the ESPs and /data tell each other early in the boot: the seed and the machine's id.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/raid/disks.h"
#include "appliance/raid/grub_environment.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ap::boot {

/// Puts seed.toml and authorized_keys of the first ESP that has them into /run/bristle/seed.
void read_seed(exec::Runner& runner, const raid::Storage& storage,
               const std::filesystem::path& root);

/// The id of the first boot becomes the machine's: /data/state/machine-id, and `machine_id` in the
/// boot environment of every disk. Returns what could not be written, in words.
std::vector<std::string> keep_machine_id(const raid::Storage& storage,
                                         const std::filesystem::path& root);

/// Sets variables in the boot environment of every disk of the mirror that has one. Returns what
/// could not be written, in words.
std::vector<std::string> set_boot_variables(const raid::Storage& storage,
                                            const raid::GrubEnvironment& variables);

}  // namespace ap::boot
