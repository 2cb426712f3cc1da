// SPDX-License-Identifier: LicenseRef-Project
// Reads the watermarks of the log's consumers for the shards, which must not touch files.
#pragma once

#include "dataplane/daemon/log_board.h"

#include <chrono>
#include <filesystem>
#include <span>
#include <thread>

namespace dp::daemon {

/// A thread of its own. Owner: main. Failure: a directory that cannot be read changes nothing; what
/// was not seen is not released.
class ConsumerWatch {
 public:
  static constexpr std::chrono::milliseconds kInterval{200};

  /// Looks once, then every `kInterval`. `places` outlive it.
  ConsumerWatch(std::filesystem::path event_log, std::span<LogPlace> places);
  ConsumerWatch(const ConsumerWatch&) = delete;
  ConsumerWatch& operator=(const ConsumerWatch&) = delete;
  ConsumerWatch(ConsumerWatch&&) = delete;
  ConsumerWatch& operator=(ConsumerWatch&&) = delete;
  ~ConsumerWatch();

 private:
  void look();
  void run();
  [[nodiscard]] bool waits_out_interval() const;

  std::filesystem::path event_log_;
  std::span<LogPlace> places_;
  int stop_;  ///< An eventfd, readable when the thread has to end.
  std::thread thread_;
};

}  // namespace dp::daemon
