// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/boot/machine.h"

#include "appliance/kernel/fragments.h"
#include "appliance/kernel/tune.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

namespace ap::boot {
namespace {

constexpr unsigned kCpusMax = 4096;

/// `3` or `4-7`; what is neither adds nothing.
void add_item(std::string_view item, std::vector<unsigned>& cpus) {
  unsigned first = 0;
  const char* end = item.data() + item.size();
  const auto [after_first, error] = std::from_chars(item.data(), end, first);
  if (error != std::errc()) {
    return;
  }
  unsigned last = first;
  if (after_first != end && *after_first == '-') {
    std::from_chars(after_first + 1, end, last);
  }
  for (unsigned cpu = first; cpu <= last && cpu < kCpusMax; ++cpu) {
    cpus.push_back(cpu);
  }
}

std::string to_list(std::vector<unsigned> cpus) {
  std::sort(cpus.begin(), cpus.end());
  std::string text;
  for (const unsigned cpu : cpus) {
    text += (text.empty() ? "" : ",") + std::to_string(cpu);
  }
  return text;
}

}  // namespace

std::vector<unsigned> parse_cpu_list(const std::string& text) {
  std::vector<unsigned> cpus;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    add_item(rest.substr(0, comma), cpus);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return cpus;
}

Machine read_machine(const std::filesystem::path& root) {
  const auto folder = root / "sys/devices/system/cpu";
  std::set<Core> cores;
  for (const unsigned cpu : parse_cpu_list(kernel::read_attribute(folder / "online"))) {
    Core core = parse_cpu_list(kernel::read_attribute(folder / ("cpu" + std::to_string(cpu)) /
                                                      "topology/thread_siblings_list"));
    cores.insert(core.empty() ? Core{cpu} : std::move(core));
  }
  return {{cores.begin(), cores.end()}, kernel::memory_bytes(root), ""};
}

CoreMap plan_cores(const std::vector<Core>& cores) {
  std::vector<Core> parts = cores;
  if (parts.size() == 1 && parts.front().size() == 2) {
    parts = {{parts.front()[0]}, {parts.front()[1]}};  // two threads of one core, shared out alike
  }
  if (parts.size() < 2) {
    return {};
  }
  CoreMap map;
  map.system = to_list(parts[0]);
  map.dataplane = to_list(parts[1]);
  map.shard = std::to_string(parts[1].front());
  map.interrupts = parts[1].size() > 1 ? std::to_string(parts[1].back()) : "";
  std::vector<unsigned> others;
  for (std::size_t index = 2; index < parts.size(); ++index) {
    others.insert(others.end(), parts[index].begin(), parts[index].end());
  }
  map.others = others.empty() ? map.system : to_list(std::move(others));
  return map;
}

}  // namespace ap::boot
