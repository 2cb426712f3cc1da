// SPDX-License-Identifier: LicenseRef-Project
// The kernel behind one shard: an io_uring, and the disk and the network that go through it.
#pragma once

#include "dataplane/base/result.h"
#include "dataplane/sys/event_queue.h"
#include "dataplane/sys/log_disk.h"
#include "dataplane/sys/network.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

namespace dp::sys {

namespace internal {
class Ring;
}  // namespace internal

/// One io_uring. Made on any thread, used on the one that attaches. Outlives everything built on
/// it.
class Uring final : public EventQueue {
 public:
  struct Options {
    std::uint32_t submission_entries = 1024;
    std::uint32_t completion_entries = 8192;
  };

  /// Errors: errno; EPERM or ENOSYS where the kernel or a container forbids io_uring (Linux 6.0 or
  /// newer is needed).
  static base::Result<std::unique_ptr<Uring>> create(Options options);

  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;
  Uring(Uring&&) = delete;
  Uring& operator=(Uring&&) = delete;
  ~Uring();

  void attach_thread() noexcept override;
  void wait(std::uint64_t timeout_ns, std::uint32_t completions_wanted) noexcept override;
  void watch(std::uint64_t timeout_ns) noexcept override;
  std::uint32_t dispatch() noexcept override;
  void wake() noexcept override;
  void shut_down() noexcept override;
  [[nodiscard]] std::uint64_t kernel_entries() const noexcept override;

  [[nodiscard]] internal::Ring& ring() noexcept { return *ring_; }

 private:
  explicit Uring(std::unique_ptr<internal::Ring> ring) noexcept;
  std::unique_ptr<internal::Ring> ring_;
};

/// The files of one partition through an io_uring. Owner: the shard.
class UringDisk final : public LogDisk {
 public:
  struct Options {
    std::optional<SyncMode> sync_mode;  ///< Absent: the cheapest that the file system keeps.
    bool is_direct_wanted = true;
  };

  /// Opens the directory, made when it is missing, and finds out whether it takes O_DIRECT. Errors:
  /// errno.
  static base::Result<std::unique_ptr<UringDisk>> open(Uring& uring,
                                                       const std::filesystem::path& directory,
                                                       Options options);

  UringDisk(const UringDisk&) = delete;
  UringDisk& operator=(const UringDisk&) = delete;
  UringDisk(UringDisk&&) = delete;
  UringDisk& operator=(UringDisk&&) = delete;
  ~UringDisk();

  base::Result<std::vector<std::string>> list() override;
  base::Result<std::size_t> read(const std::string& name, std::uint64_t offset,
                                 base::MutableBytes to) override;
  base::Result<void> sync_and_cut(const std::string& name, std::uint64_t bytes) override;
  base::Result<base::MutableBytes> map(const std::string& name, std::size_t bytes) override;
  void create(const char* name, std::uint64_t bytes, Completion& completion) noexcept override;
  void write_and_sync(LogFile file, base::Bytes bytes, std::uint64_t offset,
                      Completion& completion) noexcept override;
  void rename_and_sync(const char* from, const char* to, Completion& completion) noexcept override;
  void release_and_close(LogFile file, std::uint64_t begin, std::uint64_t end,
                         Completion& completion) noexcept override;
  void remove(const char* name, Completion& completion) noexcept override;
  void read_later(const char* name, std::uint64_t offset, base::MutableBytes to,
                  Completion& completion) noexcept override;
  base::Result<std::uint64_t> bytes_taken(const std::string& name) override;
  [[nodiscard]] bool is_direct() const noexcept override;
  [[nodiscard]] bool syncs_by_itself() const noexcept override;

 private:
  class State;
  explicit UringDisk(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// Kernel sockets through an io_uring: multishot accept, multishot receive into a ring of provided
/// buffers, plain receives for what is known to be large. Owner: the shard. Bounds: `buffer_count`
/// x `buffer_bytes` of receive memory for all connections together.
class UringNetwork final : public Network {
 public:
  struct Options {
    std::uint32_t buffer_count = 1024;  ///< A power of two.
    std::uint32_t buffer_bytes = 4096;
  };

  /// Errors: errno.
  static base::Result<std::unique_ptr<UringNetwork>> create(Uring& uring, Options options);

  UringNetwork(const UringNetwork&) = delete;
  UringNetwork& operator=(const UringNetwork&) = delete;
  UringNetwork(UringNetwork&&) = delete;
  UringNetwork& operator=(UringNetwork&&) = delete;
  ~UringNetwork();

  void accept(std::int32_t descriptor, AcceptListener& listener) noexcept override;
  void stop_accepting() noexcept override;
  [[nodiscard]] bool is_accepting() const noexcept override;
  void connect_unix(std::string_view path, ConnectCompletion& completion) noexcept override;
  void start_receiving(Socket& socket) noexcept override;
  void receive_by_piece(Socket& socket, bool is_wanted) noexcept override;
  [[nodiscard]] bool receive_into(Socket& socket, base::MutableBytes to) noexcept override;
  [[nodiscard]] bool skip(Socket& socket, std::size_t bytes) noexcept override;
  void stop_receiving(Socket& socket) noexcept override;
  void send(Socket& socket, base::Bytes bytes) noexcept override;
  void finish_sending(Socket& socket) noexcept override;
  void close(Socket& socket) noexcept override;
  void discard(std::int32_t descriptor) noexcept override;
  std::size_t peer_address(const Socket& socket, char* to) const noexcept override;

 private:
  class State;
  explicit UringNetwork(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace dp::sys
