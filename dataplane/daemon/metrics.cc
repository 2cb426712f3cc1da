// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/metrics.h"

#include <algorithm>
#include <charconv>

namespace dp::daemon {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

/// One line of /metrics. `help` stands with the first row of a family; `scale` divides the number.
struct Row {
  Metric metric;
  std::string_view family;
  std::string_view labels;
  std::string_view type;
  std::string_view help;
  std::uint64_t scale = 1;
};

constexpr std::string_view kHttp = "bristle_http_requests_total";
constexpr std::string_view kCounter = "counter";
constexpr std::string_view kGauge = "gauge";
constexpr std::string_view kHttpHelp =
    "Requests answered, by route and status; of a class (2xx) for the proxy.";

constexpr Row kRows[] = {
    {Metric::capture_200, kHttp, R"({route="capture",status="200"})", kCounter, kHttpHelp},
    {Metric::capture_204, kHttp, R"({route="capture",status="204"})", kCounter, ""},
    {Metric::capture_400, kHttp, R"({route="capture",status="400"})", kCounter, ""},
    {Metric::capture_401, kHttp, R"({route="capture",status="401"})", kCounter, ""},
    {Metric::capture_402, kHttp, R"({route="capture",status="402"})", kCounter, ""},
    {Metric::capture_405, kHttp, R"({route="capture",status="405"})", kCounter, ""},
    {Metric::capture_408, kHttp, R"({route="capture",status="408"})", kCounter, ""},
    {Metric::capture_413, kHttp, R"({route="capture",status="413"})", kCounter, ""},
    {Metric::capture_415, kHttp, R"({route="capture",status="415"})", kCounter, ""},
    {Metric::capture_429, kHttp, R"({route="capture",status="429"})", kCounter, ""},
    {Metric::capture_503, kHttp, R"({route="capture",status="503"})", kCounter, ""},
    {Metric::flags_200, kHttp, R"({route="flags",status="200"})", kCounter, ""},
    {Metric::flags_204, kHttp, R"({route="flags",status="204"})", kCounter, ""},
    {Metric::flags_400, kHttp, R"({route="flags",status="400"})", kCounter, ""},
    {Metric::flags_401, kHttp, R"({route="flags",status="401"})", kCounter, ""},
    {Metric::flags_405, kHttp, R"({route="flags",status="405"})", kCounter, ""},
    {Metric::flags_408, kHttp, R"({route="flags",status="408"})", kCounter, ""},
    {Metric::flags_413, kHttp, R"({route="flags",status="413"})", kCounter, ""},
    {Metric::remote_config_200, kHttp, R"({route="remote_config",status="200"})", kCounter, ""},
    {Metric::remote_config_304, kHttp, R"({route="remote_config",status="304"})", kCounter, ""},
    {Metric::remote_config_404, kHttp, R"({route="remote_config",status="404"})", kCounter, ""},
    {Metric::remote_config_405, kHttp, R"({route="remote_config",status="405"})", kCounter, ""},
    {Metric::remote_config_408, kHttp, R"({route="remote_config",status="408"})", kCounter, ""},
    {Metric::remote_config_413, kHttp, R"({route="remote_config",status="413"})", kCounter, ""},
    {Metric::remote_config_503, kHttp, R"({route="remote_config",status="503"})", kCounter, ""},
    {Metric::proxy_2xx, kHttp, R"({route="proxy",status="2xx"})", kCounter, ""},
    {Metric::proxy_4xx, kHttp, R"({route="proxy",status="4xx"})", kCounter, ""},
    {Metric::proxy_5xx, kHttp, R"({route="proxy",status="5xx"})", kCounter, ""},
    {Metric::proxy_502, kHttp, R"({route="proxy",status="502"})", kCounter, ""},
    {Metric::proxy_503, kHttp, R"({route="proxy",status="503"})", kCounter, ""},
    {Metric::proxy_504, kHttp, R"({route="proxy",status="504"})", kCounter, ""},
    {Metric::probe_200, kHttp, R"({route="probe",status="200"})", kCounter, ""},
    {Metric::probe_404, kHttp, R"({route="probe",status="404"})", kCounter, ""},
    {Metric::probe_405, kHttp, R"({route="probe",status="405"})", kCounter, ""},
    {Metric::probe_503, kHttp, R"({route="probe",status="503"})", kCounter, ""},
    {Metric::receipt_200, kHttp, R"({route="receipt",status="200"})", kCounter, ""},
    {Metric::receipt_400, kHttp, R"({route="receipt",status="400"})", kCounter, ""},
    {Metric::receipt_404, kHttp, R"({route="receipt",status="404"})", kCounter, ""},
    {Metric::receipt_405, kHttp, R"({route="receipt",status="405"})", kCounter, ""},
    {Metric::receipt_413, kHttp, R"({route="receipt",status="413"})", kCounter, ""},
    {Metric::receipt_503, kHttp, R"({route="receipt",status="503"})", kCounter, ""},
    {Metric::session_400, kHttp, R"({route="none",status="400"})", kCounter, ""},
    {Metric::session_408, kHttp, R"({route="none",status="408"})", kCounter, ""},
    {Metric::session_413, kHttp, R"({route="none",status="413"})", kCounter, ""},
    {Metric::session_431, kHttp, R"({route="none",status="431"})", kCounter, ""},
    {Metric::session_503, kHttp, R"({route="none",status="503"})", kCounter, ""},
    {Metric::requests, "bristle_http_heads_total", "", kCounter,
     "Request heads read, whatever became of them."},
    {Metric::events_accepted, "bristle_events_accepted_total", "", kCounter,
     "Events in acknowledged, durable requests."},
    {Metric::bodies_accepted_bytes, "bristle_accepted_body_bytes_total", "", kCounter,
     "Body bytes of acknowledged requests, as received."},
    {Metric::received_bytes, "bristle_network_received_bytes_total", "", kCounter,
     "Bytes received."},
    {Metric::sent_bytes, "bristle_network_sent_bytes_total", "", kCounter, "Bytes sent."},
    {Metric::connections_open, "bristle_connections", "", kGauge,
     "Open connections, those to the API included."},
    {Metric::connections_accepted, "bristle_connections_accepted_total", "", kCounter,
     "Connections accepted."},
    {Metric::connections_refused, "bristle_connections_refused_total", "", kCounter,
     "Connections closed at once because too many were open."},
    {Metric::connections_overflowed, "bristle_connections_overflowed_total", "", kCounter,
     "Connections closed because they broke a bound."},
    {Metric::connections_idle_closed, "bristle_connections_idle_closed_total", "", kCounter,
     "Connections closed because nothing came."},
    {Metric::connections_evicted, "bristle_connections_evicted_total", "", kCounter,
     "Idle connections closed to make room for new ones."},
    {Metric::flags_without_store, "bristle_flags_without_store_total", "", kCounter,
     "Evaluations answered while the tenant store could not be read."},
    {Metric::privacy_bodies, "bristle_privacy_bodies_rewritten_total", "", kCounter,
     "Request bodies the privacy guard did not write as received."},
    {Metric::privacy_redacted, "bristle_privacy_values_total", R"({action="redacted"})", kCounter,
     "Values the privacy guard replaced or took out."},
    {Metric::privacy_dropped, "bristle_privacy_values_total", R"({action="dropped"})", kCounter,
     ""},
    {Metric::privacy_quarantined, "bristle_privacy_events_quarantined_total", "", kCounter,
     "Events of which only the shape was stored."},
    {Metric::privacy_unreadable, "bristle_privacy_policies_unreadable_total", "", kCounter,
     "Policies of projects that could not be read; their events are quarantined."},
    {Metric::events_over_quota, "bristle_events_over_quota_total", "", kCounter,
     "Events not stored because a quota of their project is used up."},
    {Metric::events_overflowed, "bristle_events_overflowed_total", "", kCounter,
     "Events above the rate of their distinct_id; their requests are marked."},
    {Metric::proxy_open, "bristle_proxy_open", "", kGauge, "Requests to the API that are open."},
    {Metric::proxy_cut, "bristle_proxy_cut_total", "", kCounter,
     "Answers that the API did not complete."},
    {Metric::proxy_clients_gone, "bristle_proxy_clients_gone_total", "", kCounter,
     "Requests to the API whose client left first."},
    {Metric::proxy_bytes_to_client, "bristle_proxy_client_bytes_total", "", kCounter,
     "Body bytes from the API."},
    {Metric::proxy_bytes_to_api, "bristle_proxy_api_bytes_total", "", kCounter,
     "Body bytes to the API."},
    {Metric::log_records, "bristle_log_records_total", "", kCounter, "Durable records."},
    {Metric::log_record_bytes, "bristle_log_record_bytes_total", "", kCounter,
     "Bytes of durable records."},
    {Metric::log_flushes, "bristle_log_flushes_total", "", kCounter, "Groups made durable."},
    {Metric::log_flush_failures, "bristle_log_flush_failures_total", "", kCounter,
     "Groups that could not be made durable."},
    {Metric::log_records_lost, "bristle_log_records_lost_total", "", kCounter,
     "Records of failed groups; their clients were told 503."},
    {Metric::log_refused_full, "bristle_log_refused_total", R"({reason="full"})", kCounter,
     "Records refused before they were written."},
    {Metric::log_refused_not_writable, "bristle_log_refused_total", R"({reason="not_writable"})",
     kCounter, ""},
    {Metric::log_refused_budget, "bristle_log_refused_total", R"({reason="budget"})", kCounter, ""},
    {Metric::log_segments, "bristle_log_segments_total", "", kCounter, "Segments started."},
    {Metric::log_preparation_failures, "bristle_log_preparation_failures_total", "", kCounter,
     "Segments that could not be prepared."},
    {Metric::log_not_writable, "bristle_log_not_writable", "", kGauge,
     "Shards whose log accepts nothing now (disk full or refused sync)."},
    {Metric::log_bytes_events, "bristle_log_used_bytes", R"({class="events"})", kGauge,
     "Bytes of the log on the disk, by class of records."},
    {Metric::log_bytes_replay, "bristle_log_used_bytes", R"({class="replay"})", kGauge, ""},
    {Metric::log_bytes_system, "bristle_log_used_bytes", R"({class="system"})", kGauge, ""},
    {Metric::log_budget_events, "bristle_log_budget_bytes", R"({class="events"})", kGauge,
     "Bytes that a class may take; beyond it its requests are answered 503."},
    {Metric::log_budget_replay, "bristle_log_budget_bytes", R"({class="replay"})", kGauge, ""},
    {Metric::log_budget_system, "bristle_log_budget_bytes", R"({class="system"})", kGauge, ""},
    {Metric::log_oldest_sequence, "bristle_log_oldest_sequence", "", kGauge,
     "First record of the oldest segment kept, summed over shards."},
    {Metric::log_segments_released, "bristle_log_segments_released_total", "", kCounter,
     "Segments removed behind every consumer."},
    {Metric::log_release_failures, "bristle_log_release_failures_total", "", kCounter,
     "Segments that could not be removed; tried again."},
    {Metric::reactor_turns, "bristle_reactor_turns_total", "", kCounter, "Turns of the loops."},
    {Metric::reactor_idle_waits, "bristle_reactor_idle_waits_total", "", kCounter,
     "Turns that slept."},
    {Metric::reactor_busy_ns, "bristle_reactor_busy_microseconds_total", "", kCounter,
     "Time the loops did not sleep; divided by time and shards it is the duty cycle.", 1000},
    {Metric::reactor_longest_turn_ns, "bristle_reactor_longest_turn_microseconds", "", kGauge,
     "Longest turns, summed over shards.", 1000},
    {Metric::kernel_entries, "bristle_kernel_entries_total", "", kCounter,
     "System calls of the loops."},
    {Metric::shards, "bristle_shards", "", kGauge, "Shards that run."},
};
static_assert(std::size(kRows) == kMetricCount);

constexpr bool rows_are_in_order() {
  for (std::size_t index = 0; index < std::size(kRows); ++index) {
    if (static_cast<std::size_t>(kRows[index].metric) != index) {
      return false;
    }
  }
  return true;
}
static_assert(rows_are_in_order());

constexpr std::string_view kHistogram = "bristle_log_flush_seconds";

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 24> digits{};
  out.append(digits.data(),
             std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

/// Microseconds as seconds with six decimals.
void append_seconds(std::string& out, std::uint64_t microseconds) {
  append_number(out, microseconds / 1'000'000);
  std::array<char, 7> decimals{};
  auto rest = microseconds % 1'000'000;
  for (std::size_t place = 6; place > 0; --place) {
    decimals[place] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  decimals[0] = '.';
  out.append(decimals.data(), decimals.size());
}

void append_header(std::string& out, std::string_view family, std::string_view type,
                   std::string_view help) {
  out += "# HELP ";
  out += family;
  out += ' ';
  out += help;
  out += "\n# TYPE ";
  out += family;
  out += ' ';
  out += type;
  out += '\n';
}

void append_outcomes(std::string& out, const Snapshot& sum) {
  constexpr std::string_view kFamily = "bristle_capture_outcomes_total";
  append_header(out, kFamily, kCounter, "Capture requests by how they ended.");
  for (std::size_t index = 0; index < capture::kOutcomeCount; ++index) {
    out += kFamily;
    out += "{outcome=\"";
    out += capture::kOutcomes[index].name;
    out += "\"} ";
    append_number(out, sum.outcomes[index]);
    out += '\n';
  }
}

void append_verdicts(std::string& out, const Snapshot& sum) {
  constexpr std::string_view kFamily = "bristle_capture_v1_events_total";
  append_header(out, kFamily, kCounter, "Events of v1 batches by what their clients were told.");
  for (std::size_t index = 0; index < sum.verdicts.size(); ++index) {
    out += kFamily;
    out += "{verdict=\"";
    out += format::codec::kVerdicts[index].name;
    out += "\"} ";
    append_number(out, sum.verdicts[index]);
    out += '\n';
  }
}

void append_histogram(std::string& out, const Snapshot& sum) {
  append_header(out, kHistogram, "histogram", "Time from submitting a group to its being durable.");
  std::uint64_t cumulated = 0;
  for (std::size_t bucket = 0; bucket < sum.flushes.size(); ++bucket) {
    cumulated += sum.flushes[bucket];
    out += kHistogram;
    out += "_bucket{le=\"";
    if (bucket < kFlushBucketUs.size()) {
      append_seconds(out, kFlushBucketUs[bucket]);
    } else {
      out += "+Inf";
    }
    out += "\"} ";
    append_number(out, cumulated);
    out += '\n';
  }
  out += kHistogram;
  out += "_sum ";
  append_seconds(out, sum.flush_us_sum);
  out += '\n';
  out += kHistogram;
  out += "_count ";
  append_number(out, cumulated);
  out += '\n';
}

void append_gauge(std::string& out, std::string_view family, std::string_view help,
                  const std::atomic<std::uint64_t>& value) {
  append_header(out, family, kGauge, help);
  out += family;
  out += ' ';
  append_number(out, value.load(kRelaxed));
  out += '\n';
}

}  // namespace

void Snapshot::add_flush(std::uint64_t microseconds) noexcept {
  const auto bucket = std::lower_bound(kFlushBucketUs.begin(), kFlushBucketUs.end(), microseconds);
  ++flushes[static_cast<std::size_t>(bucket - kFlushBucketUs.begin())];
  flush_us_sum += microseconds;
}

void CounterPage::publish(const Snapshot& snapshot) noexcept {
  auto* number = numbers_.data();
  for (const auto value : snapshot.values) {
    (number++)->store(value, kRelaxed);
  }
  for (const auto count : snapshot.outcomes) {
    (number++)->store(count, kRelaxed);
  }
  for (const auto count : snapshot.verdicts) {
    (number++)->store(count, kRelaxed);
  }
  for (const auto count : snapshot.flushes) {
    (number++)->store(count, kRelaxed);
  }
  number->store(snapshot.flush_us_sum, kRelaxed);
}

void CounterPage::add_to(Snapshot& sum) const noexcept {
  const auto* number = numbers_.data();
  for (auto& value : sum.values) {
    value += (number++)->load(kRelaxed);
  }
  for (auto& count : sum.outcomes) {
    count += (number++)->load(kRelaxed);
  }
  for (auto& count : sum.verdicts) {
    count += (number++)->load(kRelaxed);
  }
  for (auto& count : sum.flushes) {
    count += (number++)->load(kRelaxed);
  }
  sum.flush_us_sum += number->load(kRelaxed);
}

void render_metrics(std::span<const CounterPage> pages, std::string& out) {
  Snapshot sum;
  for (const auto& page : pages) {
    page.add_to(sum);
  }
  out.clear();
  std::string_view family;
  for (const auto& row : kRows) {
    if (row.family != family) {
      family = row.family;
      append_header(out, family, row.type, row.help);
    }
    out += family;
    out += row.labels;
    out += ' ';
    append_number(out, sum[row.metric] / row.scale);
    out += '\n';
  }
  append_outcomes(out, sum);
  append_verdicts(out, sum);
  append_histogram(out, sum);
}

void append_ledger(const LedgerBoard& ledger, std::string& out) {
  append_gauge(out, "bristle_ledger_unbalanced_minutes",
               "Minutes of a project, of the last day, whose events do not add up.",
               ledger.unbalanced_minutes);
  append_gauge(out, "bristle_ledger_unaccounted_events",
               "Events of these minutes without a known end, or with one too many.",
               ledger.unaccounted_events);
  append_gauge(out, "bristle_ledger_waiting_since_timestamp_seconds",
               "When the oldest record that is not stored was received; 0 when none waits.",
               ledger.waiting_since_s);
  append_gauge(out, "bristle_ledger_checked_timestamp_seconds",
               "When the worker last checked the ledger; 0 when it never did.", ledger.checked_s);
}

}  // namespace dp::daemon
