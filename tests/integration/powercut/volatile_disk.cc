// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/powercut/volatile_disk.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace powercut {
namespace {

/// What a disk writes or loses as a whole.
constexpr std::size_t kSectorBytes = 512;
constexpr std::array<std::byte, 4096> kZeros{};

}  // namespace

VolatileDisk::VolatileDisk(std::uint64_t seed, Lie lie) : random_(seed), lie_(lie) {
  entries_[kRoot].is_directory = true;
}

std::optional<Node> VolatileDisk::find(Node directory, const std::string& name) const {
  const Names& names = list(directory);
  const auto found = names.find(name);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

const std::map<std::string, Node>& VolatileDisk::list(Node directory) const {
  return entries_.at(directory).names;
}

bool VolatileDisk::is_directory(Node node) const { return entries_.at(node).is_directory; }
const std::string& VolatileDisk::name(Node node) const { return entries_.at(node).name; }
std::uint64_t VolatileDisk::bytes(Node file) const { return entries_.at(file).visible.bytes; }

std::shared_ptr<const VolatileDisk::Page> VolatileDisk::page_of(const Content& content,
                                                                std::size_t index) {
  return index < content.pages.size() ? content.pages[index] : nullptr;
}

void VolatileDisk::read(Node file, std::uint64_t offset, base::MutableBytes to) const {
  const Content& content = entries_.at(file).visible;
  std::size_t done = 0;
  while (done < to.size()) {
    const std::uint64_t at = offset + done;
    const std::size_t within = at % kPageBytes;
    const std::size_t count = std::min(kPageBytes - within, to.size() - done);
    const auto page = page_of(content, at / kPageBytes);
    if (page == nullptr) {
      std::memset(to.data() + done, 0, count);
    } else {
      std::memcpy(to.data() + done, page->data() + within, count);
    }
    done += count;
  }
}

void VolatileDisk::apply(Names& names, const NameChange& change) {
  if (!change.removed.empty()) {
    names.erase(change.removed);
  }
  if (!change.added.empty()) {
    names[change.added] = change.node;
  }
}

void VolatileDisk::change(Entry& directory, NameChange change) {
  apply(directory.names, change);
  directory.unsynced_names.push_back(std::move(change));
}

Node VolatileDisk::make(Node directory, const std::string& name, bool is_directory) {
  const Node node = next_++;
  entries_[node].is_directory = is_directory;
  entries_[node].name = name;
  change(entries_.at(directory), {"", name, node});
  return node;
}

Node VolatileDisk::make_file(Node directory, const std::string& name) {
  return make(directory, name, false);
}

Node VolatileDisk::make_directory(Node directory, const std::string& name) {
  return make(directory, name, true);
}

void VolatileDisk::remove(Node directory, const std::string& name) {
  change(entries_.at(directory), {name, "", 0});
}

void VolatileDisk::rename(Node directory, const std::string& from, const std::string& to) {
  Entry& entry = entries_.at(directory);
  const Node node = entry.names.at(from);
  entries_.at(node).name = to;
  change(entry, {from, to, node});
}

void VolatileDisk::put_page(Entry& file, std::size_t index, std::shared_ptr<const Page> page) {
  if (index >= file.visible.pages.size()) {
    file.visible.pages.resize(index + 1);
  }
  file.visible.pages[index] = std::move(page);
  file.unsynced.insert(index);
}

void VolatileDisk::write(Node file, std::uint64_t offset, base::Bytes bytes) {
  Entry& entry = entries_.at(file);
  entry.visible.bytes = std::max(entry.visible.bytes, offset + bytes.size());
  std::size_t done = 0;
  while (done < bytes.size()) {
    const std::uint64_t at = offset + done;
    const std::size_t within = at % kPageBytes;
    const auto part = bytes.subspan(done, std::min(kPageBytes - within, bytes.size() - done));
    const auto old = page_of(entry.visible, at / kPageBytes);
    const bool is_zero = std::memcmp(part.data(), kZeros.data(), part.size()) == 0;
    std::shared_ptr<Page> page;
    if (!is_zero || (old != nullptr && part.size() < kPageBytes)) {
      page = old == nullptr ? std::make_shared<Page>() : std::make_shared<Page>(*old);
      std::memcpy(page->data() + within, part.data(), part.size());
    }
    put_page(entry, at / kPageBytes, std::move(page));
    done += part.size();
  }
}

void VolatileDisk::erase(Node file, std::uint64_t begin, std::uint64_t end) {
  Entry& entry = entries_.at(file);
  for (std::uint64_t at = begin; at < std::min(end, entry.visible.bytes);) {
    const std::size_t within = at % kPageBytes;
    const std::size_t count = std::min<std::uint64_t>(kPageBytes - within, end - at);
    if (page_of(entry.visible, at / kPageBytes) != nullptr) {
      const std::uint64_t bytes = entry.visible.bytes;
      write(file, at, base::Bytes(kZeros).first(count));
      entry.visible.bytes = bytes;
    }
    at += count;
  }
}

void VolatileDisk::trim(Content& content, std::uint64_t bytes) {
  content.bytes = bytes;
  const std::size_t pages = (bytes + kPageBytes - 1) / kPageBytes;
  if (content.pages.size() > pages) {
    content.pages.resize(pages);
  }
  const std::size_t rest = bytes % kPageBytes;
  if (rest != 0 && content.pages.size() == pages && content.pages.back() != nullptr) {
    auto page = std::make_shared<Page>(*content.pages.back());
    std::fill(page->begin() + static_cast<std::ptrdiff_t>(rest), page->end(), std::byte{0});
    content.pages.back() = std::move(page);
  }
}

void VolatileDisk::resize(Node file, std::uint64_t bytes) {
  Entry& entry = entries_.at(file);
  for (std::size_t index = bytes / kPageBytes; index < entry.visible.pages.size(); ++index) {
    entry.unsynced.insert(index);
  }
  trim(entry.visible, bytes);
}

void VolatileDisk::sync(Node node) {
  Entry& entry = entries_.at(node);
  constexpr unsigned kLiesPercent = 75;
  if (lie_ == (entry.is_directory ? Lie::directory_syncs : Lie::file_syncs) &&
      chance(kLiesPercent)) {
    return;
  }
  for (const std::size_t index : entry.unsynced) {
    if (index >= entry.durable.pages.size()) {
      entry.durable.pages.resize(index + 1);
    }
    entry.durable.pages[index] = page_of(entry.visible, index);
  }
  entry.unsynced.clear();
  trim(entry.durable, entry.visible.bytes);
  entry.durable_names = entry.names;
  entry.unsynced_names.clear();
}

std::shared_ptr<const VolatileDisk::Page> VolatileDisk::torn(
    const std::shared_ptr<const Page>& before, const std::shared_ptr<const Page>& after,
    Survival survival) {
  const bool is_page_kept = chance(50);
  auto page = before == nullptr ? std::make_shared<Page>() : std::make_shared<Page>(*before);
  for (std::size_t at = 0; at < kPageBytes; at += kSectorBytes) {
    const bool is_kept = survival == Survival::everything ||
                         (survival == Survival::pages && is_page_kept) ||
                         (survival == Survival::sectors && chance(50));
    ++(is_kept ? counters_.sectors_kept : counters_.sectors_lost);
    if (!is_kept) {
      continue;
    }
    if (after == nullptr) {
      std::memset(page->data() + at, 0, kSectorBytes);
    } else {
      std::memcpy(page->data() + at, after->data() + at, kSectorBytes);
    }
  }
  return page;
}

void VolatileDisk::cut_file(Entry& file) {
  const auto survival = static_cast<Survival>(random_() % 4);
  Content survivor = file.durable;
  for (const std::size_t index : file.unsynced) {
    const auto before = page_of(file.durable, index);
    const auto after = page_of(file.visible, index);
    if (before == after) {
      continue;
    }
    if (index >= survivor.pages.size()) {
      survivor.pages.resize(index + 1);
    }
    survivor.pages[index] = torn(before, after, survival);
  }
  const bool is_length_kept =
      survival == Survival::everything || (survival != Survival::nothing && chance(50));
  trim(survivor, is_length_kept ? file.visible.bytes : file.durable.bytes);
  file.visible = survivor;
  file.durable = std::move(survivor);
  file.unsynced.clear();
}

// A file system keeps the order of a directory's changes, but not when they reach the disk.
void VolatileDisk::cut_directory(Entry& directory) {
  auto& changes = directory.unsynced_names;
  const std::size_t kept = random_() % (changes.size() + 1);
  counters_.names_lost += changes.size() - kept;
  Names survivor = directory.durable_names;
  for (std::size_t index = 0; index < kept; ++index) {
    apply(survivor, changes[index]);
  }
  changes.clear();
  directory.names = survivor;
  directory.durable_names = std::move(survivor);
}

void VolatileDisk::keep(Node node, std::map<Node, Entry>& kept) {
  const Entry& entry = kept[node] = std::move(entries_.at(node));
  for (const auto& [name, below] : entry.names) {
    keep(below, kept);
    kept.at(below).name = name;
  }
}

void VolatileDisk::cut_power() {
  for (auto& [node, entry] : entries_) {
    if (entry.is_directory) {
      cut_directory(entry);
    } else {
      cut_file(entry);
    }
  }
  std::map<Node, Entry> kept;
  keep(kRoot, kept);
  entries_ = std::move(kept);
}

}  // namespace powercut
