// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/operations.h"

#include "appliance/exec/failure.h"

#include <boost/json.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace ap::daemon {

Operations::Operations(std::string prefix, Listener listener)
    : prefix_(std::move(prefix)), listener_(std::move(listener)) {}

Operations::~Operations() { wait(); }

void Operations::wait() {
  for (auto& [id, operation] : operations_) {
    if (operation.thread.joinable()) {
      operation.thread.join();
    }
  }
}

std::string Operations::start(Work work, Ended ended) {
  const std::lock_guard lock(mutex_);
  if (running_ >= kRunningMax) {
    throw exec::Failure(exec::FailureKind::refused,
                        "too many operations are running; wait until one has ended");
  }
  forget_old();
  const std::string id = prefix_ + "-" + std::to_string(next_++);
  Operation& operation = operations_[id];
  order_.push_back(id);
  ++running_;
  operation.thread = std::jthread(
      [this, id, work = std::move(work), ended = std::move(ended)] { run(id, work, ended); });
  return id;
}

// The thread boundary: whatever the work throws ends here.
void Operations::run(const std::string& id, const Work& work, const Ended& ended) {
  bool has_failed = false;
  std::string result;
  const Progress progress = [this, &id](std::optional<double> fraction, const std::string& step) {
    update(id, [&](Operation& operation) {
      operation.progress = fraction;
      operation.step = step;
    });
  };
  try {
    result = work(progress);
  } catch (const std::exception& failure) {
    has_failed = true;
    result = failure.what();
  }
  ended(has_failed, result);
  update(id, [&](Operation& operation) {
    operation.state = has_failed ? "failed" : "done";
    operation.result = result;
    if (!has_failed) {
      operation.progress = 1.0;
    }
    --running_;
  });
}

void Operations::update(const std::string& id, const std::function<void(Operation&)>& change) {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    Operation& operation = operations_.at(id);
    change(operation);
    text = to_json(id, operation);
  }
  listener_(id, text);
}

std::string Operations::describe(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = operations_.find(id);
  if (found == operations_.end()) {
    throw exec::Failure(exec::FailureKind::not_found,
                        "no operation has this id; the service may have started anew");
  }
  return to_json(id, found->second);
}

std::string Operations::to_json(const std::string& id, const Operation& operation) {
  return boost::json::serialize(
      boost::json::object{{"id", id},
                          {"state", operation.state},
                          {"progress", operation.progress ? boost::json::value(*operation.progress)
                                                          : boost::json::value(nullptr)},
                          {"step", operation.step},
                          {"result", operation.result}});
}

// Drops the oldest that have ended.
void Operations::forget_old() {
  while (order_.size() >= kKeptMax) {
    const auto oldest = std::find_if(order_.begin(), order_.end(), [this](const std::string& id) {
      return operations_.at(id).state != "running";
    });
    if (oldest == order_.end()) {
      return;
    }
    Operation& operation = operations_.at(*oldest);
    // It only has its listener left to tell, which takes no lock of ours.
    operation.thread.join();
    operations_.erase(*oldest);
    order_.erase(oldest);
  }
}

}  // namespace ap::daemon
