// SPDX-License-Identifier: LicenseRef-Project
// Goal: every case of capture-protocol section 20, and what the SDKs' sources add, holds over the
// real front door and in what the worker then reads. Method: one running dataplane with its log on
// disk; for each row one request on one connection, its answer, and the new records of the log
// decoded by the worker's decoders, as if received at 2023-01-01T12:00:00Z.
#include "controlplane/event/record_decoder.h"
#include "controlplane/event/recording_decoder.h"
#include "dataplane/base/check.h"
#include "dataplane/format/log_reader.h"
#include "tests/integration/conformance/cases.h"
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tenant_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace conformance {
namespace {

using integration::DataplaneProcess;
using integration::HttpClient;

constexpr int kCases = 88;

/// What the log gained, as the worker sees it.
struct Gained {
  std::vector<StoredEvent> events;
  std::vector<StoredRecording> recordings;
};

class Collector final : public cp::event::EventSink {
 public:
  Collector(std::string token, Gained& gained) : token_(std::move(token)), gained_(gained) {}

  void add(const cp::event::ProcessedEvent& event) override {
    gained_.events.push_back({std::string(event.name), std::string(event.distinct_id),
                              std::string(event.properties_json), event.timestamp_us,
                              cp::event::to_text(event.uuid), event.is_historical_migration, token_,
                              event.lane, event.cookieless != nullptr});
    if (event.cookieless != nullptr) {
      EXPECT_EQ(event.cookieless->address.size(), 32U);
    }
    count_ += event.is_part ? 0U : 1U;
  }

  [[nodiscard]] std::uint32_t count() const { return count_; }

 private:
  std::uint32_t count_ = 0;
  std::string token_;
  Gained& gained_;
};

/// Reads the records behind those it has read.
class LogTail {
 public:
  explicit LogTail(const std::filesystem::path& event_log) : reader_(event_log / "shard-0000") {
    CHECK(reader_.seek(0).has_value());
  }

  Gained take() {
    Gained gained;
    const auto next = [this] { return reader_.next().value_or(std::nullopt); };
    for (auto found = next(); found; found = next()) {
      auto record = *found;
      if (record.endpoint == format::Endpoint::counters) {
        continue;  // the shard writes them every few seconds
      }
      record.received_us = kNow;
      Collector collector(std::string(record.token), gained);
      EXPECT_TRUE(events_.decode(0, record, collector).has_value());
      if (record.endpoint == format::Endpoint::recordings) {
        take_recording(record, gained);
      } else {
        EXPECT_EQ(collector.count(), record.event_count) << "else the ledger does not balance";
      }
    }
    return gained;
  }

 private:
  void take_recording(const format::LogRecord& record, Gained& gained) {
    cp::event::RecordingMessage message;
    const auto outcome = recordings_.decode(0, record, message);
    if (outcome != cp::event::RecordingDecoder::Outcome::kept) {
      gained.recordings.push_back({{}, {}, {}, {}, {}, outcome});
      return;
    }
    StoredRecording stored{std::string(message.session_id),
                           std::string(message.window_id),
                           std::string(message.snapshot_source),
                           std::string(message.library),
                           {}};
    for (const auto& item : message.items) {
      stored.items.emplace_back(item.json);
    }
    gained.recordings.push_back(std::move(stored));
  }

  format::LogReader reader_;
  cp::event::RecordDecoder events_;
  cp::event::RecordingDecoder recordings_;
};

class ConformanceTest : public testing::Test {
 protected:
  ConformanceTest() {
    for (const auto& [token, resource] : kOverQuota) {
      publisher_.publish(std::string(token), "",
                         R"({"quota_limited":[")" + std::string(resource) + "\"]}");
    }
  }

  void run(const std::vector<Case>& cases) {
    for (const auto& item : cases) {
      SCOPED_TRACE("case " + std::to_string(item.number) + ": " + item.what);
      check(item);
    }
  }

  support::TemporaryDirectory home_;
  support::TenantPublisher publisher_{home_.path() / "tenants"};
  DataplaneProcess dataplane_{home_.path(), {{"BRISTLE_SHARDS", "1"}}};
  HttpClient client_{dataplane_.port()};
  LogTail log_{dataplane_.event_log()};

 private:
  void check(const Case& item) {
    const auto answer = client_.exchange(item.request);
    EXPECT_EQ(answer.status, item.status);
    EXPECT_EQ(item.is_body_start ? answer.body.substr(0, item.body.size()) : answer.body,
              item.body);
    for (const auto& [name, value] : item.fields) {
      EXPECT_TRUE(answer.fields.contains(name) && answer.fields.at(name) == value) << name;
    }
    const auto gained = log_.take();
    ASSERT_EQ(gained.events.size(), item.events.size());
    for (std::size_t index = 0; index < item.events.size(); ++index) {
      compare(gained.events[index], item.events[index]);
    }
    ASSERT_EQ(gained.recordings.size(), item.recordings.size());
    for (std::size_t index = 0; index < item.recordings.size(); ++index) {
      compare(gained.recordings[index], item.recordings[index]);
    }
  }

  static void compare(const StoredEvent& found, const StoredEvent& expected) {
    EXPECT_EQ(found.name, expected.name);
    EXPECT_EQ(found.distinct_id, expected.distinct_id);
    EXPECT_EQ(found.token, expected.token);
    EXPECT_EQ(found.is_historical, expected.is_historical);
    EXPECT_EQ(found.lane, expected.lane);
    EXPECT_EQ(found.is_cookieless, expected.is_cookieless);
    if (expected.properties) {
      EXPECT_EQ(found.properties, expected.properties);
    }
    if (expected.timestamp_us) {
      EXPECT_EQ(found.timestamp_us, expected.timestamp_us);
    }
    if (expected.uuid) {
      EXPECT_THAT(found.uuid, ::testing::Optional(::testing::StartsWith(*expected.uuid)));
    }
  }

  static void compare(const StoredRecording& found, const StoredRecording& expected) {
    EXPECT_EQ(found.session_id, expected.session_id);
    EXPECT_EQ(found.window_id, expected.window_id);
    EXPECT_EQ(found.source, expected.source);
    EXPECT_EQ(found.library, expected.library);
    EXPECT_EQ(found.items, expected.items);
    EXPECT_EQ(found.outcome, expected.outcome);
  }
};

TEST_F(ConformanceTest, Shapes) { run(shape_cases()); }
TEST_F(ConformanceTest, Decoding) { run(decoding_cases()); }
TEST_F(ConformanceTest, Identity) { run(identity_cases()); }
TEST_F(ConformanceTest, Times) { run(time_cases()); }
TEST_F(ConformanceTest, Transport) { run(transport_cases()); }
TEST_F(ConformanceTest, SpecialEvents) { run(special_cases()); }
TEST_F(ConformanceTest, Recordings) { run(recording_cases()); }
TEST_F(ConformanceTest, Ai) { run(ai_cases()); }
TEST_F(ConformanceTest, V1) { run(v1_cases()); }
TEST_F(ConformanceTest, Limits) { run(limit_cases()); }
TEST_F(ConformanceTest, WhatSdksSend) { run(sdk_cases()); }
TEST_F(ConformanceTest, WhatIosAndFlutterSend) { run(recorded_cases()); }

// Case 2, the other half: nothing but the known paths is taken, and nothing is redirected.
TEST_F(ConformanceTest, UnknownPathsAreNotCaptured) {
  for (const std::string path : {"/e/x", "/capturex", "/batch/1", "/i/v0", "/i/v0/ai/x"}) {
    EXPECT_EQ(client_.exchange(post(path, kEvent)).status, 502)
        << path << ": the API's, which is not there";
  }
  EXPECT_TRUE(dataplane_.stored().empty());
}

// Case 87.
TEST(ConformanceStallTest, TellsAClientThatStopsWithinItsBody) {
  const support::TemporaryDirectory home;
  const DataplaneProcess dataplane(home.path(), {{"BRISTLE_BODY_TIMEOUT_MS", "1000"}});
  for (const std::string path : {"/e/", "/s/", "/i/v0/ai", "/i/v0/ai/otel", "/i/v1/logs"}) {
    HttpClient client(dataplane.port());
    client.send("POST " + path + " HTTP/1.1\r\nHost: b\r\nContent-Length: 100\r\n\r\nabc");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 408) << path;
    EXPECT_EQ(answer.body, "client stopped sending data") << path;
    EXPECT_TRUE(client.is_closed(std::chrono::seconds(5))) << path;
  }
}

// Case 88.
TEST_F(ConformanceTest, AnswersProbesWhileBodiesAreOpen) {
  EXPECT_EQ(exchange_until(client_, integration::request("GET", "/_readiness"), 200).status, 200);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int index = 0; index < 500; ++index) {
    clients.push_back(std::make_unique<HttpClient>(dataplane_.port()));
    clients.back()->send("POST /e/ HTTP/1.1\r\nHost: b\r\nContent-Length: 100000\r\n\r\n{");
  }
  for (const std::string path : {"/_readiness", "/_liveness", "/metrics"}) {
    HttpClient probe(dataplane_.port());
    EXPECT_EQ(probe.exchange(integration::request("GET", path)).status, 200) << path;
  }
}

// Case 18, the other half: what a bomb unpacks to is never held whole in many copies.
TEST_F(ConformanceTest, BombsNeedBoundedMemory) {
  const auto bomb =
      post("/e/", integration::gzip(std::string((std::size_t{100} << 20) + 1, ' ')), kText);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(client_.exchange(bomb).status, 413);
  }
  std::ifstream status("/proc/" + std::to_string(dataplane_.pid()) + "/status");
  std::string name;
  std::size_t kibibytes = 0;
  while (status >> name && name != "VmHWM:") {
  }
  status >> kibibytes;
  EXPECT_GT(kibibytes, 0U);
  EXPECT_LT(kibibytes, std::size_t{512} << 10);
}

/// Every case of the reference has a row here, or a reason why not.
TEST(ConformanceTableTest, IsComplete) {
  std::set<int> shown;
  for (const auto& cases :
       {shape_cases(), decoding_cases(), identity_cases(), time_cases(), transport_cases(),
        special_cases(), recording_cases(), ai_cases(), v1_cases(), limit_cases(), sdk_cases()}) {
    for (const auto& item : cases) {
      shown.insert(item.number);
    }
  }
  for (const auto& [number, reason] : elsewhere()) {
    EXPECT_FALSE(shown.contains(number)) << number;
    EXPECT_FALSE(reason.empty()) << number;
    std::cout << "case " << number << ": " << reason << '\n';
    shown.insert(number);
  }
  for (int number = 1; number <= kCases; ++number) {
    EXPECT_TRUE(shown.contains(number)) << "no row for case " << number;
  }
}

}  // namespace
}  // namespace conformance
