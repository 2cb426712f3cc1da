// SPDX-License-Identifier: LicenseRef-Project
// The counters of all shards, and their rendering for Prometheus.
#pragma once

#include "dataplane/capture/outcome.h"
#include "dataplane/daemon/log_board.h"
#include "dataplane/format/codec/verdict.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dp::daemon {

/// What /metrics shows, one number each; names, labels and texts are in metrics.cc, in this order.
enum class Metric : std::uint16_t {
  capture_200,
  capture_204,
  capture_400,
  capture_401,
  capture_402,
  capture_405,
  capture_408,
  capture_413,
  capture_415,
  capture_429,
  capture_503,
  flags_200,
  flags_204,
  flags_400,
  flags_401,
  flags_405,
  flags_408,
  flags_413,
  remote_config_200,
  remote_config_304,
  remote_config_404,
  remote_config_405,
  remote_config_408,
  remote_config_413,
  remote_config_503,
  proxy_2xx,
  proxy_4xx,
  proxy_5xx,
  proxy_502,
  proxy_503,
  proxy_504,
  probe_200,
  probe_404,
  probe_405,
  probe_503,
  receipt_200,
  receipt_400,
  receipt_404,
  receipt_405,
  receipt_413,
  receipt_503,
  session_400,
  session_408,
  session_413,
  session_431,
  session_503,
  requests,
  events_accepted,
  bodies_accepted_bytes,
  received_bytes,
  sent_bytes,
  connections_open,
  connections_accepted,
  connections_refused,
  connections_overflowed,
  connections_idle_closed,
  connections_evicted,
  flags_without_store,
  privacy_bodies,
  privacy_redacted,
  privacy_dropped,
  privacy_quarantined,
  privacy_unreadable,
  events_over_quota,
  events_overflowed,
  proxy_open,
  proxy_cut,
  proxy_clients_gone,
  proxy_bytes_to_client,
  proxy_bytes_to_api,
  log_records,
  log_record_bytes,
  log_flushes,
  log_flush_failures,
  log_records_lost,
  log_refused_full,
  log_refused_not_writable,
  log_refused_budget,
  log_segments,
  log_preparation_failures,
  log_not_writable,
  log_bytes_events,
  log_bytes_replay,
  log_bytes_system,
  log_budget_events,
  log_budget_replay,
  log_budget_system,
  log_oldest_sequence,
  log_segments_released,
  log_release_failures,
  reactor_turns,
  reactor_idle_waits,
  reactor_busy_ns,
  reactor_longest_turn_ns,
  kernel_entries,
  shards,
  count
};
inline constexpr std::size_t kMetricCount = static_cast<std::size_t>(Metric::count);

/// Bounds of the flush latency histogram in microseconds; the last bucket has none.
inline constexpr std::array<std::uint32_t, 12> kFlushBucketUs = {
    50, 100, 200, 500, 1'000, 2'000, 5'000, 10'000, 20'000, 50'000, 100'000, 500'000};

/// The numbers of one shard at one moment.
struct Snapshot {
  std::array<std::uint64_t, kMetricCount> values{};
  std::array<std::uint64_t, capture::kOutcomeCount> outcomes{};        ///< By capture::Outcome.
  std::array<std::uint64_t, format::codec::kVerdictCount> verdicts{};  ///< By codec::Verdict.
  std::array<std::uint64_t, kFlushBucketUs.size() + 1> flushes{};  ///< Per bucket, not cumulated.
  std::uint64_t flush_us_sum = 0;

  /// Counts one flush of that duration.
  void add_flush(std::uint64_t microseconds) noexcept;

  std::uint64_t& operator[](Metric metric) noexcept {
    return values[static_cast<std::size_t>(metric)];
  }
};

/// Where a shard leaves its numbers for the others. Writer: the shard's thread; readers: any. No
/// lock: every number is read and written by itself, so a reader may see rows of two neighbouring
/// moments.
class alignas(64) CounterPage {
 public:
  void publish(const Snapshot& snapshot) noexcept;
  void add_to(Snapshot& sum) const noexcept;

 private:
  static constexpr std::size_t kNumbers = kMetricCount + capture::kOutcomeCount +
                                          format::codec::kVerdictCount + kFlushBucketUs.size() + 2;
  std::array<std::atomic<std::uint64_t>, kNumbers> numbers_{};
};

/// Replaces `out` by the sum of all pages in Prometheus' text format 0.0.4.
void render_metrics(std::span<const CounterPage> pages, std::string& out);

/// Adds what the worker says about the ledger.
void append_ledger(const LedgerBoard& ledger, std::string& out);

}  // namespace dp::daemon
