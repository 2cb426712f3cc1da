// SPDX-License-Identifier: LicenseRef-Project
// Mounts a VolatileDisk by FUSE, so that an unchanged program writes to it, and takes its power
// away at a chosen change.
#pragma once

#include "tests/integration/powercut/volatile_disk.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace powercut {

/// What a program can do to a disk.
enum class Change : std::uint8_t {
  make,
  write,
  erase,
  resize,
  rename,
  remove,
  sync,
  sync_directory,
};

/// A place where the power may go.
struct CutPoint {
  std::optional<Change> change;  ///< Absent: any.
  std::string_view name;         ///< How the file's name ends.
  bool is_done = true;           ///< After the change, before anybody is told; else before it.
};

/// Whether this process may mount: tries it once. Empty, or why not.
/// Mounts are made in a mount namespace of the process: nobody else sees them, and they end with
/// it however it ends. Call it while the process has one thread.
std::string enter_own_mounts();

/// The mounted disk. Without power it answers nothing any more, as a disk does that has none; who
/// waits for it is let go by `pull`. Threads: its own serves the kernel; the methods are safe to
/// call from any. That thread alone holds the device, in a descriptor table of its own: when the
/// process is killed it ends, the device closes, and threads that wait for the mount can end too.
class DiskMount {
 public:
  /// `is_direct`: takes O_DIRECT; else the program must use the page cache.
  DiskMount(VolatileDisk& disk, std::filesystem::path where, bool is_direct);
  DiskMount(const DiskMount&) = delete;
  DiskMount& operator=(const DiskMount&) = delete;
  DiskMount(DiskMount&&) = delete;
  DiskMount& operator=(DiskMount&&) = delete;
  ~DiskMount();

  /// The power goes at the `count`-th change (from 1) that fits from now on.
  void arm(const CutPoint& point, std::uint32_t count);
  /// Forgets that; false when the power is gone already.
  bool disarm();
  /// The power goes now.
  void cut();
  [[nodiscard]] bool is_cut();
  /// Whether the power went within that time.
  bool wait_for_cut(std::chrono::milliseconds within);
  /// Ends the mount; whoever waits for the disk gets an error.
  void pull();

 private:
  struct Request;
  struct Reply;

  void serve();
  void serve_one(const Request& request);
  Reply answer(const Request& request);
  Reply answer_on_names(const Request& request);
  Reply answer_on_content(const Request& request);
  Reply change(const Request& request);
  [[nodiscard]] std::optional<Change> change_of(const Request& request) const;
  [[nodiscard]] std::string changed_name(const Request& request) const;
  [[nodiscard]] Reply attributes(Node node) const;
  [[nodiscard]] Reply entry(Node node) const;
  [[nodiscard]] Reply listing(const Request& request) const;
  [[nodiscard]] Reply content(const Request& request) const;
  void cut_locked();
  void send(std::uint64_t unique, const Reply& reply) const;

  VolatileDisk& disk_;
  std::filesystem::path where_;
  bool is_direct_;
  int device_ = -1;  // of the thread's table
  int stop_ = -1;    // an event that ends the thread
  std::mutex mutex_;
  std::condition_variable power_went_;
  bool is_cut_ = false;
  std::optional<CutPoint> point_;
  std::uint32_t changes_left_ = 0;
  std::vector<char> buffer_;
  std::thread thread_;
};

}  // namespace powercut
