// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/sys/internal/ring.h"

#include "dataplane/sys/clock.h"

#include <immintrin.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace dp::sys::internal {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

// From the best mode to the plainest: DEFER_TASKRUN needs Linux 6.1, SINGLE_ISSUER 6.0. Both leave
// finished work lying until the thread enters the kernel; TASKRUN_FLAG shows it that some is there.
constexpr std::uint32_t kOwnThread =
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_R_DISABLED;
constexpr std::array<std::uint32_t, 3> kSetupModes = {
    kOwnThread | IORING_SETUP_DEFER_TASKRUN,
    kOwnThread | IORING_SETUP_COOP_TASKRUN,
    IORING_SETUP_R_DISABLED,
};

}  // namespace

base::Result<std::unique_ptr<Ring>> Ring::create(std::uint32_t submission_entries,
                                                 std::uint32_t completion_entries) {
  std::unique_ptr<Ring> ring(new Ring);
  const int failed = ring->initialize(submission_entries, completion_entries);
  if (failed != 0) {
    return base::unexpected(base::Error::from_errno(failed));
  }
  return ring;
}

int Ring::initialize(std::uint32_t submission_entries, std::uint32_t completion_entries) noexcept {
  int result = -EINVAL;
  for (const std::uint32_t mode : kSetupModes) {
    io_uring_params params{};
    params.flags = mode | IORING_SETUP_CQSIZE;
    params.cq_entries = completion_entries;
    result = io_uring_queue_init_params(submission_entries, &ring_, &params);
    if (result != -EINVAL) {
      break;
    }
  }
  if (result != 0) {
    return -result;
  }
  is_initialized_ = true;
  is_disabled_ = true;
  wake_descriptor_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return wake_descriptor_ < 0 ? errno : 0;
}

Ring::~Ring() {
  if (is_initialized_) {
    io_uring_queue_exit(&ring_);
  }
  if (wake_descriptor_ >= 0) {
    ::close(wake_descriptor_);
  }
}

io_uring_sqe* Ring::next_entry() noexcept {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (entry == nullptr) {
    CHECK(!is_disabled_);
    submit();
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

void Ring::reserve(std::uint32_t count) noexcept {
  if (io_uring_sq_space_left(&ring_) < count && !is_disabled_) {
    submit();
  }
}

void Ring::submit() noexcept {
  ++kernel_entries_;
  io_uring_submit(&ring_);
}

io_uring_sqe& Ring::start(const RingRequest& request, void* pointer, RingTag tag) noexcept {
  io_uring_sqe* entry = next_entry();
  io_uring_prep_rw(request.opcode, entry, request.descriptor, request.address, request.length,
                   request.offset);
  entry->user_data = user_data(pointer, tag);
  if (tag != RingTag::quiet_operation) {
    ++under_way_;
  }
  return *entry;
}

void Ring::cancel(std::uint64_t user_data) noexcept {
  io_uring_sqe& entry = start({IORING_OP_ASYNC_CANCEL}, nullptr, RingTag::ignored);
  entry.addr = user_data;
}

void Ring::WakeRead::arm() noexcept {
  ring_->start({IORING_OP_READ, ring_->wake_descriptor_, &count_, sizeof(count_)},
               static_cast<RingOperation*>(this), RingTag::operation);
}

void Ring::WakeRead::ended(std::int32_t /*result*/, std::uint32_t /*flags*/) noexcept {
  if (!ring_->is_shutting_down_) {
    arm();
  }
}

void Ring::attach_thread() noexcept {
  // Debian's liburing 2.3 declares io_uring_enable_rings and does not export it.
  CHECK(::syscall(__NR_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr,
                  0) == 0);
  is_disabled_ = false;
  io_uring_register_ring_fd(&ring_);  // an optimization; refused by old kernels without harm
  wake_read_.arm();
}

void Ring::wake() noexcept {
  const std::uint64_t one = 1;
  const ssize_t ignored = ::write(wake_descriptor_, &one, sizeof(one));
  static_cast<void>(ignored);  // a full counter wakes as well
}

void Ring::wait(std::uint64_t timeout_ns, std::uint32_t completions_wanted) noexcept {
  ++kernel_entries_;
  if (timeout_ns == 0) {
    io_uring_submit_and_get_events(&ring_);
    return;
  }
  // A year stands for ever.
  const std::uint64_t seconds = timeout_ns / kNanosecondsPerSecond;
  __kernel_timespec timeout{};
  timeout.tv_sec = static_cast<long long>(seconds < 31'536'000 ? seconds : 31'536'000);
  timeout.tv_nsec = static_cast<long long>(timeout_ns % kNanosecondsPerSecond);
  io_uring_cqe* first = nullptr;
  // Sends mostly end while they are submitted; who wants to wait for more does not mean those.
  const std::uint32_t wanted =
      completions_wanted > 1 ? completions_wanted + io_uring_sq_ready(&ring_) : 1;
  // ETIME, EINTR and EBUSY all mean: look at the completion queue.
  io_uring_submit_and_wait_timeout(&ring_, &first, wanted, &timeout, nullptr);
}

// Whether only an entry into the kernel turns what has ended into completion entries.
bool Ring::wants_entry() const noexcept {
  return (IO_URING_READ_ONCE(*ring_.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

void Ring::watch(std::uint64_t timeout_ns) noexcept {
  const SystemClock clock;
  const std::uint64_t begin_ns = clock.monotonic_ns();
  if (io_uring_sq_ready(&ring_) > 0) {
    submit();
  }
  while (io_uring_cq_ready(&ring_) == 0 && clock.monotonic_ns() - begin_ns < timeout_ns) {
    if (wants_entry()) {
      ++kernel_entries_;
      io_uring_get_events(&ring_);
      return;
    }
    _mm_pause();  // leaves the core to its other thread
  }
}

void Ring::dispatch_one(const io_uring_cqe& entry) noexcept {
  const auto tag = static_cast<RingTag>(entry.user_data & kRingTagMask);
  // What `user_data` made a number of.
  void* pointer = reinterpret_cast<void*>(  // NOLINT(performance-no-int-to-ptr): the kernel's type
      entry.user_data & ~kRingTagMask);
  if (tag != RingTag::quiet_operation && (entry.flags & IORING_CQE_F_MORE) == 0) {
    --under_way_;
  }
  if (is_shutting_down_ || tag == RingTag::ignored) {
    return;
  }
  if (tag == RingTag::operation || tag == RingTag::quiet_operation) {
    static_cast<RingOperation*>(pointer)->ended(entry.res, entry.flags);
    return;
  }
  socket_sink_->socket_operation_ended(tag, pointer, entry.res, entry.flags);
}

// Only what was there at the start: work that completions start is harvested in the next turn.
std::uint32_t Ring::dispatch() noexcept {
  const std::uint32_t ready = io_uring_cq_ready(&ring_);
  std::uint32_t dispatched = 0;
  std::uint32_t head = 0;
  io_uring_cqe* entry = nullptr;
  io_uring_for_each_cqe(&ring_, head, entry) {
    if (dispatched == ready) {
      break;
    }
    ++dispatched;
    dispatch_one(*entry);
  }
  io_uring_cq_advance(&ring_, dispatched);
  if (socket_sink_ != nullptr && !is_shutting_down_) {
    socket_sink_->harvest_done();
  }
  return dispatched;
}

void Ring::shut_down() noexcept {
  constexpr std::uint64_t kTenMilliseconds = 10'000'000;
  constexpr int kAttempts = 500;  // five seconds: a flush on a dying disk cannot be cancelled
  if (is_disabled_) {
    return;
  }
  is_shutting_down_ = true;
  io_uring_sqe& entry = start({IORING_OP_ASYNC_CANCEL}, nullptr, RingTag::ignored);
  entry.cancel_flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL;
  for (int attempt = 0; attempt < kAttempts && under_way_ > 0; ++attempt) {
    wait(kTenMilliseconds, 1);
    dispatch();
  }
}

}  // namespace dp::sys::internal
