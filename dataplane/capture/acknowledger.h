// SPDX-License-Identifier: LicenseRef-Project
// From a decoded request to its answer: appends the record to the shard's log and answers once
// nothing can lose it. Every capture route of a shard shares one.
#pragma once

#include "dataplane/capture/minute_counts.h"
#include "dataplane/capture/outcome.h"
#include "dataplane/capture/waiting_line.h"
#include "dataplane/format/codec/refused_events.h"
#include "dataplane/format/log_record.h"
#include "dataplane/http/service.h"
#include "dataplane/wal/writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dp::capture {

class PrivacyGuard;

/// What happened so far. One writer, the shard.
struct CaptureCounters {
  std::array<std::uint64_t, kOutcomeCount> outcomes{};  ///< Answers by outcome.
  std::uint64_t events_accepted = 0;                    ///< In durable records.
  std::uint64_t body_bytes_accepted = 0;                ///< As received, in durable records.

  [[nodiscard]] std::uint64_t of(Outcome outcome) const noexcept {
    return outcomes[static_cast<std::size_t>(outcome)];
  }
};

/// Owner and thread: one shard. Bounds: `waiters_max` unanswered requests; a request holds no
/// memory of ours while it waits. Failure: every refusal has its row in outcome.h; whatever the log
/// does, the client gets an answer. Invariant: 200 is sent only for records that `durable_up_to`
/// has covered.
class Acknowledger final : public wal::DurableListener {
 public:
  static constexpr std::uint32_t kWaitersMax = 65'536;

  /// `boot`: a random number that tells this life of the process from the others.
  explicit Acknowledger(std::uint32_t waiters_max = kWaitersMax, std::uint64_t boot = 0);

  /// Gives the log to append to; records before that are answered 503. The log outlives this
  /// object's use.
  void start(wal::Appender& log) noexcept { log_ = &log; }

  /// Counts the refusals of strangers to `guard` for nobody: made-up tokens would take the
  /// projects' rows in the ledger's table. The guard outlives this object's use.
  void attribute_with(PrivacyGuard& guard) noexcept { guard_ = &guard; }

  /// Appends `record` and answers `waiter` when it is durable, or now when it is refused.
  void append(const format::LogRecord& record, const Waiter& waiter) noexcept;

  /// Counts `outcome` and answers with its row.
  void finish(const http::Exchange& exchange, Outcome outcome,
              const format::codec::RefusedEvents& refused = {}) noexcept;

  /// Counts `outcome` and answers with its row, `detail` (cut to kDetailBytesMax) behind its text.
  void finish(const http::Exchange& exchange, Outcome outcome, std::string_view detail,
              const format::codec::RefusedEvents& refused = {}) noexcept;
  static constexpr std::size_t kDetailBytesMax = 256;

  /// Counts events that are dropped for the reason of `outcome`, whatever their client is told.
  void count_dropped(Outcome outcome, std::string_view token, std::uint32_t events) noexcept {
    minutes_.refuse(outcome, token, events);
  }

  /// Counts `outcome`, a refusal in the ledger too, and gives its answer, for who answers
  /// otherwise. Lives as long as this.
  const http::StaticAnswer& count(Outcome outcome,
                                  const format::codec::RefusedEvents& refused = {}) noexcept;

  /// The same for a request whose events the ledger has.
  const http::StaticAnswer& count_answer(Outcome outcome) noexcept;

  void durable_up_to(format::Sequence last) noexcept override;
  void lost_from(format::Sequence first) noexcept override;

  /// Told the time once a turn.
  void set_now(std::int64_t now_us) noexcept { minutes_.set_now(now_us); }
  /// Whether the log lacks numbers of the ledger; `write_counts` appends them, when it can.
  [[nodiscard]] bool has_counts_to_write() const noexcept { return minutes_.is_dirty(); }
  void write_counts() noexcept;

  [[nodiscard]] const CaptureCounters& counters() const noexcept { return counters_; }
  /// Requests whose answer waits for the log: an orderly stop waits for none.
  [[nodiscard]] std::uint32_t waiting_count() const noexcept { return waiting_.size(); }

 private:
  void refuse(const format::LogRecord& record, const Waiter& waiter, Outcome outcome) noexcept;
  void conclude(const Waiter& waiter, Outcome outcome, std::string_view receipt_line) noexcept;

  wal::Appender* log_ = nullptr;
  PrivacyGuard* guard_ = nullptr;
  WaitingLine waiting_;
  CaptureCounters counters_;
  MinuteCounts minutes_;
  std::vector<http::StaticAnswer> answers_;  ///< By Outcome.
};

}  // namespace dp::capture
