// SPDX-License-Identifier: LicenseRef-Project
// Where the space of the data disk goes, counted in bounded work and kept for a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ap::health {

struct BudgetPart {
  std::string name;
  std::uint64_t bytes = 0;
};

struct DiskBudget {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::uint64_t used_bytes = 0;
  std::vector<BudgetPart> parts;  ///< The last one is what the others do not count.

  /// Used, of what ordinary programs may use; 0 to 1.
  double share = 0;
};

/// Space that the files below `directory` take, looking at `entries_max` of them at most.
std::uint64_t bytes_below(const std::filesystem::path& directory, std::size_t entries_max);

/// Answers how large a file system is and how much of it is left; throws std::filesystem errors.
using ReadSpace = std::function<std::filesystem::space_info(const std::filesystem::path&)>;

/// What the kernel says.
inline std::filesystem::space_info read_space(const std::filesystem::path& path) {
  return std::filesystem::space(path);
}

/// The budget of the file system that holds the product's data. Thread: one.
class DiskBudgetMeter {
 public:
  static constexpr std::size_t kEntriesMax = 100'000;  ///< Per part.
  static constexpr std::chrono::seconds kPartsKept{120};

  DiskBudgetMeter(std::filesystem::path root, ReadSpace space);

  /// Size and use are of now; the parts may be two minutes old. Throws std::filesystem errors.
  DiskBudget read(std::chrono::steady_clock::time_point now);

 private:
  std::filesystem::path root_;
  ReadSpace space_;
  std::vector<BudgetPart> parts_;
  std::optional<std::chrono::steady_clock::time_point> counted_at_;
};

}  // namespace ap::health
