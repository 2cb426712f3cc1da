// SPDX-License-Identifier: LicenseRef-Project
// Orderly stop: SIGTERM and SIGINT become a flag that loops look at and main waits for.
#pragma once

#include <atomic>
#include <thread>

namespace cp::daemon {

/// Makes the two signals wait in a thread of its own. Create it on the main thread before any other
/// thread starts, so that all inherit the blocked signals. SIGPIPE is ignored: a lost peer is an
/// error of its write.
class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  StopSignal(StopSignal&&) = delete;
  StopSignal& operator=(StopSignal&&) = delete;
  ~StopSignal();

  /// Set once a signal has come.
  [[nodiscard]] const std::atomic<bool>& requested() const noexcept { return requested_; }

  /// Blocks until a signal has come.
  void wait() const noexcept { requested_.wait(false); }

 private:
  std::atomic<bool> requested_{false};
  std::atomic<bool> is_finished_{false};
  std::thread thread_;
};

}  // namespace cp::daemon
