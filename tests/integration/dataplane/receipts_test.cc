// SPDX-License-Identifier: LicenseRef-Project
// Goal: a client that kept its receipt learns what became of its event; a log that has used up a
// budget refuses that class alone and takes it again once its consumer has stored enough. Method:
// the real program; the test is the consumer.
#include "dataplane/format/watermark.h"
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <string_view>

namespace integration {
namespace {

using testing::HasSubstr;

std::string event(std::size_t padding = 0) {
  return R"({"api_key":"phc_receipts","event":"e","distinct_id":"u","properties":{"p":")" +
         std::string(padding, 'p') + R"("}})";
}

constexpr std::string_view kRecording =
    R"({"event":"$snapshot","token":"phc_receipts","distinct_id":"u","properties":)"
    R"({"$session_id":"s-1","$snapshot_data":[]}})";

class ReceiptsTest : public testing::Test {
 protected:
  void store_up_to(format::Sequence next) {
    auto file =
        format::WatermarkFile::open(home_.path() / "event-log", format::kWorkerConsumerName);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->publish(0, next).has_value());
  }

  support::TemporaryDirectory home_;
};

TEST_F(ReceiptsTest, TellWhatBecameOfAnEventInAnyShardAndLife) {
  const Environment two_shards = {{"BRISTLE_SHARDS", "2"}};
  std::string receipt;
  {
    DataplaneProcess dataplane(home_.path(), two_shards);
    HttpClient client(dataplane.port());
    receipt = client.exchange(request("POST", "/e/", event(300'000))).fields["bristle-receipt"];
    ASSERT_NE(receipt, "");
    EXPECT_EQ(client.exchange(request("POST", "/e/", "{}")).fields.count("bristle-receipt"), 0U);
    for (int connection = 0; connection < 8; ++connection) {  // some on the other shard
      HttpClient asking(dataplane.port());
      const auto answer = asking.exchange(request("GET", "/_receipt/" + receipt));
      EXPECT_EQ(answer.status, 200);
      EXPECT_THAT(answer.body, HasSubstr(R"("state":"durable","verified":true)"));
    }
    EXPECT_EQ(client.exchange(request("GET", "/_receipt/nonsense")).status, 400);
    receipt.back() = receipt.back() == '0' ? '1' : '0';
    EXPECT_EQ(client.exchange(request("GET", "/_receipt/" + receipt)).status, 404);
    receipt = client.exchange(request("POST", "/e/", event())).fields["bristle-receipt"];
    kill(dataplane.pid(), SIGKILL);
  }
  DataplaneProcess dataplane(home_.path(), two_shards);
  HttpClient client(dataplane.port());
  EXPECT_THAT(client.exchange(request("GET", "/_receipt/" + receipt)).body, HasSubstr("durable"));
  auto file = format::WatermarkFile::open(dataplane.event_log(), format::kWorkerConsumerName);
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->publish(0, 2).has_value() && file->publish(1, 2).has_value());
  std::string body;
  for (int attempt = 0; attempt < 10'000 && body.find("stored") == std::string::npos; ++attempt) {
    body = client.exchange(request("GET", "/_receipt/" + receipt)).body;
  }
  EXPECT_THAT(body, HasSubstr(R"("state":"stored","verified":true)"));
}

TEST_F(ReceiptsTest, AUsedUpBudgetRefusesItsClassUntilSegmentsAreReleased) {
  // Four segments of 32 MiB: two aside, 55 % of the rest for events, 40 % for recordings.
  const Environment smallest = {{"BRISTLE_EVENT_LOG_BYTES", std::to_string(128 << 20)}};
  const std::string large = std::string(std::size_t{16} << 20, ' ') + event();
  std::string receipt;
  {
    DataplaneProcess dataplane(home_.path(), smallest);
    HttpClient client(dataplane.port());
    for (int count = 0; count < 2; ++count) {
      const auto stored = exchange_until(client, request("POST", "/e/", large), 200);
      receipt = receipt.empty() ? stored.fields.at("bristle-receipt") : receipt;
    }
    const auto refused = client.exchange(request("POST", "/e/", large));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.fields.at("retry-after"), "30");
    EXPECT_EQ(refused.fields.count("bristle-receipt"), 0U);
    EXPECT_EQ(client.exchange(request("POST", "/s/", kRecording)).status, 200);
    const auto metrics = client.exchange(request("GET", "/metrics")).body;
    EXPECT_THAT(metrics, HasSubstr("\nbristle_log_refused_total{reason=\"budget\"} 1\n"));
    EXPECT_THAT(metrics, HasSubstr("{outcome=\"log_budget_used\"} 1\n"));
    EXPECT_EQ(dataplane.end(SIGTERM).exit_code, 0);
  }
  DataplaneProcess dataplane(home_.path(), smallest);
  HttpClient client(dataplane.port());
  exchange_until(client, request("POST", "/s/", kRecording), 200);
  EXPECT_EQ(client.exchange(request("POST", "/e/", large)).status, 503)
      << "over a restart, too\n"
      << client.exchange(request("GET", "/metrics")).body;
  store_up_to(3);
  EXPECT_EQ(exchange_until(client, request("POST", "/e/", large), 200).status, 200);
  EXPECT_THAT(client.exchange(request("GET", "/metrics")).body,
              HasSubstr("\nbristle_log_segments_released_total"));
  EXPECT_THAT(client.exchange(request("GET", "/_receipt/" + receipt)).body,
              HasSubstr(R"("state":"stored","verified":false)"));
}

}  // namespace
}  // namespace integration
