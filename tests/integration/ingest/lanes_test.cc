// Goal: with the real log, PostgreSQL and ClickHouse, heatmaps and client warnings end in their own
// tables as the page's queries read them, once, whenever the worker dies.
#include "tests/integration/ingest/environment.h"

#include <gtest/gtest.h>

#include <chrono>

namespace cp::ingest {
namespace {

/// The tables forget what is older than 90 days, so these records are received now.
std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class LanesTest : public StoresTest {
 protected:
  void append(const std::string& events) {
    const std::string body = R"({"api_key":"phc_integration","batch":[)" + events + "]}";
    format::LogRecord record;
    record.received_us = now_us();
    record.endpoint = format::Endpoint::batch;
    record.token = Stores::kToken;
    record.body = base::as_bytes(body);
    write(record);
  }
};

// Conformance cases 61 and 62 up to the tables.
TEST_F(LanesTest, StoresRowsAsTheTablesReadThem) {
  append(R"({"event":"$pageview","distinct_id":"ü","uuid":"018a981f-4b35-7c66-825e-8b0eeae65714",)"
         R"("properties":{"$viewport_height":800,"$viewport_width":1264,"$session_id":"s",)"
         R"("$heatmap_data":{"https://a/":[{"x":32,"y":48,"target_fixed":true,"type":"click"}]},)"
         R"("$prev_pageview_pathname":"/old","$prev_pageview_max_scroll":160,)"
         R"("$current_url":"https://a/new"}},)"
         R"({"event":"$exception","distinct_id":"ü"},)"
         R"({"event":"$$client_ingestion_warning","distinct_id":"ü",)"
         R"("uuid":"018a981f-4b35-7c66-825e-8b0eeae65715",)"
         R"("properties":{"$$client_ingestion_warning_message":"slow down"}})");
  ASSERT_TRUE(drain());
  EXPECT_EQ(stores_->query("SELECT event, JSONHas(properties, '$heatmap_data') FROM events "
                           "ORDER BY event FORMAT CSV"),
            "\"$exception\",0\n\"$pageview\",0");
  const std::string project = std::to_string(stores_->project_id());
  EXPECT_EQ(
      stores_->query("SELECT session_id, team_id, distinct_id, x, y, scale_factor, viewport_width, "
                     "viewport_height, pointer_target_fixed, current_url, type, uuid, _index, "
                     "_partition, _offset, abs(dateDiff('minute', timestamp, now())) < 5 "
                     "FROM heatmaps ORDER BY type FORMAT CSV"),
      "\"s\"," + project +
          ",\"ü\",2,3,16,79,50,true,\"https://a/\",\"click\","
          "\"018a981f-4b35-7c66-825e-8b0eeae65714\",1,0,0,1\n\"s\"," +
          project +
          ",\"ü\",0,10,16,79,50,false,\"https://a/old\",\"scrolldepth\","
          "\"018a981f-4b35-7c66-825e-8b0eeae65714\",0,0,0,1");
  EXPECT_EQ(
      stores_->query("SELECT team_id, source, type, JSONExtractString(details, 'message'), uuid, "
                     "_offset FROM ingestion_warnings FORMAT CSV"),
      project +
          ",\"ingestion\",\"client_ingestion_warning\",\"slow down\","
          "\"018a981f-4b35-7c66-825e-8b0eeae65715\",0");
}

TEST_F(LanesTest, SurvivesAKillAtEveryPoint) {
  int stored = 0;
  for (const char* point :
       {"after_range_fixed", "after_insert", "after_lane", "before_advance", "after_advance"}) {
    append(R"({"event":"$$heatmap","distinct_id":"u","properties":{"$viewport_height":8,)"
           R"("$viewport_width":8,"$heatmap_data":{"https://a/":[{"x":1,"y":2,"type":"click"},)"
           R"({"x":1,"y":2,"type":"click"}]}}},{"event":"a","distinct_id":"u"},)"
           R"({"event":"$$client_ingestion_warning","distinct_id":"u"})");
    ++stored;
    EXPECT_FALSE(drain(point)) << point;
    ASSERT_TRUE(drain()) << point;
    EXPECT_EQ(
        stores_->query("SELECT (SELECT count() FROM events), "
                       "(SELECT count() FROM heatmaps FINAL), "
                       "(SELECT count() FROM ingestion_warnings FINAL)"),
        std::to_string(stored) + '\t' + std::to_string(2 * stored) + '\t' + std::to_string(stored))
        << point;
  }
}

// An SDK that hears nothing sends the same events again, a little later.
TEST_F(LanesTest, StoresARepeatedRequestOnce) {
  const std::string heatmap =
      R"({"event":"$$heatmap","distinct_id":"u","uuid":"018a981f-4b35-7c66-825e-8b0eeae65714",)"
      R"("properties":{"$viewport_height":8,"$viewport_width":8,)"
      R"("$heatmap_data":{"https://a/":[{"x":1,"y":2,"type":"click"}]}}})";
  append(heatmap);
  append(heatmap);
  ASSERT_TRUE(drain());
  append(heatmap);
  ASSERT_TRUE(drain());
  EXPECT_EQ(stores_->query("SELECT count(), sum(events.y * events.scale_factor) "
                           "FROM heatmaps AS events FINAL WHERE (events.team_id = " +
                           std::to_string(stores_->project_id()) + ")"),
            "1\t0")
      << "as HogQL asks";
}

}  // namespace
}  // namespace cp::ingest
