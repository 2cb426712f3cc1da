// SPDX-License-Identifier: LicenseRef-Project
// Long work with an id: started on a thread of its own, followed by whoever knows the id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace ap::daemon {

/// Told how far the work is: a fraction, when it is known, and the step in words.
using Progress = std::function<void(std::optional<double>, const std::string&)>;

/// Does the work and returns its result in a sentence; throws exec::Failure.
using Work = std::function<std::string(const Progress&)>;

/// How it ended: `has_failed` and the sentence. Called on the work's thread.
using Ended = std::function<void(bool has_failed, const std::string& result)>;

/// The operations of this run of the service. Owner: main. Threads: any.
/// Bounds: `kRunningMax` run at once, one more is refused; the last `kKeptMax` are remembered.
/// Failure: whatever the work throws becomes the state `failed` and its sentence.
class Operations {
 public:
  static constexpr std::size_t kRunningMax = 8;
  static constexpr std::size_t kKeptMax = 100;

  /// Told of every change as (id, JSON), on the thread of the work.
  using Listener = std::function<void(const std::string&, const std::string&)>;

  Operations(std::string prefix, Listener listener);
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;
  Operations(Operations&&) = delete;
  Operations& operator=(Operations&&) = delete;

  /// Waits for what is running.
  ~Operations();

  /// Returns when nothing is running any more. Nothing may be started meanwhile.
  void wait();

  /// Starts `work` and returns its id. Throws Failure `refused` when too much is running.
  std::string start(Work work, Ended ended);

  /// {"id","state","progress","step","result"}. Throws Failure `not_found`.
  std::string describe(const std::string& id);

 private:
  struct Operation {
    std::string state = "running";
    std::optional<double> progress;
    std::string step;
    std::string result;
    std::jthread thread;
  };

  void run(const std::string& id, const Work& work, const Ended& ended);
  void update(const std::string& id, const std::function<void(Operation&)>& change);
  static std::string to_json(const std::string& id, const Operation& operation);
  void forget_old();

  std::string prefix_;
  Listener listener_;
  std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::size_t running_ = 0;
  std::map<std::string, Operation> operations_;
  std::deque<std::string> order_;
};

}  // namespace ap::daemon
