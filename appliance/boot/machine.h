// SPDX-License-Identifier: LicenseRef-Project
// What the renderers need to know about the machine, and how its cores are shared out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ap::boot {

/// Logical CPUs of one physical core, ascending.
using Core = std::vector<unsigned>;

/// Facts about the machine that do not come from the operator.
struct Machine {
  std::vector<Core> cores;  ///< By their first CPU.
  std::uint64_t memory_bytes = 0;
  std::string public_mac;  ///< Of the port that becomes enp0s31f6; empty while none is there.
};

/// Reads cores and memory below `root`; `public_mac` stays empty.
Machine read_machine(const std::filesystem::path& root);

/// Who runs where (reference 5.1), as CPU lists for systemd. Empty: no restriction.
struct CoreMap {
  std::string system;
  std::string dataplane;
  std::string others;      ///< Control plane and database.
  std::string shard;       ///< The dataplane's polling CPU.
  std::string interrupts;  ///< The public port's; empty: as the kernel has it.
};

/// The first core is the system's, the second the dataplane's, the rest everybody else's. With two
/// cores the rest shares the first; one CPU is not divided.
CoreMap plan_cores(const std::vector<Core>& cores);

/// CPUs of a kernel list like `0-3,8`.
std::vector<unsigned> parse_cpu_list(const std::string& text);

}  // namespace ap::boot
