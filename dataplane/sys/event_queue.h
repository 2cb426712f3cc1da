// SPDX-License-Identifier: LicenseRef-Project
// Where a shard learns that the kernel has finished something: one queue per shard.
#pragma once

#include <cstdint>

namespace dp::sys {

/// An operation that was started and has not ended. Whoever starts one keeps it in place until it
/// is told.
class Completion {
 public:
  /// The operation ended: its result, or a negative errno. Called from `EventQueue::dispatch` only.
  virtual void completed(std::int32_t result) noexcept = 0;

 protected:
  ~Completion() = default;
};

/// Submits what was started and dispatches what has ended. Thread: the shard's own, but for `wake`.
class EventQueue {
 public:
  static constexpr std::uint64_t kForever = ~std::uint64_t{0};

  /// Binds the queue to the calling thread, which makes every later call. Nothing reaches the
  /// kernel before.
  virtual void attach_thread() noexcept = 0;

  /// Hands all started operations to the kernel in one call and waits up to `timeout_ns` for at
  /// least one to end unless some already have. Tells nobody. With `completions_wanted` above 1 it
  /// may sleep on until about that many have ended: one wake-up for all of them.
  virtual void wait(std::uint64_t timeout_ns, std::uint32_t completions_wanted = 1) noexcept = 0;

  /// `wait` for at least one without sleeping: the thread looks again and again, and neither what
  /// ends nor what arrives pays for waking it up. For a core of its own and a time that is known
  /// to be short.
  virtual void watch(std::uint64_t timeout_ns) noexcept = 0;

  /// Tells the completions of the operations that have ended by now, not of those that end
  /// meanwhile. Returns how many.
  virtual std::uint32_t dispatch() noexcept = 0;

  /// Ends the current or next `wait` early. Any thread, and signal handlers.
  virtual void wake() noexcept = 0;

  /// Cancels whatever is under way and returns when the kernel no longer touches anybody's memory.
  /// Completions are dropped. The last call on the thread.
  virtual void shut_down() noexcept = 0;

  /// Entries into the kernel so far, for the benchmarks.
  [[nodiscard]] virtual std::uint64_t kernel_entries() const noexcept = 0;

 protected:
  ~EventQueue() = default;
};

}  // namespace dp::sys
