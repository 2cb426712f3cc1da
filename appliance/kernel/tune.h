// SPDX-License-Identifier: LicenseRef-Project
// What of kernel-config/ cannot be a fixed line: memory settings by the machine's size, and the
// network port's interrupts, which have no fixed numbers.
#pragma once

#include "appliance/kernel/fragments.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ap::kernel {

/// The machine's memory, from /proc/meminfo below `root`; 0 when it cannot be read.
std::uint64_t memory_bytes(const std::filesystem::path& root);

/// sysctl settings for a machine of that size (reference appliance.md 5.2, 5.3): huge pages of
/// 2 MiB for the dataplane and PostgreSQL, and the kernel's reserve for receiving packets.
std::vector<Setting> sized_settings(std::uint64_t memory);

/// The numbers of the interrupts of `interface`, from /proc/interrupts below `root`.
std::vector<std::string> interrupts_of(const std::filesystem::path& root,
                                       std::string_view interface);

/// Sets the sized settings, and moves the interrupts of `interface` to `cpus` (a list like "5";
/// empty leaves them). Returns a sentence for everything the kernel refused; idempotent.
std::vector<std::string> tune(const std::filesystem::path& root, std::string_view interface,
                              const std::string& cpus);

}  // namespace ap::kernel
