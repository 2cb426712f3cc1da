// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/fat.h"

#include "dataplane/base/bytes.h"

#include <algorithm>
#include <array>
#include <string>

namespace ap::raid {
namespace {

constexpr std::size_t kEntryBytes = 32;
constexpr std::uint32_t kEndOfChain = 0x0ffffff8;
constexpr std::uint8_t kAttributeDirectory = 0x10;
constexpr std::uint8_t kAttributeLabel = 0x08;           // also part of every long name
constexpr std::size_t kClustersMax = 1U << 16U;          // of one file or directory we read
constexpr std::uint64_t kDirectoryBytesMax = 1U << 21U;  // FAT's own limit: 65,536 entries

struct Entry {
  std::uint32_t cluster = 0;
  std::uint32_t bytes = 0;
  bool is_directory = false;
};

/// `grubenv` as a directory stores it: `GRUBENV    `.
std::string short_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  std::string stored(11, ' ');
  std::size_t at = 0;
  for (std::size_t index = 0; index < name.size(); ++index) {
    if (index == dot) {
      at = 8;
    } else if (at < stored.size()) {
      const char letter = name[index];
      stored[at++] = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 0x20) : letter;
    }
  }
  return stored;
}

/// A FAT32 file system; reads what it is asked for and keeps nothing.
class Fat {
 public:
  static std::optional<Fat> open(const BlockFile& device, std::uint64_t start) {
    const auto sector = device.read(start, 512);
    const base::Bytes bytes(sector);
    Fat fat(device, start);
    const auto sector_bytes = base::load_little_endian<std::uint16_t>(bytes, 11);
    const auto cluster_sectors = std::to_integer<std::uint32_t>(bytes[13]);
    const auto reserved = base::load_little_endian<std::uint16_t>(bytes, 14);
    const auto copies = std::to_integer<std::uint32_t>(bytes[16]);
    const auto fat_sectors = base::load_little_endian<std::uint32_t>(bytes, 36);
    const bool is_fat32 =
        base::as_text(bytes.subspan(82, 5)) == "FAT32" && bytes[510] == std::byte{0x55};
    if (!is_fat32 || sector_bytes < 512 || sector_bytes > 4096 || cluster_sectors == 0) {
      return std::nullopt;
    }
    fat.cluster_bytes_ = std::uint64_t{cluster_sectors} * sector_bytes;
    fat.table_ = start + std::uint64_t{reserved} * sector_bytes;
    fat.data_ = fat.table_ + std::uint64_t{copies} * fat_sectors * sector_bytes;
    fat.root_cluster_ = base::load_little_endian<std::uint32_t>(bytes, 44);
    fat.end_ = device.bytes();
    return fat;
  }

  [[nodiscard]] Entry root() const { return {root_cluster_, 0, true}; }

  [[nodiscard]] std::optional<std::vector<FileRun>> runs(std::uint32_t cluster) const {
    std::vector<FileRun> runs;
    for (std::size_t count = 0; cluster >= 2 && cluster < kEndOfChain; ++count) {
      const std::uint64_t offset = data_ + (std::uint64_t{cluster} - 2) * cluster_bytes_;
      const std::uint64_t link = table_ + std::uint64_t{cluster} * 4;
      if (count == kClustersMax || offset + cluster_bytes_ > end_ || link + 4 > end_) {
        return std::nullopt;
      }
      runs.push_back({offset, cluster_bytes_});
      const auto next = device_->read(link, 4);
      cluster = base::load_little_endian<std::uint32_t>(base::Bytes(next), 0) & 0x0fffffffU;
    }
    return runs;
  }

  [[nodiscard]] std::optional<Entry> find(const Entry& directory, std::string_view name) const {
    const std::string wanted = short_name(name);
    const auto parts = runs(directory.cluster);
    std::uint64_t seen = 0;  // a damaged chain may go round in circles
    for (const FileRun& run : parts.value_or(std::vector<FileRun>{})) {
      seen += run.bytes;
      if (seen > kDirectoryBytesMax) {
        return std::nullopt;
      }
      const auto cluster = device_->read(run.offset, static_cast<std::size_t>(run.bytes));
      for (std::size_t at = 0; at + kEntryBytes <= cluster.size(); at += kEntryBytes) {
        const base::Bytes entry = base::Bytes(cluster).subspan(at, kEntryBytes);
        const auto attributes = std::to_integer<std::uint8_t>(entry[11]);
        if (base::as_text(entry.first(11)) == wanted && (attributes & kAttributeLabel) == 0) {
          const std::uint32_t high = base::load_little_endian<std::uint16_t>(entry, 20);
          const std::uint32_t low = base::load_little_endian<std::uint16_t>(entry, 26);
          return Entry{(high << 16U) | low, base::load_little_endian<std::uint32_t>(entry, 28),
                       (attributes & kAttributeDirectory) != 0};
        }
      }
    }
    return std::nullopt;
  }

 private:
  Fat(const BlockFile& device, std::uint64_t start) : device_(&device), table_(start) {}

  const BlockFile* device_;
  std::uint64_t table_;
  std::uint64_t data_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t cluster_bytes_ = 0;
  std::uint32_t root_cluster_ = 0;
};

}  // namespace

std::optional<std::vector<FileRun>> find_fat_file(const BlockFile& device, std::uint64_t start,
                                                  std::string_view path) {
  const auto fat = Fat::open(device, start);
  if (!fat) {
    return std::nullopt;
  }
  std::optional<Entry> entry = fat->root();
  while (entry && !path.empty()) {
    path.remove_prefix(path.front() == '/' ? 1 : 0);
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(name.size());
    entry = entry->is_directory ? fat->find(*entry, name) : std::nullopt;
  }
  if (!entry || entry->is_directory) {
    return std::nullopt;
  }
  auto runs = fat->runs(entry->cluster);
  if (!runs) {
    return std::nullopt;
  }
  std::uint64_t left = entry->bytes;
  for (FileRun& run : *runs) {  // the last cluster is seldom full
    run.bytes = std::min(run.bytes, left);
    left -= run.bytes;
  }
  return left == 0 ? runs : std::nullopt;
}

}  // namespace ap::raid
