// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/workers.h"

#include <utility>

namespace ap::daemon {

Workers::Workers(std::size_t threads, std::size_t queued_max) : queued_max_(queued_max) {
  for (std::size_t index = 0; index < threads; ++index) {
    threads_.emplace_back([this] { work(); });
  }
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
}

bool Workers::submit(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (is_ending_ || tasks_.size() >= queued_max_) {
      return false;
    }
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
  return true;
}

void Workers::work() {
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_ending_ || !tasks_.empty(); });
      if (tasks_.empty()) {
        return;
      }
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace ap::daemon
