// SPDX-License-Identifier: LicenseRef-Project
// What the conservation ledger knows: minute by minute, what became of a project's events. The
// worker writes it (controlplane/ingest); here it is read.
#pragma once

#include "controlplane/db/database.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cp::model {

/// The project of requests that name none.
inline constexpr std::int64_t kNoProject = 0;

/// Minutes since 1970 UTC, [from, to).
struct MinuteRange {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// Events of one minute.
struct LedgerMinute {
  std::int64_t minute = 0;
  std::int64_t acknowledged = 0;  ///< By capture; after a crash fewer than were accepted.
  std::int64_t accepted = 0;      ///< Found in the log by the worker.
  std::int64_t stored = 0;
  std::int64_t duplicate = 0;
  std::int64_t quarantined = 0;
  std::int64_t unknown_project = 0;
  std::int64_t dropped = 0;

  /// With a known end.
  [[nodiscard]] std::int64_t accounted() const noexcept {
    return stored + duplicate + quarantined + unknown_project + dropped;
  }
  /// Events without a known end, or with a second one when it is below 0.
  [[nodiscard]] std::int64_t missing() const noexcept {
    return std::max(acknowledged, accepted) - accounted();
  }
};

/// Requests of one minute that ended in a refusal.
struct Refusal {
  std::int64_t minute = 0;
  std::string reason;
  int status = 0;
  std::string text;
  std::int64_t requests = 0;
  std::int64_t events = 0;  ///< A request whose events capture could not count is one.
};

/// Makes `transaction` see one moment. Call first.
void freeze(db::Transaction& transaction);

/// The minute of an ISO 8601 time, UTC unless it names a zone. Nothing for a time that is none;
/// `transaction` is useless then.
std::optional<std::int64_t> parse_minute(db::Transaction& transaction, const std::string& time);

/// The minutes of a project in which something was accepted, oldest first.
std::vector<LedgerMinute> list_ledger(db::Transaction& transaction, std::int64_t project_id,
                                      MinuteRange range);

/// The refusals of a project's requests, or of those that named none, oldest first.
std::vector<Refusal> list_refusals(db::Transaction& transaction, std::int64_t project_id,
                                   MinuteRange range);

/// The oldest minute in which the events of all projects together do not add up.
std::optional<std::int64_t> first_unbalanced_minute(db::Transaction& transaction,
                                                    MinuteRange range);

/// A minute that does not add up, of a project or of all of them.
struct LedgerImbalance {
  std::int64_t minute = 0;
  std::int64_t project_id = kNoProject;  ///< kNoProject: of all projects together.
  std::string project_name;
  std::int64_t missing = 0;  ///< Never 0.
};

/// Every minute of a project that does not add up, newest first, at most kImbalancesMax; a minute
/// that is wrong only as a whole stands for all projects.
std::vector<LedgerImbalance> list_imbalances(db::Transaction& transaction, MinuteRange range);
inline constexpr std::int64_t kImbalancesMax = 1000;

/// The first record that is not in the ledger yet, by partition of the log.
std::map<std::uint32_t, std::uint64_t> list_ledger_positions(db::Transaction& transaction);

}  // namespace cp::model
