// SPDX-License-Identifier: LicenseRef-Project
// Goal: /metrics is the sum of all shards in Prometheus' text format, histogram included.
// Method: pages filled by hand, compared as text.
#include "dataplane/daemon/metrics.h"

#include "dataplane/daemon/consumer_watch.h"
#include "dataplane/format/ledger_state.h"
#include "dataplane/format/watermark.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace dp::daemon {
namespace {

using testing::HasSubstr;

std::string rendered(const std::vector<CounterPage>& pages) {
  std::string text;
  render_metrics(pages, text);
  return text;
}

TEST(MetricsTest, SumsThePagesOfAllShards) {
  std::vector<CounterPage> pages(2);
  Snapshot snapshot;
  snapshot[Metric::capture_200] = 3;
  snapshot[Metric::log_not_writable] = 1;
  snapshot[Metric::reactor_busy_ns] = 5'000;
  snapshot.outcomes[static_cast<std::size_t>(capture::Outcome::empty_batch)] = 2;
  snapshot.verdicts[static_cast<std::size_t>(format::codec::Verdict::invalid_options)] = 3;
  pages[0].publish(snapshot);
  pages[1].publish(snapshot);
  const auto text = rendered(pages);
  EXPECT_THAT(text,
              HasSubstr("\nbristle_http_requests_total{route=\"capture\",status=\"200\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("\nbristle_log_not_writable 2\n"));
  EXPECT_THAT(text, HasSubstr("\nbristle_reactor_busy_microseconds_total 10\n"));
  EXPECT_THAT(text, HasSubstr("\nbristle_capture_outcomes_total{outcome=\"empty_batch\"} 4\n"));
  EXPECT_THAT(text,
              HasSubstr("\nbristle_capture_v1_events_total{verdict=\"invalid_options\"} 6\n"));
}

// What the worker leaves in the log's directory is what the gauges show; nonsense changes nothing.
TEST(MetricsTest, ShowsWhatTheWorkerSaysAboutTheLedger) {
  const support::TemporaryDirectory directory;
  LedgerBoard board;
  const auto shown = [&] {
    const ConsumerWatch watch(directory.path(), {}, board);
    std::string text;
    append_ledger(board, text);
    return text;
  };
  EXPECT_THAT(shown(), HasSubstr("\nbristle_ledger_checked_timestamp_seconds 0\n"));
  ASSERT_TRUE(
      format::publish_ledger_state(directory.path(), {1'700'000'000, 1'699'999'000, 2, 7, {}}));
  const auto text = shown();
  EXPECT_THAT(text, HasSubstr("# TYPE bristle_ledger_unbalanced_minutes gauge\n"
                              "bristle_ledger_unbalanced_minutes 2\n"));
  EXPECT_THAT(text, HasSubstr("\nbristle_ledger_unaccounted_events 7\n"));
  EXPECT_THAT(text, HasSubstr("\nbristle_ledger_waiting_since_timestamp_seconds 1699999000\n"));
  EXPECT_THAT(text, HasSubstr("\nbristle_ledger_checked_timestamp_seconds 1700000000\n"));
  std::ofstream(directory.path() / format::kConsumersDirectoryName / format::kLedgerStateName)
      << "bristle-ledger 9\n";
  EXPECT_EQ(shown(), text);
  ASSERT_TRUE(format::publish_ledger_state(directory.path(), {1'700'000'005, 0, 0, 0, {}}));
  EXPECT_THAT(shown(), HasSubstr("\nbristle_ledger_unbalanced_minutes 0\n"));
}

TEST(MetricsTest, EveryFamilyIsDescribedOnce) {
  const auto text = rendered(std::vector<CounterPage>(1));
  std::size_t families = 0;
  for (auto at = text.find("# TYPE "); at != std::string::npos; at = text.find("# TYPE ", at + 1)) {
    const auto name = text.substr(at, text.find('\n', at) - at + 1);
    EXPECT_EQ(text.find(name, at + 1), std::string::npos) << name;
    ++families;
  }
  EXPECT_GT(families, 20U);
}

TEST(MetricsTest, HistogramCumulatesItsBuckets) {
  std::vector<CounterPage> pages(2);
  Snapshot first;
  first.add_flush(50);
  first.add_flush(51);
  Snapshot second;
  second.add_flush(1'500'000);
  pages[0].publish(first);
  pages[1].publish(second);
  const auto text = rendered(pages);
  EXPECT_THAT(text, HasSubstr("# TYPE bristle_log_flush_seconds histogram\n"
                              "bristle_log_flush_seconds_bucket{le=\"0.000050\"} 1\n"
                              "bristle_log_flush_seconds_bucket{le=\"0.000100\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("bristle_log_flush_seconds_bucket{le=\"0.500000\"} 2\n"
                              "bristle_log_flush_seconds_bucket{le=\"+Inf\"} 3\n"
                              "bristle_log_flush_seconds_sum 1.500101\n"
                              "bristle_log_flush_seconds_count 3\n"));
}

}  // namespace
}  // namespace dp::daemon
