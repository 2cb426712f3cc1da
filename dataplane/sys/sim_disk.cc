// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/sys/sim_disk.h"

#include "dataplane/base/check.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>

namespace dp::sys {
namespace {

/// What a disk writes or loses as a whole.
constexpr std::size_t kSectorBytes = 512;

}  // namespace

// One asynchronous operation; its effect happens when it ends.
struct SimDisk::Operation final : public Completion {
  enum class Kind : std::uint8_t { create, write, rename, release, remove, read };

  Operation(SimDisk& owner, Kind what, Completion& whom) noexcept
      : disk(owner), kind(what), completion(whom) {}
  void completed(std::int32_t result) noexcept override { disk.finish(*this, result); }

  SimDisk& disk;
  Kind kind;
  Completion& completion;
  LogFile file = -1;
  std::string name;
  std::string new_name;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  base::MutableBytes to;
};

SimDisk::SimDisk(std::uint64_t seed) : random_(seed) {}
SimDisk::~SimDisk() = default;

void SimDisk::attach(SimEvents& events) noexcept { events_ = &events; }

void SimDisk::refuse_writes(std::uint32_t count, std::int32_t error) noexcept {
  refused_writes_ = count;
  write_error_ = error;
}

void SimDisk::refuse_renames(std::uint32_t count, std::int32_t error) noexcept {
  refused_renames_ = count;
  rename_error_ = error;
}

void SimDisk::set_full(bool is_full) noexcept { is_full_ = is_full; }
void SimDisk::set_delay_ns_max(std::uint64_t delay_ns) noexcept { delay_ns_max_ = delay_ns; }

void SimDisk::apply(Content& content, std::uint64_t offset, base::Bytes bytes) {
  content.resize(std::max<std::size_t>(content.size(), offset + bytes.size()));
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

// Each sector of each write that was not synced may have reached the disk.
void SimDisk::maybe_write_back(const File& file, Content& survivor) {
  for (const auto& [offset, bytes] : file.unsynced) {
    const bool is_all = chance(30);
    for (std::size_t begin = 0; begin < bytes.size(); begin += kSectorBytes) {
      if (is_all || chance(50)) {
        const std::size_t length = std::min(kSectorBytes, bytes.size() - begin);
        apply(survivor, offset + begin, base::Bytes(bytes).subspan(begin, length));
      }
    }
  }
}

void SimDisk::move_name(const std::string& from, const std::string& to) {
  if (const auto found = names_.find(from); found != names_.end()) {
    names_[to] = found->second;
    names_.erase(from);
  }
}

std::size_t SimDisk::add_file(Content content) {
  files_.push_back(std::make_unique<File>());
  files_.back()->visible = content;
  files_.back()->durable = std::move(content);
  return files_.size() - 1;
}

void SimDisk::kill() {
  for (const auto& operation : std::exchange(under_way_, {})) {
    // Writes became visible when they were started; the kernel may carry out a rename on its own.
    if (operation->kind == Operation::Kind::rename && chance(50)) {
      move_name(operation->name, operation->new_name);
    }
    if (operation->kind == Operation::Kind::remove && chance(50)) {
      names_.erase(operation->name);
    }
  }
  refused_writes_ = 0;
  refused_renames_ = 0;
  is_full_ = false;
}

void SimDisk::cut_power() {
  kill();
  // A rename that was not synced may be there: rename is atomic, so it is either directory.
  if (chance(50)) {
    durable_names_ = names_;
  }
  names_ = durable_names_;
  for (auto& [name, index] : names_) {
    const File& file = *files_[index];
    Content survivor = file.durable;
    if (!file.older_page.empty()) {
      survivor = chance(50) ? file.older_page : file.visible;
    }
    maybe_write_back(file, survivor);
    const bool is_mapping = !file.older_page.empty();
    index = add_file(survivor);  // mappings of the life before must not reach this one
    if (is_mapping) {
      files_[index]->older_page = std::move(survivor);
    }
  }
  durable_names_ = names_;
}

void SimDisk::export_to(const std::filesystem::path& directory) const {
  std::filesystem::create_directories(directory);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::filesystem::remove(entry.path());
  }
  for (const auto& [name, index] : names_) {
    const Content& content = files_[index]->visible;
    std::ofstream out(directory / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(content.data()),
              static_cast<std::streamsize>(content.size()));
  }
}

base::Result<std::vector<std::string>> SimDisk::list() {
  std::vector<std::string> listed;
  for (const auto& [name, index] : names_) {
    listed.push_back(name);
  }
  return listed;
}

base::Result<std::size_t> SimDisk::read(const std::string& name, std::uint64_t offset,
                                        base::MutableBytes to) {
  const auto found = names_.find(name);
  if (found == names_.end()) {
    return base::unexpected(base::Error::from_errno(ENOENT));
  }
  const Content& content = files_[found->second]->visible;
  const std::size_t begin = std::min<std::size_t>(offset, content.size());
  const std::size_t count = std::min(to.size(), content.size() - begin);
  std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(begin), count, to.begin());
  return count;
}

base::Result<void> SimDisk::sync_and_cut(const std::string& name, std::uint64_t bytes) {
  const auto found = names_.find(name);
  if (found == names_.end()) {
    return base::unexpected(base::Error::from_errno(ENOENT));
  }
  File& file = *files_[found->second];
  file.visible.resize(bytes);
  file.durable = file.visible;
  file.unsynced.clear();
  durable_names_ = names_;
  return {};
}

base::Result<base::MutableBytes> SimDisk::map(const std::string& name, std::size_t bytes) {
  if (!names_.contains(name)) {
    names_[name] = add_file({});
  }
  File& file = *files_[names_[name]];
  file.visible.resize(bytes);
  file.older_page = file.visible;
  durable_names_[name] = names_[name];
  return base::MutableBytes(file.visible);
}

void SimDisk::start(std::unique_ptr<Operation> operation, std::int32_t result) {
  CHECK(events_ != nullptr);
  const std::uint64_t delay_ns = 1 + random_() % delay_ns_max_;
  events_->schedule(delay_ns, *operation, result);
  under_way_.push_back(std::move(operation));
}

void SimDisk::create(const char* name, std::uint64_t bytes, Completion& completion) noexcept {
  names_.erase(name);
  auto operation = std::make_unique<Operation>(*this, Operation::Kind::create, completion);
  operation->name = name;
  operation->end = bytes;
  start(std::move(operation), is_full_ ? -ENOSPC : 0);
}

void SimDisk::write_and_sync(LogFile file, base::Bytes bytes, std::uint64_t offset,
                             Completion& completion) noexcept {
  CHECK(offset % kDiskBlockBytes == 0 && bytes.size() % kDiskBlockBytes == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % kDiskBlockBytes == 0);
  File& target = *files_.at(static_cast<std::size_t>(file));
  CHECK(offset + bytes.size() <= target.visible.size());
  auto operation = std::make_unique<Operation>(*this, Operation::Kind::write, completion);
  operation->file = file;
  const bool is_refused = refused_writes_ > 0;
  if (is_refused) {
    --refused_writes_;
  }
  if (!is_refused || chance(70)) {
    apply(target.visible, offset, bytes);
    target.unsynced.emplace_back(offset, Content(bytes.begin(), bytes.end()));
  }
  start(std::move(operation), is_refused ? -write_error_ : 0);
}

void SimDisk::rename_and_sync(const char* from, const char* to, Completion& completion) noexcept {
  auto operation = std::make_unique<Operation>(*this, Operation::Kind::rename, completion);
  operation->name = from;
  operation->new_name = to;
  const bool is_refused = refused_renames_ > 0;
  if (is_refused) {
    --refused_renames_;
  }
  start(std::move(operation), is_refused ? -rename_error_ : 0);
}

void SimDisk::release_and_close(LogFile file, std::uint64_t begin, std::uint64_t end,
                                Completion& completion) noexcept {
  auto operation = std::make_unique<Operation>(*this, Operation::Kind::release, completion);
  operation->file = file;
  operation->begin = begin;
  operation->end = end;
  start(std::move(operation), chance(10) ? -EIO : 0);
}

void SimDisk::remove(const char* name, Completion& completion) noexcept {
  auto operation = std::make_unique<Operation>(*this, Operation::Kind::remove, completion);
  operation->name = name;
  start(std::move(operation), chance(5) ? -EIO : 0);
}

void SimDisk::read_later(const char* name, std::uint64_t offset, base::MutableBytes to,
                         Completion& completion) noexcept {
  auto operation = std::make_unique<Operation>(*this, Operation::Kind::read, completion);
  operation->name = name;
  operation->begin = offset;
  operation->to = to;
  start(std::move(operation), 0);
}

base::Result<std::uint64_t> SimDisk::bytes_taken(const std::string& name) {
  const auto found = names_.find(name);
  if (found == names_.end()) {
    return base::unexpected(base::Error::from_errno(ENOENT));
  }
  return files_[found->second]->visible.size();
}

void SimDisk::finish(Operation& operation, std::int32_t result) {
  std::int32_t outcome = result;
  switch (operation.kind) {
    case Operation::Kind::create:
      if (result == 0) {
        names_[operation.name] = add_file(Content(operation.end));
        outcome = static_cast<std::int32_t>(files_.size() - 1);
      }
      break;
    case Operation::Kind::write:
      if (result == 0) {
        File& file = *files_[static_cast<std::size_t>(operation.file)];
        for (const auto& [offset, bytes] : file.unsynced) {
          apply(file.durable, offset, bytes);
        }
        file.unsynced.clear();
      }
      break;
    case Operation::Kind::rename:
      // A refused one may have happened: the directory's sync can fail after the rename.
      if (result == 0 || chance(50)) {
        move_name(operation.name, operation.new_name);
      }
      if (result == 0) {
        durable_names_ = names_;
      }
      break;
    case Operation::Kind::release:
      if (result == 0 && operation.begin < operation.end) {
        File& file = *files_[static_cast<std::size_t>(operation.file)];
        Content zeros(operation.end - operation.begin);
        apply(file.visible, operation.begin, zeros);
        file.unsynced.emplace_back(operation.begin, std::move(zeros));
      }
      break;
    case Operation::Kind::remove:
      if (result == 0) {
        outcome = names_.erase(operation.name) == 1 ? 0 : -ENOENT;
      }
      break;
    case Operation::Kind::read: {
      const auto count = read(operation.name, operation.begin, operation.to);
      outcome = count ? static_cast<std::int32_t>(*count) : -count.error().system_errno;
      break;
    }
  }
  if (chance(5)) {  // the kernel writes mapped pages back whenever it likes
    for (const auto& [name, index] : names_) {
      if (!files_[index]->older_page.empty()) {
        files_[index]->older_page = files_[index]->visible;
      }
    }
  }
  Completion& completion = operation.completion;
  const auto mine = std::find_if(under_way_.begin(), under_way_.end(),
                                 [&](const auto& each) { return each.get() == &operation; });
  under_way_.erase(mine);
  completion.completed(outcome);
}

}  // namespace dp::sys
