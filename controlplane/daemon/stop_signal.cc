// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/daemon/stop_signal.h"

#include <signal.h>

namespace cp::daemon {
namespace {

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

constexpr timespec kLook{0, 100'000'000};  // how often the thread looks whether it may end

}  // namespace

StopSignal::StopSignal() {
  const auto signals = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread([this, signals] {
    while (!is_finished_) {
      if (::sigtimedwait(&signals, nullptr, &kLook) > 0) {
        requested_ = true;
        requested_.notify_all();
      }
    }
  });
}

StopSignal::~StopSignal() {
  is_finished_ = true;
  thread_.join();
}

}  // namespace cp::daemon
