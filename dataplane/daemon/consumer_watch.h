// SPDX-License-Identifier: LicenseRef-Project
// Reads what the log's consumers leave for the shards, which must not touch files: their
// watermarks, and the worker's word on the ledger.
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

  /// Looks once, then every `kInterval`. `places` and `ledger` outlive it.
  ConsumerWatch(std::filesystem::path event_log, std::span<LogPlace> places, LedgerBoard& ledger);
  ConsumerWatch(const ConsumerWatch&) = delete;
  ConsumerWatch& operator=(const ConsumerWatch&) = delete;
  ConsumerWatch(ConsumerWatch&&) = delete;
  ConsumerWatch& operator=(ConsumerWatch&&) = delete;
  ~ConsumerWatch();

 private:
  void look();
  void look_at_watermarks();
  void look_at_ledger();
  void run();
  [[nodiscard]] bool waits_out_interval() const;

  std::filesystem::path event_log_;
  std::span<LogPlace> places_;
  LedgerBoard& ledger_;
  int stop_;  ///< An eventfd, readable when the thread has to end.
  std::thread thread_;
};

}  // namespace dp::daemon
