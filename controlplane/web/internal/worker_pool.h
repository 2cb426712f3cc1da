// SPDX-License-Identifier: LicenseRef-Project
// Threads that run blocking handlers: a few are kept, more come while all are busy, up to a bound.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cp::web::internal {

/// Puts the calling thread on `cores`; an empty list leaves it where the system puts it.
void pin_thread(const std::vector<int>& cores);

/// An elastic pool. Owner: the server. Thread: any. Bounds: `threads_max` threads, `waiting_max`
/// queued jobs.
class WorkerPool {
 public:
  struct Options {
    std::size_t threads_kept = 4;
    std::size_t threads_max = 256;
    std::size_t waiting_max = 1024;
    std::vector<int> cores;
  };

  explicit WorkerPool(Options options);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  WorkerPool(WorkerPool&&) = delete;
  WorkerPool& operator=(WorkerPool&&) = delete;
  /// Runs what is queued, then joins every thread.
  ~WorkerPool();

  /// Hands a job to an idle thread, a new one, or the queue. False: the queue is full, nothing was
  /// taken.
  bool submit(std::function<void()> job);

 private:
  void run();
  void join_finished();

  Options options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::vector<std::thread::id> finished_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace cp::web::internal
