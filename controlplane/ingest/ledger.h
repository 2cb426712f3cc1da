// SPDX-License-Identifier: LicenseRef-Project
// The worker's side of the conservation ledger: what became of the events of one batch, by minute
// of receipt and project, and what capture says it acknowledged (ADR 0015).
#pragma once

#include "controlplane/ingest/batch.h"
#include "controlplane/ingest/projects.h"
#include "dataplane/format/capture_counts.h"
#include "dataplane/format/log_record.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cp::ingest {

/// The project of requests that have none.
inline constexpr std::int64_t kNoProject = 0;

/// Events of one minute and project. Everything received is in exactly one of the others.
struct LedgerEntry {
  std::uint64_t received = 0;  ///< In durable records, as capture counted them.
  std::uint64_t stored = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t quarantined = 0;      ///< In bodies that do not decode.
  std::uint64_t unknown_project = 0;  ///< No project has the token.
  std::uint64_t dropped = 0;  ///< By a rule: a recording without a session, items or a time, a
                              ///< heatmap without a viewport.
};

/// What one outcome of capture counted, of one minute and project.
struct CountedOutcome {
  std::int64_t project_id = kNoProject;
  std::string name;
  std::uint64_t requests = 0;
  std::uint64_t events = 0;
};

/// One counters record, its tokens replaced by projects.
struct CountedMinute {
  std::uint64_t source = 0;
  format::Minute minute = 0;
  std::vector<CountedOutcome> outcomes;
};

struct OutcomeText {
  std::uint16_t status = 0;
  std::string text;
};

/// What a batch adds to the ledger. `outcomes` holds the newest record of each source.
struct LedgerChange {
  using Key = std::pair<format::Minute, std::int64_t>;  // minute and project

  std::map<Key, LedgerEntry> entries;
  std::map<std::uint64_t, CountedMinute> counts;  ///< By source.
  std::map<std::string, OutcomeText> texts;       ///< By name of outcome.

  [[nodiscard]] bool is_empty() const noexcept { return entries.empty() && counts.empty(); }
};

/// A minute of a partition whose events do not add up.
struct Imbalance {
  format::Minute minute = 0;
  std::uint64_t acknowledged = 0;  ///< By capture.
  std::uint64_t received = 0;      ///< Found in the log.
  std::uint64_t accounted = 0;     ///< With a known end.
};

/// Collects the change of one batch. Thread: the worker's.
class LedgerTally {
 public:
  void clear();

  /// A record whose events are rows of the batch, but for those that its lanes took.
  void add_decoded(const format::LogRecord& record, std::int64_t project_id,
                   const BesideRows& beside);
  void add_quarantined(const format::LogRecord& record, std::int64_t project_id);
  void add_unknown(const format::LogRecord& record);
  void add_dropped(const format::LogRecord& record, std::int64_t project_id);
  /// A recording that the batch stores: it counts as one event, stored.
  void add_recording(const format::LogRecord& record, std::int64_t project_id);
  /// A counters record; false when its body makes no sense.
  bool add_counts(const format::LogRecord& record, ProjectDirectory& projects);

  /// The change, once every row of `batch` is stored or marked.
  [[nodiscard]] LedgerChange settle(const Batch& batch) const;

 private:
  struct Decoded {
    format::Sequence sequence = 0;
    format::Minute minute = 0;
    std::int64_t project_id = 0;
    std::uint32_t event_count = 0;
    BesideRows beside;
  };

  LedgerEntry& entry(const format::LogRecord& record, std::int64_t project_id);

  LedgerChange change_;
  std::vector<Decoded> decoded_;  ///< In the order of the log, as the batch's rows are.
};

}  // namespace cp::ingest
