// SPDX-License-Identifier: LicenseRef-Project
// What stands in the log behind the worker: the events in flight of the conservation ledger.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace cp::livestream {

/// First record that the worker has not finished, by partition; absent partitions stand at 0.
using Positions = std::map<std::uint32_t, std::uint64_t>;

struct Backlog {
  std::uint64_t records = 0;                       ///< In all partitions, of all projects.
  std::optional<std::int64_t> oldest_received_us;  ///< Of the first record that waits.
  /// Events of the token that was asked for, by minute since 1970 UTC.
  std::map<std::int64_t, std::uint64_t> events;
  bool is_complete = true;  ///< False: `events` counts only the first part of a long backlog.
};

/// Reads what is behind `positions`, at most about kBytesMax of it. A partition that cannot be read
/// counts with its records only. Thread-safe: it shares nothing.
Backlog read_backlog(const std::filesystem::path& event_log, const Positions& positions,
                     const std::string& api_token);

inline constexpr std::uint64_t kBacklogBytesMax = std::uint64_t{64} << 20;

}  // namespace cp::livestream
