// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/worker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <system_error>
#include <thread>

namespace ap::console {

struct Worker::Shared {
  Shared() : wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake < 0) {
      throw std::system_error(errno, std::generic_category(), "eventfd");
    }
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  Shared(Shared&&) = delete;
  Shared& operator=(Shared&&) = delete;
  ~Shared() { ::close(wake); }

  void run(const std::function<std::unique_ptr<Appliance>()>& make);

  int wake;
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<Request> requests;
  std::vector<std::pair<std::uint64_t, Answer>> answers;
  bool is_stopping = false;
};

void Worker::Shared::run(const std::function<std::unique_ptr<Appliance>()>& make) {
  const std::unique_ptr<Appliance> appliance = make();
  std::unique_lock lock(mutex);
  while (true) {
    arrived.wait(lock, [this] { return is_stopping || !requests.empty(); });
    if (is_stopping) {
      return;
    }
    const Request request = std::move(requests.front());
    requests.pop_front();
    lock.unlock();
    Answer answer = appliance->call(request.call);
    lock.lock();
    answers.emplace_back(request.id, std::move(answer));
    ::eventfd_write(wake, 1);
  }
}

// The thread is detached with its share of the state: ending the console must not take as long as
// the time limit of a call to a service that hangs.
Worker::Worker(std::function<std::unique_ptr<Appliance>()> make)
    : shared_(std::make_shared<Shared>()) {
  std::thread([shared = shared_, make = std::move(make)] { shared->run(make); }).detach();
}

Worker::~Worker() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->is_stopping = true;
  }
  shared_->arrived.notify_one();
}

int Worker::descriptor() const noexcept { return shared_->wake; }

void Worker::submit(std::vector<Request> requests) {
  {
    const std::lock_guard lock(shared_->mutex);
    std::ranges::move(requests, std::back_inserter(shared_->requests));
  }
  shared_->arrived.notify_one();
}

std::vector<std::pair<std::uint64_t, Answer>> Worker::take_answers() {
  eventfd_t count = 0;
  ::eventfd_read(shared_->wake, &count);
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->answers, {});
}

}  // namespace ap::console
