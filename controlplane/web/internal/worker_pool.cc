// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/web/internal/worker_pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace cp::web::internal {
namespace {

constexpr std::chrono::seconds kSpareThreadLife{10};

}  // namespace

void pin_thread(const std::vector<int>& cores) {
  if (cores.empty()) {
    return;
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) {
    CPU_SET(static_cast<std::size_t>(core), &set);
  }
  // A core that does not exist leaves the thread unpinned, which is slower but correct.
  static_cast<void>(pthread_setaffinity_np(pthread_self(), sizeof(set), &set));
}

WorkerPool::WorkerPool(Options options) : options_(std::move(options)) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    thread.join();
  }
}

bool WorkerPool::submit(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  join_finished();
  if (jobs_.size() >= idle_ && threads_.size() < options_.threads_max) {
    threads_.emplace_back([this] { run(); });
  } else if (jobs_.size() >= idle_ + options_.waiting_max) {
    return false;
  }
  jobs_.push_back(std::move(job));
  wake_.notify_one();
  return true;
}

// Threads that gave up waiting are joined by the next submit, so that none is detached.
void WorkerPool::join_finished() {
  for (const auto id : finished_) {
    const auto thread =
        std::find_if(threads_.begin(), threads_.end(),
                     [id](const std::thread& candidate) { return candidate.get_id() == id; });
    thread->join();
    threads_.erase(thread);
  }
  finished_.clear();
}

void WorkerPool::run() {
  pin_thread(options_.cores);
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    const bool woken =
        wake_.wait_for(lock, kSpareThreadLife, [this] { return !jobs_.empty() || stopping_; });
    --idle_;
    if (!jobs_.empty()) {
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
    } else if (stopping_) {
      return;
    } else if (!woken && threads_.size() - finished_.size() > options_.threads_kept) {
      finished_.push_back(std::this_thread::get_id());
      return;
    }
  }
}

}  // namespace cp::web::internal
