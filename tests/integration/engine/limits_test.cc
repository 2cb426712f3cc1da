// SPDX-License-Identifier: LicenseRef-Project
// Goal: large results stream in bounded memory, and running queries can be killed, time out and are
// limited in number and memory. Method: long queries on numbers(), observed and killed through the
// interface itself.
#include "controlplane/web/url.h"
#include "tests/integration/engine/engine_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace cp::engine {
namespace {

using testing::HasSubstr;

// Runs for hours when nobody stops it; the first has no result before its end, the second streams.
constexpr std::string_view kEndless =
    "SELECT count() FROM numbers(100000000000000) WHERE sipHash64(number) = 1";
constexpr std::string_view kEndlessStream = "SELECT number, toString(number) FROM system.numbers";

class EngineLimitsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_library()) {
      GTEST_SKIP() << "no libchdb: run cmake/fetch-engine-library";
    }
  }
  static EngineProcess& engine() { return EngineProcess::shared(); }

  /// Waits until the engine runs so many queries besides the one that asks.
  static void wait_for_running(const EngineProcess& engine, int count) {
    const std::string sql =
        "SELECT count() FROM system.processes WHERE query NOT LIKE '%system.processes%'";
    while (engine.query(sql) != std::to_string(count) + "\n") {
    }
  }
  static std::future<int> run_endless(const EngineProcess& engine, const std::string& query_id) {
    return std::async(std::launch::async, [&engine, query_id] {
      return engine.error_code_of(kEndless, {{"query_id", query_id}});
    });
  }
};

TEST_F(EngineLimitsTest, StreamsALargeResultInBoundedMemory) {
  EngineProcess own;
  own.query("SELECT 1");
  const auto before = own.peak_memory_bytes();
  web::Client client(own.url());
  web::ClientRequest request;
  request.method = "POST";
  request.body = "SELECT number, repeat('x', 100) FROM numbers(4000000) FORMAT TSVWithNames";
  std::size_t bytes = 0;
  std::string start;
  client.send(request, [&](const web::ClientResponse& response, std::string_view piece) {
    EXPECT_EQ(response.status, 200);
    if (start.size() < 100) {
      start.append(piece.substr(0, 100));
    }
    bytes += piece.size();
    return true;
  });
  EXPECT_THAT(start, testing::StartsWith("number\trepeat(\\'x\\', 100)\n0\txxx"));
  // 4 million numbers have 26,888,890 digits, and every row 102 bytes more.
  EXPECT_EQ(bytes, 26'888'890U + 4'000'000U * 102U + 26U);
  EXPECT_LT(own.peak_memory_bytes() - before, 192U << 20U) << "of a result of 435 MB";
}

TEST_F(EngineLimitsTest, EndsAQueryWhoseClientLeft) {
  web::Client client(engine().url());
  web::ClientRequest request;
  request.method = "POST";
  request.body = kEndlessStream;
  client.send(request, [](const web::ClientResponse&, std::string_view) { return false; });
  wait_for_running(engine(), 0);
}

TEST_F(EngineLimitsTest, ReportsAnErrorBehindTheDataOfAStream) {
  const std::string sql = "SELECT throwIf(number = 5000000), number FROM numbers(10000000)";
  EXPECT_EQ(engine().error_code_of(sql, {{"wait_end_of_query", "0"}}), 395);
  const auto response = engine().send_request("POST", "/", sql);
  EXPECT_EQ(response.status, 200);
  EXPECT_GT(response.body.size(), 1'000'000U);
  const auto tag = std::string(response.headers.find("X-ClickHouse-Exception-Tag").value_or(""));
  EXPECT_THAT(response.body, testing::EndsWith(" " + tag + "\r\n__exception__\r\n"));
}

TEST_F(EngineLimitsTest, KillsAQueryById) {
  auto victim = run_endless(engine(), "victim");
  auto other = run_endless(engine(), "other");
  wait_for_running(engine(), 2);
  EXPECT_THAT(engine().query("KILL QUERY WHERE query_id = 'victim' SYNC FORMAT TSV"),
              HasSubstr("sipHash64"));
  EXPECT_EQ(victim.get(), 394);
  wait_for_running(engine(), 1);
  EXPECT_EQ(engine().query("KILL QUERY WHERE query_id = 'nobody' SYNC"), "");
  wait_for_running(engine(), 1);
  engine().query("KILL QUERY WHERE query_id = {id:String} ASYNC", {{"param_id", "other"}});
  EXPECT_EQ(other.get(), 394);
}

TEST_F(EngineLimitsTest, KillsAStream) {
  web::Client client(engine().url());
  web::ClientRequest request;
  request.method = "POST";
  request.target = "/?query_id=stream";
  request.body = kEndlessStream;
  bool is_killed = false;
  std::string tail;
  client.send(request, [&](const web::ClientResponse&, std::string_view piece) {
    if (!is_killed) {
      is_killed = true;
      engine().query("KILL QUERY WHERE query_id = 'stream' ASYNC");
    }
    tail = (tail + std::string(piece)).substr(tail.size() > 1000 ? tail.size() - 1000 : 0);
    return true;
  });
  EXPECT_THAT(tail, HasSubstr("QUERY_WAS_CANCELLED"));
}

TEST_F(EngineLimitsTest, RefusesAnIdThatIsRunning) {
  auto running = run_endless(engine(), "twice");
  wait_for_running(engine(), 1);
  EXPECT_EQ(engine().error_code_of("SELECT 1", {{"query_id", "twice"}}), 216);
  engine().query("KILL QUERY WHERE query_id = 'twice' SYNC");
  EXPECT_EQ(running.get(), 394);
  EXPECT_EQ(engine().error_code_of("SELECT 1", {{"query_id", "twice"}}), 0);
}

TEST_F(EngineLimitsTest, EndsAQueryAtItsTimeout) {
  EXPECT_EQ(engine().error_code_of(kEndless, {{"max_execution_time", "1"}}), 159);
}

TEST_F(EngineLimitsTest, CapsTimeMemoryAndNumberOfQueries) {
  EngineProcess own({{"BRISTLE_ENGINE_QUERIES_MAX", "1"},
                     {"BRISTLE_ENGINE_MEMORY_BYTES_MAX", "1000000000"},
                     {"BRISTLE_ENGINE_QUERY_SECONDS_MAX", "70"}});
  EXPECT_EQ(own.error_code_of("SELECT uniqExact(number) FROM numbers(100000000)",
                              {{"max_memory_usage", "0"}}),
            241);
  EXPECT_EQ(own.query("SELECT getSetting('max_execution_time')", {{"max_execution_time", "900"}}),
            "70\n");
  auto running = run_endless(own, "first");
  while (own.error_code_of("SELECT 1") != 202) {  // until the first has the only place
  }
  EXPECT_EQ(own.send_request("GET", "/ping").status, 200);
  own.query("KILL QUERY WHERE query_id = 'first' ASYNC");  // needs no place
  EXPECT_EQ(running.get(), 394);
  EXPECT_EQ(own.query("SELECT 1"), "1\n");
}

}  // namespace
}  // namespace cp::engine
