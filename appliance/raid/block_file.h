// SPDX-License-Identifier: LicenseRef-Project
// A disk, a partition or an image file read and written by offset; every error is a Failure that
// names the file.
#pragma once

#include "dataplane/base/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace ap::raid {

/// An open disk, partition or regular file. Owner: whoever opened it. Thread: any, one at a time.
/// Failure: throws exec::Failure(failed) with the path and the system's words.
class BlockFile {
 public:
  enum class Access { read, write };

  BlockFile(const std::filesystem::path& path, Access access);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t bytes() const;

  /// Reads exactly `bytes.size()` at `offset`; the end of the file before that is a failure.
  void read(std::uint64_t offset, std::span<std::byte> bytes) const;
  [[nodiscard]] std::vector<std::byte> read(std::uint64_t offset, std::size_t bytes) const;
  void write(std::uint64_t offset, std::span<const std::byte> bytes);
  void zero(std::uint64_t offset, std::uint64_t bytes);

  /// Returns when everything written is on the medium.
  void sync();
  /// Makes the next reads come from the medium (what is not yet written stays cached).
  void forget_cache();

 private:
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path path_;
  base::Descriptor file_;
};

/// Reads past the page cache, as md's own metadata are written; through it where the file system
/// cannot. `offset` and `bytes` are multiples of 4096.
std::vector<std::byte> read_uncached(const std::filesystem::path& path, std::uint64_t offset,
                                     std::size_t bytes);

}  // namespace ap::raid
