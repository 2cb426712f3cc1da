// SPDX-License-Identifier: LicenseRef-Project
// What clients were promised, held against what a consumer of the log reads, over all lives of the
// machine.
#pragma once

#include "dataplane/format/log_record.h"
#include "tests/sim/dataplane/daemon/requests.h"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>

namespace sim {

/// The consumer reads like the worker: from where it stopped, each record once, and lets segments
/// go behind it.
class Model {
 public:
  /// Notes a request that is about to be sent; it stays in place.
  Attempt& add(Attempt attempt, std::uint32_t life);

  /// Reads everything new in the partition; every record must be one that a client sent, complete
  /// and byte-exact, once, or one of the ledger's. Afterwards every acknowledged request has been
  /// read.
  void consume(const std::filesystem::path& partition);

  /// After the last life: no refused or incomplete request has been read. `may_return`: refused in
  /// a life that ended by a power cut while its refusal was open.
  void check_refused(const std::map<std::uint32_t, bool>& may_return) const;

  /// One past the newest record read.
  [[nodiscard]] format::Sequence position() const noexcept { return position_; }
  /// Events of the requests read so far.
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  /// Events that the ledger's newest tables say were accepted: never more than `events`.
  [[nodiscard]] std::uint64_t counted_events() const;
  [[nodiscard]] const std::deque<Attempt>& attempts() const noexcept { return attempts_; }
  [[nodiscard]] std::uint64_t acknowledged() const;

 private:
  void take(const format::LogRecord& record);
  static void check(const Attempt& attempt, const format::LogRecord& record);
  void take_counts(const format::LogRecord& record);

  std::deque<Attempt> attempts_;
  std::unordered_map<std::string, std::size_t> by_key_;  // to an index in attempts_
  format::Sequence position_ = 0;
  std::uint64_t events_ = 0;
  std::map<std::uint64_t, std::uint64_t> counted_;  // accepted events, by the table's source
};

}  // namespace sim
