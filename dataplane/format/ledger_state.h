// SPDX-License-Identifier: LicenseRef-Project
// What the worker last found out about the conservation ledger, in a file that the dataplane and
// the appliance read without asking a database. Layout in docs/formats/event-log.md, "Ledger".
#pragma once

#include "dataplane/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace format {

inline constexpr char kLedgerStateName[] = ".ledger";
inline constexpr std::size_t kLedgerStateBytesMax = 4096;
/// Minutes that are named; more are counted only.
inline constexpr std::size_t kNamedImbalancesMax = 8;
inline constexpr std::size_t kProjectNameBytesMax = 100;

/// A minute and project whose events do not add up.
struct NamedImbalance {
  std::int64_t minute = 0;      ///< Since 1970 UTC.
  std::int64_t project_id = 0;  ///< 0: all projects together.
  std::int64_t missing = 0;     ///< Events without an end; below 0, with one too many.
  std::string project_name;
};

struct LedgerState {
  std::int64_t checked_s = 0;        ///< Since 1970; 0: never.
  std::int64_t waiting_since_s = 0;  ///< The oldest record not stored was received then; 0: none.
  std::uint64_t unbalanced_minutes = 0;    ///< Pairs of minute and project.
  std::uint64_t unaccounted_events = 0;    ///< Sum of what is missing or too many.
  std::vector<NamedImbalance> imbalances;  ///< The newest, at most kNamedImbalancesMax.
};

/// The file's text; imbalances beyond kNamedImbalancesMax and long names are cut off.
std::string encode_ledger_state(const LedgerState& state);

/// Errors: bad_value for anything that `encode_ledger_state` does not write.
base::Result<LedgerState> decode_ledger_state(std::string_view text);

/// Replaces the file in the log's directory of consumers, whole or not at all. Errors: errno.
base::Result<void> publish_ledger_state(const std::filesystem::path& event_log,
                                        const LedgerState& state);

/// Errors: errno (ENOENT: no worker has checked this log yet), bad_value.
base::Result<LedgerState> read_ledger_state(const std::filesystem::path& event_log);

}  // namespace format
