// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/watermark.h"

#include "dataplane/base/descriptor.h"
#include "dataplane/format/format_error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace format {
namespace {

using base::Descriptor;

namespace fs = std::filesystem;

// "BRSTLWMK" read as a little-endian number.
constexpr std::uint64_t kWatermarkMagic = 0x4B4D574C54535242;
constexpr std::size_t kWatermarksAt = 64;
constexpr std::size_t kWatermarksPerMagic = kWatermarksAt / sizeof(std::uint64_t);

/// The file as both sides see it.
struct WatermarkPage {
  std::atomic<std::uint64_t> magic;
  std::array<std::uint64_t, kWatermarksPerMagic - 1> reserved;
  std::array<std::atomic<std::uint64_t>, kWatermarkShardsMax> next;
};
static_assert(sizeof(WatermarkPage) <= kWatermarkBytes);
static_assert(offsetof(WatermarkPage, next) == kWatermarksAt);

base::Unexpected last_errno() noexcept { return base::unexpected(base::Error::from_errno(errno)); }

/// The whole file, nothing when it is no watermark file.
bool read_page(const fs::path& path, std::array<std::uint64_t, kWatermarkBytes / 8>& page) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file.is_open() &&
         ::pread(file.number(), page.data(), kWatermarkBytes, 0) ==
             static_cast<ssize_t>(kWatermarkBytes) &&
         page[0] == kWatermarkMagic;
}

/// Puts a file that holds everything in place, whole or not at all.
base::Result<void> make_file(const fs::path& directory, const std::string& name) {
  const fs::path preparing = directory / ('.' + name + ".preparing");
  std::array<std::uint64_t, kWatermarkBytes / 8> page{};
  page[0] = kWatermarkMagic;
  const Descriptor file(::open(preparing.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  // The dataplane reads it as a member of the group, whatever our umask.
  if (!file.is_open() || ::fchmod(file.number(), 0640) != 0 ||
      ::pwrite(file.number(), page.data(), kWatermarkBytes, 0) !=
          static_cast<ssize_t>(kWatermarkBytes) ||
      ::fsync(file.number()) != 0 || ::rename(preparing.c_str(), (directory / name).c_str()) != 0) {
    return last_errno();
  }
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::fsync(folder.number()) != 0) {
    return last_errno();
  }
  return {};
}

}  // namespace

base::Result<WatermarkFile> WatermarkFile::open(const fs::path& event_log,
                                                const std::string& name) {
  const fs::path directory = event_log / kConsumersDirectoryName;
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) {
    return base::unexpected(base::Error::from_errno(failed.value()));
  }
  std::array<std::uint64_t, kWatermarkBytes / 8> page{};
  if (!read_page(directory / name, page)) {
    if (const auto made = make_file(directory, name); !made) {
      return base::unexpected(made.error());
    }
  }
  const Descriptor file(::open((directory / name).c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open()) {
    return last_errno();
  }
  void* mapping =
      ::mmap(nullptr, kWatermarkBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0);
  if (mapping == MAP_FAILED) {
    return last_errno();
  }
  return WatermarkFile(mapping);
}

WatermarkFile::WatermarkFile(WatermarkFile&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)) {}

WatermarkFile& WatermarkFile::operator=(WatermarkFile&& other) noexcept {
  if (this != &other) {
    unmap();
    mapping_ = std::exchange(other.mapping_, nullptr);
  }
  return *this;
}

WatermarkFile::~WatermarkFile() { unmap(); }

void WatermarkFile::unmap() noexcept {
  if (mapping_ != nullptr) {
    ::munmap(mapping_, kWatermarkBytes);
    mapping_ = nullptr;
  }
}

base::Result<void> WatermarkFile::publish(std::uint32_t shard, Sequence next) {
  if (shard >= kWatermarkShardsMax) {
    return base::unexpected(make_error(FormatError::bad_value));
  }
  static_cast<WatermarkPage*>(mapping_)->next[shard].store(next, std::memory_order_release);
  return ::msync(mapping_, kWatermarkBytes, MS_SYNC) == 0 ? base::Result<void>() : last_errno();
}

base::Result<std::vector<Consumer>> read_consumers(const fs::path& event_log) {
  std::vector<Consumer> consumers;
  const fs::path directory = event_log / kConsumersDirectoryName;
  std::error_code failed;
  for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.')) {
      continue;
    }
    Consumer consumer{name, {}};
    std::array<std::uint64_t, kWatermarkBytes / 8> page{};
    if (read_page(entry->path(), page)) {
      std::copy_n(page.begin() + kWatermarksPerMagic, kWatermarkShardsMax, consumer.next.begin());
    }
    consumers.push_back(std::move(consumer));
  }
  if (failed && failed.value() != ENOENT) {
    return base::unexpected(base::Error::from_errno(failed.value()));
  }
  return consumers;
}

Sequence released_below(const std::vector<Consumer>& consumers, std::uint32_t shard) noexcept {
  bool has_worker = false;
  Sequence lowest = std::numeric_limits<Sequence>::max();
  for (const Consumer& consumer : consumers) {
    has_worker = has_worker || consumer.name == kWorkerConsumerName;
    lowest = std::min(lowest, shard < kWatermarkShardsMax ? consumer.next[shard] : 0);
  }
  return has_worker ? lowest : 0;
}

Sequence watermark_of(const std::vector<Consumer>& consumers, const std::string& name,
                      std::uint32_t shard) noexcept {
  const auto found = std::find_if(consumers.begin(), consumers.end(),
                                  [&](const Consumer& consumer) { return consumer.name == name; });
  return found == consumers.end() || shard >= kWatermarkShardsMax ? 0 : found->next[shard];
}

}  // namespace format
