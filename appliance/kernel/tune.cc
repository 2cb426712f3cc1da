// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/kernel/tune.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace ap::kernel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kGibibyte = 1ULL << 30U;
/// 0.5 GiB for the dataplane and 4 GiB for PostgreSQL's shared buffers.
constexpr std::uint64_t kHugePages = 2304;

void write_setting(const fs::path& path, const std::string& value,
                   std::vector<std::string>& refusals) {
  std::ofstream file(path);
  file << value << std::flush;
  if (!file) {
    refusals.push_back("the kernel refused " + value + " for " + path.string());
  }
}

}  // namespace

std::uint64_t memory_bytes(const fs::path& root) {
  std::istringstream lines(read_attribute(root / "proc/meminfo"));
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kKey = "MemTotal:";
    if (line.starts_with(kKey)) {
      const auto digits = line.find_first_of("0123456789");
      std::uint64_t kibibytes = 0;
      if (digits != std::string::npos) {
        std::from_chars(line.data() + digits, line.data() + line.size(), kibibytes);
      }
      return kibibytes * 1024;
    }
  }
  return 0;
}

std::vector<Setting> sized_settings(std::uint64_t memory) {
  const bool is_server = memory >= 48 * kGibibyte;
  // A 256th of memory, within what a small machine can spare and a large one can use.
  const std::uint64_t reserve_kib = std::clamp<std::uint64_t>(memory / 256 / 1024, 8192, 262'144);
  return {{"vm.nr_hugepages", std::to_string(is_server ? kHugePages : 0),
           is_server ? "0.5 GiB for the dataplane and 4 GiB for PostgreSQL's shared buffers"
                     : "below 48 GiB the databases need the memory more than large pages"},
          {"vm.min_free_kbytes", std::to_string(reserve_kib),
           "packets are received without waiting for memory"}};
}

std::vector<std::string> interrupts_of(const fs::path& root, std::string_view interface) {
  std::istringstream lines(read_attribute(root / "proc/interrupts"));
  std::vector<std::string> numbers;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream columns(line);
    std::string number;
    std::string last;
    columns >> number;
    for (std::string column; columns >> column;) {
      last = column;
    }
    // A multi-queue driver names its vectors enp0s31f6-rx-0, enp0s31f6-tx-0, ...
    const bool is_ours = last == interface || last.starts_with(std::string(interface) + "-");
    if (is_ours && number.ends_with(':')) {
      numbers.push_back(number.substr(0, number.size() - 1));
    }
  }
  return numbers;
}

std::vector<std::string> tune(const fs::path& root, std::string_view interface,
                              const std::string& cpus) {
  std::vector<std::string> refusals;
  for (const auto& setting : sized_settings(memory_bytes(root))) {
    std::string path = setting.name;
    std::replace(path.begin(), path.end(), '.', '/');
    write_setting(root / "proc/sys" / path, setting.value, refusals);
  }
  if (!cpus.empty()) {
    for (const auto& number : interrupts_of(root, interface)) {
      write_setting(root / "proc/irq" / number / "smp_affinity_list", cpus, refusals);
    }
  }
  return refusals;
}

}  // namespace ap::kernel
