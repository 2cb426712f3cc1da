// Goal: heatmaps and client warnings are stored beside the events of their range and never among
// them, whatever fails, and the ledger knows of them. The stores are fakes, the log is a real one.
#include "controlplane/ingest/worker.h"
#include "tests/support/log_fixture.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/controlplane/ingest/fakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cp::ingest {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000'000;
constexpr std::string_view kHeatmap =
    R"({"event":"$$heatmap","distinct_id":"u","properties":{"$viewport_height":800,)"
    R"("$viewport_width":1280,"$heatmap_data":{"https://a/":[{"x":1,"y":2,"type":"click"}]}}})";
constexpr std::string_view kWarning =
    R"({"event":"$$client_ingestion_warning","distinct_id":"u","properties":{}})";
constexpr std::string_view kEvent = R"({"event":"a","distinct_id":"u"})";

class LanesTest : public ::testing::Test {
 protected:
  LanesTest() { options_.event_log = directory_.path(); }

  void append(const std::vector<std::string_view>& events) {
    std::string body;
    for (const auto event : events) {
      body += body.empty() ? R"({"api_key":"phc_one","batch":[)" : ",";
      body += event;
    }
    body += "]}";
    format::LogRecord record;
    record.received_us = kNow;
    record.endpoint = format::Endpoint::batch;
    record.token = "phc_one";
    record.event_count = static_cast<std::uint32_t>(events.size());
    record.body = base::as_bytes(body);
    log_.append(record);
    log_.flush();
  }

  bool drain() {
    Worker worker(options_, checkpoints_, events_, recordings_, projects_,
                  [](const std::string&) {});
    die_once(worker, crash_at_);
    const bool has_lived = ingest::drain(worker);
    totals_ = worker.totals();
    return has_lived;
  }

  [[nodiscard]] std::vector<std::string> tokens() const {
    std::vector<std::string> found;
    for (const auto& lane : events_.lanes) {
      found.push_back(lane.token);
    }
    return found;
  }

  support::TemporaryDirectory directory_;
  support::LogFixture log_{directory_.path()};
  WorkerOptions options_;
  FakeCheckpoints checkpoints_;
  FakeEvents events_;
  FakeRecordings recordings_;
  FakeProjects projects_;
  WorkerCounters totals_;
  std::string crash_at_;
};

TEST_F(LanesTest, StoresEachLaneInItsTable) {
  append({kEvent, kHeatmap, kWarning, kHeatmap});
  append({kEvent});
  ASSERT_TRUE(drain());
  EXPECT_EQ(events_.rows.size(), 2U);
  EXPECT_THAT(tokens(), ::testing::ElementsAre("0:0-2-h0", "0:0-2-w"));
  EXPECT_EQ(events_.lanes[0].table, LaneTable::heatmaps);
  EXPECT_EQ(events_.lanes[1].table, LaneTable::warnings);
  EXPECT_FALSE(events_.lanes[0].may_be_there);
  EXPECT_EQ(totals_.rows, 2U);
  EXPECT_EQ(totals_.heatmap_points, 2U);
  EXPECT_EQ(totals_.client_warnings, 1U);
}

TEST_F(LanesTest, BalancesTheLedger) {
  append({kEvent, kHeatmap, kWarning,
          R"({"event":"$$heatmap","distinct_id":"u"})",  // no viewport
          R"({"event":"a","distinct_id":"u","properties":{"$heatmap_data":{}}})"});
  ASSERT_TRUE(drain());
  ASSERT_EQ(checkpoints_.ledger.size(), 1U);
  const auto& entry = checkpoints_.ledger.begin()->second;
  EXPECT_EQ(entry.received, 5U);
  EXPECT_EQ(entry.stored, 4U) << "the part of an event is no event";
  EXPECT_EQ(entry.dropped, 1U);
  EXPECT_EQ(totals_.heatmaps_dropped, 2U);
}

TEST_F(LanesTest, RepeatsTheSameRowsAfterADeathAnywhere) {
  for (const char* point : {"after_range_fixed", "after_insert", "after_lane", "before_advance"}) {
    events_.lanes.clear();
    append({kEvent, kHeatmap, kWarning});
    crash_at_ = point;
    EXPECT_FALSE(drain()) << point;
    const auto first = events_.lanes;
    events_.lanes.clear();
    ASSERT_TRUE(drain()) << point;
    ASSERT_EQ(events_.lanes.size(), 2U) << point;
    EXPECT_TRUE(events_.lanes[0].may_be_there) << "a remembered token must not refuse them";
    for (std::size_t index = 0; index < first.size(); ++index) {
      EXPECT_EQ(events_.lanes[index].bytes, first[index].bytes) << point;
    }
  }
}

TEST_F(LanesTest, CutsLargeInserts) {
  options_.slice_bytes = 1;
  append({kHeatmap, kHeatmap});
  ASSERT_TRUE(drain());
  EXPECT_THAT(tokens(), ::testing::ElementsAre("0:0-1-h0", "0:0-1-h1"));
}

TEST_F(LanesTest, TakesAsManyWarningsAsItPromises) {
  append(std::vector<std::string_view>(LaneBatch::kWarningsPerRecordMax + 2, kWarning));
  append({kWarning});
  ASSERT_TRUE(drain());
  EXPECT_EQ(totals_.client_warnings, LaneBatch::kWarningsPerRecordMax + 1);
  EXPECT_EQ(totals_.client_warnings_dropped, 2U);
  EXPECT_EQ(checkpoints_.ledger.begin()->second.dropped, 2U);
}

// A long link costs its bytes once in a request and once per point in the table.
TEST_F(LanesTest, BoundsWhatARecordUnpacksTo) {
  std::string points;
  for (int count = 0; count < 9'000; ++count) {
    points += count == 0 ? "" : ",";
    points += R"({"x":1,"y":2,"type":"click"})";
  }
  const std::string heatmap =
      R"({"event":"$$heatmap","distinct_id":"u","properties":{"$viewport_height":800,)"
      R"("$viewport_width":1280,"$heatmap_data":{"https://a/)" +
      std::string(4'000, 'u') + "\":[" + points + "]}}}";
  append({heatmap, heatmap, kHeatmap});
  append({kHeatmap});
  ASSERT_TRUE(drain());
  EXPECT_EQ(totals_.heatmap_points + totals_.heatmap_points_dropped, 18'002U);
  std::size_t bytes = 0;
  for (const auto& lane : events_.lanes) {
    bytes += lane.bytes.size();
  }
  EXPECT_GT(totals_.heatmap_points_dropped, 0U);
  EXPECT_LT(bytes, LaneBatch::kRecordBytesMax + 1'000);
}

}  // namespace
}  // namespace cp::ingest
