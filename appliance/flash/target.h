// SPDX-License-Identifier: LicenseRef-Project
// A disk (or, for tests and virtual machines, a regular file) that is to be overwritten.
#pragma once

#include "appliance/exec/runner.h"
#include "dataplane/base/descriptor.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ap::flash {

/// What is known about a target before it is touched.
struct Target {
  std::filesystem::path path;
  std::string model;   ///< Empty for a file.
  std::string serial;  ///< Empty for a file.
  std::uint64_t bytes = 0;
  bool is_file = false;
  std::vector<std::string> uses;   ///< Why it must not be written now: mounts, running arrays.
  std::vector<std::string> found;  ///< What is on it, in words.
};

/// Looks at `path`; reads /sys and /proc below `root`. Runs `wipefs --no-act`. Throws
/// exec::Failure (not_found, invalid) when it is no whole disk and no regular file.
Target inspect_target(exec::Runner& runner, const std::filesystem::path& path,
                      const std::filesystem::path& root = "/");

/// Keeps udev away from a target while it is written: it would read the new table as soon as it
/// lies there, and the kernel would start arrays over members that are not final yet. Owner: the
/// run. Released before mtools writes, which lock the same way. Throws Failure(refused).
class TargetLock {
 public:
  explicit TargetLock(const Target& target);

 private:
  base::Descriptor file_;
};

/// Throws Failure(refused) naming the disk and what to do: when it is in use, is too small, is
/// named twice, or holds something and `force` is not given.
void require_writable(const std::vector<Target>& targets, std::uint64_t image_bytes, bool force);

/// One line for people: path, model, serial, size.
std::string describe(const Target& target);

}  // namespace ap::flash
