// SPDX-License-Identifier: LicenseRef-Project
// The one place that touches liburing's ring: submission entries, user data, dispatch, orderly end.
#pragma once

#include "dataplane/base/check.h"
#include "dataplane/base/result.h"

#include <liburing.h>

#include <cstdint>
#include <memory>

namespace dp::sys::internal {

/// An operation of the disk, of accept and of connect; told of every completion entry that carries
/// its address.
class RingOperation {
 public:
  virtual void ended(std::int32_t result, std::uint32_t flags) noexcept = 0;

 protected:
  ~RingOperation() = default;
};

/// What the low bits of the user data say about the pointer above them.
enum class RingTag : std::uint64_t {
  operation = 0,        ///< RingOperation
  quiet_operation = 1,  ///< RingOperation whose success leaves no entry (IOSQE_CQE_SKIP_SUCCESS)
  receive = 2,          ///< Socket
  send = 3,             ///< Socket
  close = 4,            ///< Socket
  ignored = 5,          ///< nobody wants to know
};
inline constexpr std::uint64_t kRingTagMask = 7;

/// The fields that every operation has; what is special to one is set on the entry that
/// `Ring::start` returns.
struct RingRequest {
  std::uint8_t opcode = IORING_OP_NOP;
  std::int32_t descriptor = -1;
  const void* address = nullptr;
  std::uint32_t length = 0;
  std::uint64_t offset = 0;
};

/// Takes the completions of sockets, which are too many for an object per operation.
class SocketSink {
 public:
  virtual void socket_operation_ended(RingTag tag, void* socket, std::int32_t result,
                                      std::uint32_t flags) noexcept = 0;
  /// All completions of one harvest have been dispatched.
  virtual void harvest_done() noexcept = 0;

 protected:
  ~SocketSink() = default;
};

/// Thread: that of `attach_thread`, but for `wake`.
class Ring {
 public:
  static base::Result<std::unique_ptr<Ring>> create(std::uint32_t submission_entries,
                                                    std::uint32_t completion_entries);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  Ring(Ring&&) = delete;
  Ring& operator=(Ring&&) = delete;
  ~Ring();

  /// An entry for one operation, zeroed but for these fields, with its user data set and counted as
  /// under way.
  io_uring_sqe& start(const RingRequest& request, void* pointer, RingTag tag) noexcept;

  /// Makes sure that `count` entries that follow are submitted together (links must not be torn
  /// apart).
  void reserve(std::uint32_t count) noexcept;

  static std::uint64_t user_data(const void* pointer, RingTag tag) noexcept {
    return reinterpret_cast<std::uint64_t>(pointer) | static_cast<std::uint64_t>(tag);
  }

  /// Hands what has been started to the kernel now, for what must not wait for the end of the turn.
  void submit() noexcept;

  /// Cancels the operation that carries this user data; its completion follows as -ECANCELED.
  void cancel(std::uint64_t user_data) noexcept;

  void set_socket_sink(SocketSink* sink) noexcept { socket_sink_ = sink; }

  void attach_thread() noexcept;
  void wait(std::uint64_t timeout_ns, std::uint32_t completions_wanted) noexcept;
  void watch(std::uint64_t timeout_ns) noexcept;
  std::uint32_t dispatch() noexcept;
  void wake() noexcept;
  void shut_down() noexcept;
  [[nodiscard]] std::uint64_t kernel_entries() const noexcept { return kernel_entries_; }
  [[nodiscard]] io_uring& raw() noexcept { return ring_; }

 private:
  class WakeRead final : public RingOperation {
   public:
    explicit WakeRead(Ring& ring) noexcept : ring_(&ring) {}
    void ended(std::int32_t result, std::uint32_t flags) noexcept override;
    void arm() noexcept;

   private:
    Ring* ring_;
    std::uint64_t count_ = 0;
  };

  Ring() noexcept : wake_read_(*this) {}
  int initialize(std::uint32_t submission_entries, std::uint32_t completion_entries) noexcept;
  io_uring_sqe* next_entry() noexcept;
  [[nodiscard]] bool wants_entry() const noexcept;
  void dispatch_one(const io_uring_cqe& entry) noexcept;

  io_uring ring_{};
  bool is_initialized_ = false;
  bool is_disabled_ = false;  // until attach_thread
  bool is_shutting_down_ = false;
  int wake_descriptor_ = -1;
  std::uint64_t under_way_ = 0;  // operations whose last completion entry is still to come
  std::uint64_t kernel_entries_ = 0;
  SocketSink* socket_sink_ = nullptr;
  WakeRead wake_read_;
};

}  // namespace dp::sys::internal
