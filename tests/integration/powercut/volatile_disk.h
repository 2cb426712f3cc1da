// SPDX-License-Identifier: LicenseRef-Project
// A disk in memory that keeps across a power cut what was synced, and of the rest a random part:
// single sectors of files, and directories as they were after some of their latest changes.
#pragma once

#include "dataplane/base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace powercut {

/// A file or directory; the number stays across power cuts.
using Node = std::uint64_t;
inline constexpr Node kRoot = 1;

/// Which syncs are mostly confirmed without being done, for the proof of the proof.
enum class Lie : std::uint8_t { none, file_syncs, directory_syncs };

/// What a disk wrote or lost, counted over all its power cuts.
struct CutCounters {
  std::uint64_t sectors_kept = 0;  ///< Changed since the last sync and found after the cut.
  std::uint64_t sectors_lost = 0;
  std::uint64_t names_lost = 0;  ///< Changes of directories that are undone.
};

/// The tree and its bytes. A sync of a file says nothing of its name, as POSIX has it: that takes a
/// sync of the directory. Thread: one at a time. Names must exist and be of the right kind.
class VolatileDisk {
 public:
  explicit VolatileDisk(std::uint64_t seed, Lie lie = Lie::none);

  [[nodiscard]] std::optional<Node> find(Node directory, const std::string& name) const;
  [[nodiscard]] const std::map<std::string, Node>& list(Node directory) const;
  [[nodiscard]] bool is_directory(Node node) const;
  /// What the node was called last.
  [[nodiscard]] const std::string& name(Node node) const;
  [[nodiscard]] std::uint64_t bytes(Node file) const;
  void read(Node file, std::uint64_t offset, base::MutableBytes to) const;

  Node make_file(Node directory, const std::string& name);
  Node make_directory(Node directory, const std::string& name);
  void remove(Node directory, const std::string& name);
  /// Within one directory; replaces `to`.
  void rename(Node directory, const std::string& from, const std::string& to);

  void write(Node file, std::uint64_t offset, base::Bytes bytes);
  /// Zeros within the file's length.
  void erase(Node file, std::uint64_t begin, std::uint64_t end);
  void resize(Node file, std::uint64_t bytes);

  void sync(Node node);

  /// The power goes and comes back.
  void cut_power();
  [[nodiscard]] const CutCounters& counters() const noexcept { return counters_; }

 private:
  static constexpr std::size_t kPageBytes = 4096;
  using Page = std::array<std::byte, kPageBytes>;
  /// Pages are never changed in place, so that two contents may share one; none is all zeros.
  struct Content {
    std::uint64_t bytes = 0;
    std::vector<std::shared_ptr<const Page>> pages;
  };
  using Names = std::map<std::string, Node>;
  struct NameChange {
    std::string removed;  ///< Empty: nothing is.
    std::string added;
    Node node = 0;
  };
  struct Entry {
    bool is_directory = false;
    std::string name;
    Content visible;
    Content durable;
    std::set<std::size_t> unsynced;  ///< Pages that may differ.
    Names names;
    Names durable_names;
    std::deque<NameChange> unsynced_names;
  };
  enum class Survival : std::uint8_t { nothing, everything, pages, sectors };

  static std::shared_ptr<const Page> page_of(const Content& content, std::size_t index);
  static void trim(Content& content, std::uint64_t bytes);
  static void apply(Names& names, const NameChange& change);
  [[nodiscard]] bool chance(unsigned percent) { return random_() % 100 < percent; }

  Node make(Node directory, const std::string& name, bool is_directory);
  void change(Entry& directory, NameChange change);
  void put_page(Entry& file, std::size_t index, std::shared_ptr<const Page> page);
  void cut_file(Entry& file);
  std::shared_ptr<const Page> torn(const std::shared_ptr<const Page>& before,
                                   const std::shared_ptr<const Page>& after, Survival survival);
  void cut_directory(Entry& directory);
  void keep(Node node, std::map<Node, Entry>& kept);

  std::mt19937_64 random_;
  Lie lie_;
  std::map<Node, Entry> entries_;
  Node next_ = kRoot + 1;
  CutCounters counters_;
};

}  // namespace powercut
