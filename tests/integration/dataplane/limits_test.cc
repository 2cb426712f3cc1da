// SPDX-License-Identifier: LicenseRef-Project
// Goal: a project that sends above its rate is told to come again while others are served, and what
// an id sends above the overflow limit is marked in the log; a quota published while the program
// runs holds from the next request on. Method: the real program with low limits, its log read back.
#include "dataplane/format/log_reader.h"
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tenant_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace integration {
namespace {

using ::testing::HasSubstr;

std::string post_event(std::string_view token) {
  return request("POST", "/e/",
                 R"({"event":"a","distinct_id":"u","token":")" + std::string(token) + "\"}",
                 "Content-Type: application/json\r\n");
}

TEST(DataplaneLimitsTest, ARunawayProjectDoesNotTakeTheBoxFromOthers) {
  const support::TemporaryDirectory home;
  const DataplaneProcess dataplane(home.path(), {{"BRISTLE_TOKEN_EVENTS_PER_SECOND", "1"},
                                                 {"BRISTLE_TOKEN_BURST_SECONDS", "600"}});
  HttpClient client(dataplane.port());
  int refused = 0;
  for (int count = 0; count < 1'000; ++count) {
    const auto answer = client.exchange(post_event("phc_loud"));
    if (answer.status != 200) {
      ++refused;
      EXPECT_EQ(answer.status, 503);
      EXPECT_EQ(answer.body, "rate limited");
      EXPECT_EQ(answer.fields.at("retry-after"), "30");
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_LE(refused, 400) << "six hundred events at once are allowed";
  EXPECT_EQ(client.exchange(post_event("phc_quiet")).status, 200);
  EXPECT_EQ(dataplane.stored().size(), 1'001U - static_cast<std::size_t>(refused));
  const auto metrics = client.exchange(request("GET", "/metrics")).body;
  EXPECT_THAT(metrics, HasSubstr("bristle_capture_outcomes_total{outcome=\"rate_limited\"} " +
                                 std::to_string(refused) + "\n"));
}

TEST(DataplaneLimitsTest, AQuotaHoldsFromTheNextRequestOn) {
  const support::TemporaryDirectory home;
  support::TenantPublisher publisher(home.path() / "tenants");
  publisher.publish("phc_abc");
  const DataplaneProcess dataplane(home.path());
  HttpClient client(dataplane.port());
  EXPECT_EQ(client.exchange(post_event("phc_abc")).status, 200);
  publisher.publish("phc_abc", "", R"({"quota_limited":["events"]})");
  for (int count = 0; count < 3; ++count) {
    EXPECT_EQ(client.exchange(post_event("phc_abc")).body, R"({"status":"Ok"})");
  }
  EXPECT_EQ(dataplane.stored().size(), 1U);
  publisher.publish("phc_abc");
  EXPECT_EQ(client.exchange(post_event("phc_abc")).status, 200);
  EXPECT_EQ(dataplane.stored().size(), 2U);
  EXPECT_THAT(client.exchange(request("GET", "/metrics")).body,
              HasSubstr("bristle_events_over_quota_total 3\n"));
}

TEST(DataplaneLimitsTest, OverflowIsMarkedInTheLogAndNobodyIsRefused) {
  const support::TemporaryDirectory home;
  const DataplaneProcess dataplane(home.path(), {{"BRISTLE_OVERFLOW_EVENTS_PER_SECOND", "1"},
                                                 {"BRISTLE_OVERFLOW_BURST", "600"}});
  HttpClient client(dataplane.port());
  for (int count = 0; count < 1'000; ++count) {
    EXPECT_EQ(client.exchange(post_event("phc_abc")).status, 200);
  }
  std::size_t records = 0;
  std::size_t marked = 0;
  format::LogReader reader(dataplane.event_log() / "shard-0000");
  ASSERT_TRUE(reader.seek(0).has_value());
  for (auto found = reader.next(); found && *found; found = reader.next()) {
    const auto& record = **found;
    if (record.endpoint == format::Endpoint::e) {
      ++records;
      marked += record.is_overflow ? 1U : 0U;
      EXPECT_TRUE(records > 600 || !record.is_overflow) << records;
    }
  }
  EXPECT_EQ(records, 1'000U);
  EXPECT_GT(marked, 0U);
}

}  // namespace
}  // namespace integration
