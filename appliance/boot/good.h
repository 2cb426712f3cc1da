// SPDX-License-Identifier: LicenseRef-Project
// The boot step after the canary: this slot works, so the boot loader may trust it; the first time,
// the console says where the product is.
#pragma once

#include "appliance/exec/runner.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ap::boot {

/// What could not be done, in words; empty when everything was.
std::vector<std::string> mark_good(exec::Runner& runner, const std::filesystem::path& root = "/");

/// The slot the kernel line names, in the boot environment's case: `A`. Throws Failure(failed)
/// without one.
std::string booted_slot(const std::filesystem::path& root);

/// The lines of the first boot's result.
std::string first_boot_result(exec::Runner& runner, const std::filesystem::path& root);

}  // namespace ap::boot
