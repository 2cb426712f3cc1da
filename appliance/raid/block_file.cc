// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/block_file.h"

#include "appliance/exec/failure.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>

namespace ap::raid {
namespace {

constexpr std::size_t kDirectAlignment = 4096;
constexpr std::size_t kZeroChunkBytes = 1U << 20U;

[[noreturn]] void throw_errno(const std::filesystem::path& path, const std::string& what) {
  throw exec::Failure(exec::FailureKind::failed,
                      what + " " + path.string() + ": " + std::generic_category().message(errno));
}

}  // namespace

BlockFile::BlockFile(const std::filesystem::path& path, Access access)
    : path_(path),
      file_(::open(path.c_str(), (access == Access::read ? O_RDONLY : O_RDWR) | O_CLOEXEC)) {
  if (!file_.is_open()) {
    fail("cannot open");
  }
}

void BlockFile::fail(const std::string& what) const { throw_errno(path_, what); }

std::uint64_t BlockFile::bytes() const {
  struct stat status{};
  if (fstat(file_.number(), &status) != 0) {
    fail("cannot look at");
  }
  if (!S_ISBLK(status.st_mode)) {
    return static_cast<std::uint64_t>(status.st_size);
  }
  std::uint64_t bytes = 0;
  if (ioctl(file_.number(), BLKGETSIZE64, &bytes) != 0) {
    fail("cannot ask the size of");
  }
  return bytes;
}

void BlockFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count =
        pread(file_.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      errno = count == 0 ? ENODATA : errno;
      fail("cannot read");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

std::vector<std::byte> BlockFile::read(std::uint64_t offset, std::size_t bytes) const {
  std::vector<std::byte> content(bytes);
  read(offset, std::span(content));
  return content;
}

void BlockFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        pwrite(file_.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      fail("cannot write");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void BlockFile::zero(std::uint64_t offset, std::uint64_t bytes) {
  const std::vector<std::byte> zeros(
      static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kZeroChunkBytes)));
  while (bytes > 0) {
    const std::uint64_t count = std::min<std::uint64_t>(bytes, zeros.size());
    write(offset, std::span(zeros).first(static_cast<std::size_t>(count)));
    offset += count;
    bytes -= count;
  }
}

void BlockFile::sync() {
  if (fsync(file_.number()) != 0) {
    fail("cannot flush");
  }
}

void BlockFile::forget_cache() {
  posix_fadvise(file_.number(), 0, 0, POSIX_FADV_DONTNEED);  // a hint; regular files and disks
}

std::vector<std::byte> read_uncached(const std::filesystem::path& path, std::uint64_t offset,
                                     std::size_t bytes) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
  if (file.is_open()) {
    const std::unique_ptr<void, decltype(&std::free)> buffer(
        std::aligned_alloc(kDirectAlignment, bytes), &std::free);
    const ssize_t count = pread(file.number(), buffer.get(), bytes, static_cast<off_t>(offset));
    if (count == static_cast<ssize_t>(bytes)) {
      std::vector<std::byte> content(bytes);
      std::memcpy(content.data(), buffer.get(), bytes);
      return content;
    }
  }
  return BlockFile(path, BlockFile::Access::read).read(offset, bytes);
}

}  // namespace ap::raid
