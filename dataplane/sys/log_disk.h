// SPDX-License-Identifier: LicenseRef-Project
// Files of one partition of the event log, as the writer needs them: blocking at start-up,
// asynchronous afterwards.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/sys/event_queue.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dp::sys {

/// Offsets, lengths and memory of every write are multiples of this (O_DIRECT).
inline constexpr std::size_t kDiskBlockBytes = 4096;

/// How a group reaches stable storage.
enum class SyncMode : std::uint8_t {
  linked_fdatasync,  ///< A write, and an fdatasync linked behind it: true on every file system.
  dsync_write,       ///< One write with RWF_DSYNC: a fifth faster, as the kernel runs both steps.
};

/// An open file of a LogDisk.
using LogFile = std::int32_t;

/// The directory of one partition. Owner: the shard. Thread: the shard's own.
/// Failure: blocking calls return errno; asynchronous ones complete with a negative errno.
class LogDisk {
 public:
  /// Names of the files in the directory, unsorted.
  virtual base::Result<std::vector<std::string>> list() = 0;

  /// Reads from `offset` into `to`; short only at the end of the file.
  virtual base::Result<std::size_t> read(const std::string& name, std::uint64_t offset,
                                         base::MutableBytes to) = 0;

  /// Syncs the file's content, cuts it at `bytes`, and syncs again: afterwards exactly these bytes
  /// survive a power cut.
  virtual base::Result<void> sync_and_cut(const std::string& name, std::uint64_t bytes) = 0;

  /// A shared mapping of `bytes` of the file, made when it is missing. Lives as long as the disk.
  virtual base::Result<base::MutableBytes> map(const std::string& name, std::size_t bytes) = 0;

  /// Makes or replaces `name` with `bytes` zeros that are allocated and on stable storage;
  /// completes with the LogFile. `name` stays in place until then. One at a time. A failed one
  /// leaves no open file.
  virtual void create(const char* name, std::uint64_t bytes, Completion& completion) noexcept = 0;

  /// Writes `bytes` at `offset` and makes them durable; completes with 0. One at a time per file.
  virtual void write_and_sync(LogFile file, base::Bytes bytes, std::uint64_t offset,
                              Completion& completion) noexcept = 0;

  /// Renames (replacing) and makes the names durable. The names stay in place until then.
  virtual void rename_and_sync(const char* from, const char* to,
                               Completion& completion) noexcept = 0;

  /// Gives everything from `begin` to `end` back to the file system (it reads as zeros), then
  /// closes the file. Completes with the result of the former; the file is closed in any case.
  virtual void release_and_close(LogFile file, std::uint64_t begin, std::uint64_t end,
                                 Completion& completion) noexcept = 0;

  /// Removes the file. Not synced: after a power cut it may be back. One at a time; `name` stays in
  /// place until then.
  virtual void remove(const char* name, Completion& completion) noexcept = 0;

  /// Reads from `offset` into `to` as readers of the file would see it; completes with the bytes
  /// read, fewer only at the end of the file. One at a time; `name` and `to` stay in place until
  /// then. `name` may lead to a sibling of the directory (`../shard-0001/…`).
  virtual void read_later(const char* name, std::uint64_t offset, base::MutableBytes to,
                          Completion& completion) noexcept = 0;

  /// Bytes that the file takes on the disk.
  virtual base::Result<std::uint64_t> bytes_taken(const std::string& name) = 0;

  /// Whether writes bypass the page cache; false where the file system refuses O_DIRECT (some
  /// overlays).
  [[nodiscard]] virtual bool is_direct() const noexcept = 0;

  /// Whether the kernel ends `write_and_sync` without a thread of this process, which might have to
  /// wait for the shard's CPU.
  [[nodiscard]] virtual bool syncs_by_itself() const noexcept = 0;

 protected:
  ~LogDisk() = default;
};

}  // namespace dp::sys
