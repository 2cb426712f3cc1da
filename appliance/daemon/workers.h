// SPDX-License-Identifier: LicenseRef-Project
// A few threads for short work, so that the bus's loop never waits for a tool or a disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ap::daemon {

/// Owner: main. Threads: `submit` from any. Bounds: `queued_max` waiting tasks.
/// Failure: a full queue is said by `submit`; tasks must not throw.
class Workers {
 public:
  Workers(std::size_t threads, std::size_t queued_max);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  Workers(Workers&&) = delete;
  Workers& operator=(Workers&&) = delete;

  /// Runs what waits, then ends.
  ~Workers();

  /// False when too much waits already.
  bool submit(std::function<void()> task);

 private:
  void work();

  std::size_t queued_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool is_ending_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace ap::daemon
