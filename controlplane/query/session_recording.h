// SPDX-License-Identifier: LicenseRef-Project
// Reads the items of one session recording back, in blocks of one minute, as players ask for them
// (pipeline reference 10.4).
#pragma once

#include "controlplane/query/query_runner.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cp::query {

/// The items of one minute. Times are ISO 8601, UTC.
struct RecordingBlock {
  std::string start;
  std::string end;
};

/// One recording of one project. Owner: one request. Thread: the caller's, which `run` blocks until
/// ClickHouse has answered; throws olap::QueryError when that fails.
class SessionRecording {
 public:
  SessionRecording(RunSql run_sql, std::int64_t project_id, std::string session_id);

  /// Letters, digits and hyphens, as capture takes them: anything else names no recording.
  [[nodiscard]] static bool is_id(std::string_view text) noexcept;

  /// Every minute that holds items, in order; empty when there is no such recording.
  [[nodiscard]] std::vector<RecordingBlock> blocks() const;

  /// The items from the start of `first` to the end of `last`, by time: a line `[window id, item]`
  /// each, the item's bytes as the client sent them (but for line ends between its tokens).
  [[nodiscard]] std::string lines(const RecordingBlock& first, const RecordingBlock& last) const;

 private:
  [[nodiscard]] olap::Parameters parameters() const;

  RunSql run_sql_;
  std::int64_t project_id_;
  std::string session_id_;
};

}  // namespace cp::query
