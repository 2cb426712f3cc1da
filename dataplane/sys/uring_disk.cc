// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/base/check.h"
#include "dataplane/base/descriptor.h"
#include "dataplane/sys/internal/ring.h"
#include "dataplane/sys/uring.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace dp::sys {
namespace {

using internal::Ring;
using internal::RingOperation;
using internal::RingTag;

/// Zeros written at once while a segment is prepared: long enough to be cheap, short enough not to
/// hold up a flush.
constexpr std::size_t kZeroChunkBytes = std::size_t{256} << 10;
/// The first segment has no flush to hold up, and everybody waits for it: one turn of a loaded loop
/// for this many chunks.
constexpr std::size_t kFirstZeroChunks = 32;
constexpr char kProbeName[] = "probe.preparing";

base::Unexpected last_errno() noexcept { return base::unexpected(base::Error::from_errno(errno)); }

// A file's own sync says nothing of the names that lead to it (fsync(2)), and a start that was cut
// off may have made a directory without syncing it: every directory above, as far as they are ours
// to read and on the same file system.
base::Result<void> sync_names_above(const std::filesystem::path& directory) {
  struct stat below{};
  std::error_code failed;
  auto path = std::filesystem::absolute(directory, failed).lexically_normal();
  if (failed || ::stat(path.c_str(), &below) != 0) {
    return last_errno();
  }
  while (path.has_relative_path()) {
    path = path.parent_path();
    const base::Descriptor above(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status{};
    if (!above.is_open() || ::fstat(above.number(), &status) != 0 ||
        status.st_dev != below.st_dev) {
      break;
    }
    if (::fsync(above.number()) != 0) {
      return last_errno();
    }
  }
  return {};
}

// RWF_DSYNC is a wish that a file system may overlook without a word, as FUSE does. These two keep
// it for direct writes: fs/iomap/direct-io.c syncs before it reports the end.
SyncMode cheapest_mode(int directory) noexcept {
  struct statfs status{};
  const bool is_known = ::fstatfs(directory, &status) == 0 &&
                        (status.f_type == EXT4_SUPER_MAGIC || status.f_type == XFS_SUPER_MAGIC);
  return is_known ? SyncMode::dsync_write : SyncMode::linked_fdatasync;
}

// One step of several: an operation that tells a Completion when its last step has ended.
class DiskOperation : public RingOperation {
 public:
  [[nodiscard]] bool is_under_way() const noexcept { return completion_ != nullptr; }

 protected:
  explicit DiskOperation(Ring& ring) noexcept : ring_(ring) {}
  ~DiskOperation() = default;

  void begin(Completion& completion) noexcept {
    CHECK(completion_ == nullptr);
    completion_ = &completion;
  }
  void finish(std::int32_t result) noexcept {
    std::exchange(completion_, nullptr)->completed(result);
  }
  io_uring_sqe& step(std::uint8_t opcode, int descriptor, const void* address, std::uint32_t length,
                     std::uint64_t offset) noexcept {
    return ring_.start({opcode, descriptor, address, length, offset},
                       static_cast<RingOperation*>(this), RingTag::operation);
  }
  Ring& ring_;

 private:
  Completion* completion_ = nullptr;
};

// open, allocate, zero, sync; when a step fails: unlink, close, report.
class Creation final : public DiskOperation {
 public:
  Creation(Ring& ring, int directory, const void* zeros) noexcept
      : DiskOperation(ring), directory_(directory), zeros_(zeros) {}

  void start(const char* name, std::uint64_t bytes, int open_flags,
             Completion& completion) noexcept {
    begin(completion);
    starts_ = std::min(starts_ + 1, 2);
    name_ = name;
    bytes_ = bytes;
    offset_ = 0;
    file_ = -1;
    state_ = State::opening;
    io_uring_sqe& entry = step(IORING_OP_OPENAT, directory_, name, 0644, 0);
    entry.open_flags =
        static_cast<std::uint32_t>(open_flags | O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC);
  }

  void ended(std::int32_t result, std::uint32_t /*flags*/) noexcept override {
    switch (state_) {
      case State::opening:
        return opened(result);
      case State::allocating:
        return result < 0 && result != -EOPNOTSUPP ? fail(result) : write_zeros();
      case State::zeroing:
        return zeroed(result);
      case State::syncing:
        return result < 0 ? fail(result) : finish(file_);
      case State::unlinking:
        state_ = State::closing;
        step(IORING_OP_CLOSE, file_, nullptr, 0, 0);
        return;
      case State::closing:
        return finish(failure_);
    }
  }

 private:
  enum class State : std::uint8_t { opening, allocating, zeroing, syncing, unlinking, closing };

  void opened(std::int32_t result) noexcept {
    if (result < 0) {
      finish(result);
      return;
    }
    file_ = result;
    state_ = State::allocating;
    io_uring_sqe& entry = step(IORING_OP_FALLOCATE, file_, nullptr, 0, 0);
    entry.addr = bytes_;  // fallocate carries its length here and its mode in len
  }

  void write_zeros() noexcept {
    state_ = State::zeroing;
    std::uint64_t left = bytes_ - offset_;
    std::uint32_t count = 0;
    for (iovec& chunk : chunks_) {
      chunk = {const_cast<void*>(zeros_), std::min<std::uint64_t>(kZeroChunkBytes, left)};
      left -= chunk.iov_len;
      ++count;
      if (left == 0 || starts_ > 1) {
        break;
      }
    }
    step(IORING_OP_WRITEV, file_, chunks_.data(), count, offset_);
  }

  void zeroed(std::int32_t result) noexcept {
    if (result <= 0) {
      fail(result == 0 ? -ENOSPC : result);
      return;
    }
    offset_ += static_cast<std::uint64_t>(result);
    if (offset_ % kDiskBlockBytes != 0) {
      fail(-ENOSPC);
      return;
    }
    if (offset_ < bytes_) {
      write_zeros();
      return;
    }
    state_ = State::syncing;
    step(IORING_OP_FSYNC, file_, nullptr, 0, 0);
  }

  // Space that a failed preparation holds is space somebody else may need: give it back.
  void fail(std::int32_t error) noexcept {
    failure_ = error;
    state_ = State::unlinking;
    step(IORING_OP_UNLINKAT, directory_, name_, 0, 0);
  }

  int directory_;
  const void* zeros_;
  std::array<iovec, kFirstZeroChunks> chunks_{};
  int starts_ = 0;
  const char* name_ = nullptr;
  std::uint64_t bytes_ = 0;
  std::uint64_t offset_ = 0;
  std::int32_t file_ = -1;
  std::int32_t failure_ = 0;
  State state_ = State::opening;
};

// A write with its sync, in one submission.
class Flush final : public DiskOperation {
 public:
  Flush(Ring& ring, SyncMode mode) noexcept : DiskOperation(ring), mode_(mode), write_(*this) {}

  [[nodiscard]] SyncMode mode() const noexcept { return mode_; }

  void start(LogFile file, base::Bytes bytes, std::uint64_t offset,
             Completion& completion) noexcept {
    begin(completion);
    write_failure_ = 0;
    expected_ = static_cast<std::int32_t>(bytes.size());
    const auto length = static_cast<std::uint32_t>(bytes.size());
    if (mode_ == SyncMode::dsync_write) {
      io_uring_sqe& write = step(IORING_OP_WRITE, file, bytes.data(), length, offset);
      write.rw_flags = RWF_DSYNC;
      return;
    }
    ring_.reserve(2);
    io_uring_sqe& write =
        ring_.start({IORING_OP_WRITE, file, bytes.data(), length, offset},
                    static_cast<RingOperation*>(&write_), RingTag::quiet_operation);
    write.flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe& sync = step(IORING_OP_FSYNC, file, nullptr, 0, 0);
    sync.fsync_flags = IORING_FSYNC_DATASYNC;
  }

  void ended(std::int32_t result, std::uint32_t /*flags*/) noexcept override {
    if (mode_ == SyncMode::dsync_write) {
      finish(result < 0 ? result : (result == expected_ ? 0 : -ENOSPC));
      return;
    }
    finish(write_failure_ != 0 ? write_failure_ : result);
  }

 private:
  // Told only when the write failed or was short, which cancels the sync behind it.
  class Write final : public RingOperation {
   public:
    explicit Write(Flush& flush) noexcept : flush_(flush) {}
    void ended(std::int32_t result, std::uint32_t /*flags*/) noexcept override {
      flush_.write_failure_ = result < 0 ? result : -ENOSPC;
    }

   private:
    Flush& flush_;
  };

  SyncMode mode_;
  std::int32_t expected_ = 0;
  std::int32_t write_failure_ = 0;
  Write write_;
};

// rename, then sync the directory.
class Rename final : public DiskOperation {
 public:
  Rename(Ring& ring, int directory) noexcept : DiskOperation(ring), directory_(directory) {}

  void start(const char* from, const char* to, Completion& completion) noexcept {
    begin(completion);
    is_renamed_ = false;
    io_uring_sqe& entry = step(IORING_OP_RENAMEAT, directory_, from, 0, 0);
    entry.len = static_cast<std::uint32_t>(directory_);
    entry.off = reinterpret_cast<std::uint64_t>(to);
  }

  void ended(std::int32_t result, std::uint32_t /*flags*/) noexcept override {
    if (result < 0 || is_renamed_) {
      finish(result);
      return;
    }
    is_renamed_ = true;
    step(IORING_OP_FSYNC, directory_, nullptr, 0, 0);
  }

 private:
  int directory_;
  bool is_renamed_ = false;
};

// punch a hole, then close.
class Release final : public DiskOperation {
 public:
  explicit Release(Ring& ring) noexcept : DiskOperation(ring) {}

  void start(LogFile file, std::uint64_t begin_at, std::uint64_t end,
             Completion& completion) noexcept {
    begin(completion);
    file_ = file;
    result_ = 0;
    if (begin_at >= end) {
      close();
      return;
    }
    is_closing_ = false;
    io_uring_sqe& entry = step(IORING_OP_FALLOCATE, file, nullptr, 0, begin_at);
    entry.addr = end - begin_at;
    entry.len = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  }

  void ended(std::int32_t result, std::uint32_t /*flags*/) noexcept override {
    if (is_closing_) {
      finish(result_);
      return;
    }
    result_ = result < 0 ? result : 0;
    close();
  }

 private:
  void close() noexcept {
    is_closing_ = true;
    step(IORING_OP_CLOSE, file_, nullptr, 0, 0);
  }

  LogFile file_ = -1;
  bool is_closing_ = false;
  std::int32_t result_ = 0;
};

// One unlink.
class Removal final : public DiskOperation {
 public:
  Removal(Ring& ring, int directory) noexcept : DiskOperation(ring), directory_(directory) {}

  void start(const char* name, Completion& completion) noexcept {
    begin(completion);
    step(IORING_OP_UNLINKAT, directory_, name, 0, 0);
  }

  void ended(std::int32_t result, std::uint32_t /*flags*/) noexcept override { finish(result); }

 private:
  int directory_;
};

// open, read until the buffer is full or the file ends, close.
class Read final : public DiskOperation {
 public:
  Read(Ring& ring, int directory) noexcept : DiskOperation(ring), directory_(directory) {}

  void start(const char* name, std::uint64_t offset, base::MutableBytes to,
             Completion& completion) noexcept {
    begin(completion);
    offset_ = offset;
    to_ = to;
    done_ = 0;
    state_ = State::opening;
    io_uring_sqe& entry = step(IORING_OP_OPENAT, directory_, name, 0, 0);
    entry.open_flags = static_cast<std::uint32_t>(O_RDONLY | O_CLOEXEC);
  }

  void ended(std::int32_t result, std::uint32_t /*flags*/) noexcept override {
    switch (state_) {
      case State::opening:
        if (result < 0) {
          return finish(result);
        }
        file_ = result;
        return read_on();
      case State::reading:
        return have_read(result);
      case State::closing:
        return finish(outcome_);
    }
  }

 private:
  enum class State : std::uint8_t { opening, reading, closing };

  void read_on() noexcept {
    state_ = State::reading;
    const base::MutableBytes rest = to_.subspan(done_);
    step(IORING_OP_READ, file_, rest.data(), static_cast<std::uint32_t>(rest.size()),
         offset_ + done_);
  }

  void have_read(std::int32_t result) noexcept {
    done_ += result > 0 ? static_cast<std::size_t>(result) : 0;
    if (result > 0 && done_ < to_.size()) {
      return read_on();
    }
    outcome_ = result < 0 ? result : static_cast<std::int32_t>(done_);
    state_ = State::closing;
    step(IORING_OP_CLOSE, file_, nullptr, 0, 0);
  }

  int directory_;
  std::uint64_t offset_ = 0;
  base::MutableBytes to_;
  std::size_t done_ = 0;
  std::int32_t file_ = -1;
  std::int32_t outcome_ = 0;
  State state_ = State::opening;
};

}  // namespace

class UringDisk::State {
 public:
  State(Ring& the_ring, std::filesystem::path path, int directory_descriptor, const void* zeros,
        SyncMode mode)
      : ring(the_ring),
        directory_path(std::move(path)),
        directory(directory_descriptor),
        zero_chunk(zeros),
        creation(ring, directory_descriptor, zeros),
        flush(ring, mode),
        rename(ring, directory_descriptor),
        release(ring),
        removal(ring, directory_descriptor),
        reading(ring, directory_descriptor) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;
  ~State() {
    for (const base::MutableBytes mapping : mappings) {
      ::munmap(mapping.data(), mapping.size());
    }
    ::munmap(const_cast<void*>(zero_chunk), kZeroChunkBytes);
    ::close(directory);
  }

  // Tries O_DIRECT with a real write: some file systems accept the flag and refuse the write.
  bool takes_direct_writes() const {
    const base::Descriptor file(
        ::openat(directory, kProbeName, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_DIRECT, 0644));
    const bool is_taken = file.is_open() && ::pwrite(file.number(), zero_chunk, kDiskBlockBytes,
                                                     0) == static_cast<ssize_t>(kDiskBlockBytes);
    ::unlinkat(directory, kProbeName, 0);
    return is_taken;
  }

  Ring& ring;
  std::filesystem::path directory_path;
  int directory;
  const void* zero_chunk;
  bool is_direct = false;
  Creation creation;
  Flush flush;
  Rename rename;
  Release release;
  Removal removal;
  Read reading;
  std::vector<base::MutableBytes> mappings;
};

base::Result<std::unique_ptr<UringDisk>> UringDisk::open(Uring& uring,
                                                         const std::filesystem::path& directory,
                                                         Options options) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) {
    return base::unexpected(base::Error::from_errno(failed.value()));
  }
  if (const auto synced = sync_names_above(directory); !synced) {
    return base::unexpected(synced.error());
  }
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    return last_errno();
  }
  // Never written, so all of it is the kernel's one zero page.
  void* zeros =
      ::mmap(nullptr, kZeroChunkBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (zeros == MAP_FAILED) {
    const base::Unexpected error = last_errno();
    ::close(descriptor);
    return error;
  }
  auto state = std::make_unique<State>(uring.ring(), directory, descriptor, zeros,
                                       options.sync_mode.value_or(cheapest_mode(descriptor)));
  state->is_direct = options.is_direct_wanted && state->takes_direct_writes();
  return std::unique_ptr<UringDisk>(new UringDisk(std::move(state)));
}

UringDisk::UringDisk(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
UringDisk::~UringDisk() = default;

base::Result<std::vector<std::string>> UringDisk::list() {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(state_->directory_path, failed), end;
       !failed && entry != end; entry.increment(failed)) {
    names.push_back(entry->path().filename().string());
  }
  if (failed) {
    return base::unexpected(base::Error::from_errno(failed.value()));
  }
  return names;
}

base::Result<std::size_t> UringDisk::read(const std::string& name, std::uint64_t offset,
                                          base::MutableBytes to) {
  const base::Descriptor file(::openat(state_->directory, name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    return last_errno();
  }
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t count = ::pread(file.number(), to.data() + done, to.size() - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0 && errno != EINTR) {
      return last_errno();
    }
    if (count == 0) {
      break;
    }
    done += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  return done;
}

base::Result<void> UringDisk::sync_and_cut(const std::string& name, std::uint64_t bytes) {
  const base::Descriptor file(::openat(state_->directory, name.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open() || ::fdatasync(file.number()) != 0 ||
      ::ftruncate(file.number(), static_cast<off_t>(bytes)) != 0 || ::fsync(file.number()) != 0 ||
      ::fsync(state_->directory) != 0) {
    return last_errno();
  }
  return {};
}

base::Result<base::MutableBytes> UringDisk::map(const std::string& name, std::size_t bytes) {
  const base::Descriptor file(
      ::openat(state_->directory, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.is_open() || ::posix_fallocate(file.number(), 0, static_cast<off_t>(bytes)) != 0) {
    return last_errno();
  }
  void* mapping = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0);
  if (mapping == MAP_FAILED) {
    return last_errno();
  }
  const base::MutableBytes mapped(static_cast<std::byte*>(mapping), bytes);
  state_->mappings.push_back(mapped);
  return mapped;
}

void UringDisk::create(const char* name, std::uint64_t bytes, Completion& completion) noexcept {
  state_->creation.start(name, bytes, state_->is_direct ? O_DIRECT : 0, completion);
}

void UringDisk::write_and_sync(LogFile file, base::Bytes bytes, std::uint64_t offset,
                               Completion& completion) noexcept {
  state_->flush.start(file, bytes, offset, completion);
  state_->ring.submit();  // the disk need not wait for the rest of the turn
}

void UringDisk::rename_and_sync(const char* from, const char* to, Completion& completion) noexcept {
  state_->rename.start(from, to, completion);
}

void UringDisk::release_and_close(LogFile file, std::uint64_t begin, std::uint64_t end,
                                  Completion& completion) noexcept {
  state_->release.start(file, begin, end, completion);
}

void UringDisk::remove(const char* name, Completion& completion) noexcept {
  state_->removal.start(name, completion);
}

void UringDisk::read_later(const char* name, std::uint64_t offset, base::MutableBytes to,
                           Completion& completion) noexcept {
  state_->reading.start(name, offset, to, completion);
}

base::Result<std::uint64_t> UringDisk::bytes_taken(const std::string& name) {
  constexpr std::uint64_t kStatBlockBytes = 512;
  struct stat status{};
  if (::fstatat(state_->directory, name.c_str(), &status, 0) != 0) {
    return last_errno();
  }
  return static_cast<std::uint64_t>(status.st_blocks) * kStatBlockBytes;
}

bool UringDisk::is_direct() const noexcept { return state_->is_direct; }

// The ring gives an fdatasync, and a write to the page cache that has to be synced, to a thread.
bool UringDisk::syncs_by_itself() const noexcept {
  return state_->is_direct && state_->flush.mode() == SyncMode::dsync_write;
}

}  // namespace dp::sys
