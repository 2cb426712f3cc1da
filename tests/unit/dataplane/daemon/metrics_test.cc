// SPDX-License-Identifier: LicenseRef-Project
// Goal: /metrics is the sum of all shards in Prometheus' text format, histogram included.
// Method: pages filled by hand, compared as text.
#include "dataplane/daemon/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
