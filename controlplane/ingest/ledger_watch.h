// SPDX-License-Identifier: LicenseRef-Project
// Asks every few seconds whether the ledger balances and leaves the answer in the event log, for
// the dataplane's metrics and the appliance's warnings (ADR 0015).
#pragma once

#include "controlplane/db/database.h"
#include "controlplane/ingest/worker.h"
#include "dataplane/format/ledger_state.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

namespace cp::ingest {

/// A thread of its own, so that it goes on while a store keeps the worker waiting. Owner: the
/// program. Bounds: the ledger of the last kAlarmMinutes, one record per partition. Failure: said
/// once until it changes; the answer left grows old, which its readers see.
class LedgerWatch {
 public:
  static constexpr std::chrono::seconds kInterval{5};
  /// How long a minute that does not balance is an alarm; the page shows it longer.
  static constexpr std::int64_t kAlarmMinutes = std::int64_t{24} * 60;

  /// Looks at once, then every `kInterval`, until destruction; once in any case. `pool` outlives
  /// it.
  LedgerWatch(db::Pool& pool, std::filesystem::path event_log, WriteLine write_line);
  LedgerWatch(const LedgerWatch&) = delete;
  LedgerWatch& operator=(const LedgerWatch&) = delete;
  LedgerWatch(LedgerWatch&&) = delete;
  LedgerWatch& operator=(LedgerWatch&&) = delete;
  ~LedgerWatch();

 private:
  void run();
  void look();

  db::Pool& pool_;
  std::filesystem::path event_log_;
  WriteLine write_line_;
  std::string last_failure_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_stopping_ = false;
  std::thread thread_;
};

/// What the ledger says at `now_s`, seconds since 1970. Throws db::Error.
format::LedgerState check_ledger(db::Pool& pool, const std::filesystem::path& event_log,
                                 std::int64_t now_s);

}  // namespace cp::ingest
