// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/health/disk_budget.h"

#include <sys/stat.h>

#include <array>
#include <system_error>
#include <utility>

namespace ap::health {
namespace {

constexpr std::uint64_t kStatBlockBytes = 512;

struct Part {
  const char* name;
  const char* directory;
};

constexpr std::array<Part, 4> kParts{{
    {"Event log", "var/lib/bristle/event-log"},
    {"ClickHouse", "var/lib/bristle/engine"},
    {"PostgreSQL", "var/lib/bristle/postgres"},
    {"Journal", "var/log/journal"},
}};

}  // namespace

std::uint64_t bytes_below(const std::filesystem::path& directory, std::size_t entries_max) {
  namespace fs = std::filesystem;
  std::uint64_t bytes = 0;
  std::size_t seen = 0;
  std::error_code error;  // Files come and go meanwhile; what is gone does not count.
  for (fs::recursive_directory_iterator entry(directory,
                                              fs::directory_options::skip_permission_denied, error);
       !error && entry != fs::recursive_directory_iterator() && seen < entries_max;
       entry.increment(error), ++seen) {
    struct stat status{};
    if (lstat(entry->path().c_str(), &status) == 0) {
      bytes += static_cast<std::uint64_t>(status.st_blocks) * kStatBlockBytes;
    }
  }
  return bytes;
}

DiskBudgetMeter::DiskBudgetMeter(std::filesystem::path root, ReadSpace space)
    : root_(std::move(root)), space_(std::move(space)) {}

DiskBudget DiskBudgetMeter::read(std::chrono::steady_clock::time_point now) {
  if (!counted_at_ || now - *counted_at_ > kPartsKept) {
    parts_.clear();
    for (const auto& [name, directory] : kParts) {
      parts_.push_back({name, bytes_below(root_ / directory, kEntriesMax)});
    }
    counted_at_ = now;
  }
  DiskBudget budget;
  budget.path = std::filesystem::exists(root_ / "data/state") ? "/data" : "/var/lib/bristle";
  const auto space = space_(root_ / budget.path.substr(1));
  budget.size_bytes = space.capacity;
  budget.used_bytes = space.capacity - space.free;
  const auto usable = budget.used_bytes + space.available;
  budget.share =
      usable == 0 ? 0 : static_cast<double>(budget.used_bytes) / static_cast<double>(usable);
  budget.parts = parts_;
  std::uint64_t counted = 0;
  for (const auto& part : parts_) {
    counted += part.bytes;
  }
  budget.parts.push_back({"Other", budget.used_bytes > counted ? budget.used_bytes - counted : 0});
  return budget;
}

}  // namespace ap::health
