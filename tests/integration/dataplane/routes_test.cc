// SPDX-License-Identifier: LicenseRef-Project
// Goal: every route of the running dataplane answers as capture-protocol and flags-protocol say,
// with one shard and with two, and keeps the connection as HTTP/1.1 prescribes. Method: the real
// program on a free port, raw requests.
#include "dataplane/base/check.h"
#include "dataplane/format/tenant_store.h"
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lmdb.h>

#include <chrono>
#include <csignal>
#include <string>
#include <string_view>

namespace integration {
namespace {

using testing::HasSubstr;

constexpr std::string_view kToken = "phc_integration";
constexpr std::string_view kEvent =
    R"({"api_key":"phc_integration","event":"opened","distinct_id":"u","properties":{"a":1}})";
constexpr std::string_view kOk = R"({"status":"Ok"})";
constexpr std::string_view kRemoteConfig =
    R"({"token":"phc_integration","supportedCompression":["gzip","gzip-js"],)"
    R"("hasFeatureFlags":false,"analytics":{"endpoint":"/i/v0/e/"},"autocapture_opt_out":false,)"
    R"("sessionRecording":false,"surveys":false})";

void publish_project(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  MDB_env* environment = nullptr;
  MDB_txn* transaction = nullptr;
  MDB_dbi projects = 0;
  CHECK(mdb_env_create(&environment) == 0);
  CHECK(mdb_env_set_mapsize(environment, format::kTenantStoreMapBytes) == 0);
  CHECK(mdb_env_set_maxdbs(environment, format::kTenantStoreDatabasesMax) == 0);
  CHECK(mdb_env_open(environment, directory.c_str(), 0, 0640) == 0);
  CHECK(mdb_txn_begin(environment, nullptr, 0, &transaction) == 0);
  CHECK(mdb_dbi_open(transaction, format::kTenantProjectsDatabase, MDB_CREATE, &projects) == 0);
  std::string token(kToken);
  std::string json = R"({"project_id":1,"remote_config":)" + std::string(kRemoteConfig) + "}";
  MDB_val key{token.size(), token.data()};
  MDB_val value{json.size(), json.data()};
  CHECK(mdb_put(transaction, projects, &key, &value, 0) == 0);
  CHECK(mdb_txn_commit(transaction) == 0);
  mdb_env_close(environment);
}

/// The parameter is the number of shards.
class DataplaneRoutesTest : public testing::TestWithParam<int> {
 protected:
  DataplaneRoutesTest() { publish_project(home_.path() / "tenants"); }

  [[nodiscard]] Environment shards() const {
    return {{"BRISTLE_SHARDS", std::to_string(GetParam())}};
  }

  support::TemporaryDirectory home_;
  DataplaneProcess dataplane_{home_.path(), shards()};
};

INSTANTIATE_TEST_SUITE_P(Shards, DataplaneRoutesTest, testing::Values(1, 2));

TEST_P(DataplaneRoutesTest, EveryCaptureRouteStoresAndAnswersOk) {
  int sent = 0;
  for (const std::string path : {"/i/v0/e", "/e", "/capture", "/track", "/batch", "/engage"}) {
    for (const std::string slash : {"", "/"}) {
      HttpClient client(dataplane_.port());
      const auto answer = client.exchange(
          request("POST", path + slash, kEvent, "Content-Type: application/json\r\n"));
      EXPECT_EQ(answer.status, 200) << path << slash;
      EXPECT_EQ(answer.body, kOk) << path << slash;
      EXPECT_EQ(answer.fields.at("content-type"), "application/json");
      ++sent;
    }
  }
  const auto stored = dataplane_.stored();
  EXPECT_EQ(stored.size(), static_cast<std::size_t>(sent));
  for (const auto& record : stored) {
    EXPECT_EQ(record.token, kToken);
    EXPECT_EQ(record.body, kEvent);
    EXPECT_EQ(record.client_address, "");
  }
}

TEST_P(DataplaneRoutesTest, CompressedBodiesAreStoredAsReceived) {
  const auto body = gzip(kEvent);
  HttpClient client(dataplane_.port());
  const auto answer =
      client.exchange(request("POST", "/batch/", body, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(answer.status, 200);
  const auto stored = dataplane_.stored();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].body, body);
}

TEST_P(DataplaneRoutesTest, BadRequestsGetTheDocumentedAnswerAndKeepTheConnection) {
  const auto truncated = gzip(kEvent).substr(0, 40);
  const struct {
    std::string_view path;
    std::string_view body;
    int status;
    std::string_view text;
  } cases[] = {
      {"/e/", "{", 400, "failed to parse request: "},
      {"/e/", R"("x")", 400, "failed to parse request: "},
      {"/e/", truncated, 400, "failed to decode request: "},
      {"/e/", "", 400, "request missing data payload"},
      {"/e/", "[]", 400, "request holds no event"},
      {"/e/", R"({"token":"phc_a","distinct_id":"u"})", 400,
       "failed to hydrate events from request: "},
      {"/e/", R"({"event":"a","distinct_id":"u"})", 401, "event submitted without an api_key"},
      {"/e/", R"({"event":"a","distinct_id":"u","token":"phx_x"})", 401,
       "API key is not valid: personal_api_key"},
      {"/e/",
       R"([{"event":"a","distinct_id":"u","token":"a"},)"
       R"({"event":"a","distinct_id":"u","token":"b"}])",
       401, "batch submitted with inconsistent api_key values"},
  };
  HttpClient client(dataplane_.port());
  for (const auto& item : cases) {
    const auto answer =
        client.exchange(request("POST", item.path, item.body, "Origin: https://app.test\r\n"));
    EXPECT_EQ(answer.status, item.status) << item.body;
    EXPECT_TRUE(answer.body.starts_with(item.text)) << answer.body;
    EXPECT_EQ(answer.fields.at("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(answer.fields.at("access-control-allow-origin"), "https://app.test");
    EXPECT_EQ(answer.fields.at("access-control-allow-credentials"), "true");
  }
  EXPECT_EQ(client.exchange(request("POST", "/e/", kEvent)).status, 200)
      << "nothing else is disturbed";
  EXPECT_EQ(dataplane_.stored().size(), 1U);
}

TEST_P(DataplaneRoutesTest, PreflightMirrorsOriginAndFields) {
  HttpClient client(dataplane_.port());
  const auto answer =
      client.exchange(request("OPTIONS", "/e/", "",
                              "Origin: https://app.test\r\nAccess-Control-Request-Method: POST\r\n"
                              "Access-Control-Request-Headers: x-a,content-type\r\n"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(answer.fields.at("access-control-allow-origin"), "https://app.test");
  EXPECT_EQ(answer.fields.at("access-control-allow-credentials"), "true");
  EXPECT_EQ(answer.fields.at("access-control-allow-methods"), "GET,POST,OPTIONS");
  EXPECT_EQ(answer.fields.at("access-control-allow-headers"), "x-a,content-type");
}

TEST_P(DataplaneRoutesTest, PipelinedRequestsAreAnsweredInOrder) {
  HttpClient client(dataplane_.port());
  std::string requests;
  for (int round = 0; round < 50; ++round) {
    requests += request("POST", "/e/", kEvent);
    requests += request("GET", "/_liveness");
    requests += request("POST", "/e/", "{");
  }
  ASSERT_TRUE(client.send(requests));
  for (int round = 0; round < 50; ++round) {
    EXPECT_EQ(client.read_answer().body, kOk);
    EXPECT_EQ(client.read_answer().status, 200);
    EXPECT_EQ(client.read_answer().status, 400);
  }
  EXPECT_EQ(dataplane_.stored().size(), 50U);
}

TEST_P(DataplaneRoutesTest, RequestsMayArriveByteByByte) {
  HttpClient client(dataplane_.port());
  for (const char byte : request("POST", "/e/", kEvent)) {
    ASSERT_TRUE(client.send({&byte, 1}));
  }
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_P(DataplaneRoutesTest, ChunkedBodiesAreRead) {
  HttpClient client(dataplane_.port());
  const auto answer =
      client.exchange("POST /e/ HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n" +
                      chunk(kEvent.substr(0, 16)) + chunk(kEvent.substr(16, 50)) +
                      chunk(kEvent.substr(66)) + "0\r\n\r\n");
  EXPECT_EQ(answer.status, 200) << answer.body;
  const auto stored = dataplane_.stored();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].body, kEvent);
}

TEST_P(DataplaneRoutesTest, OversizeBodyIs413AndTheConnectionStaysUsable) {
  HttpClient client(dataplane_.port());
  const auto answer =
      client.exchange(request("POST", "/batch/", std::string((20 << 20) + 1024, 'x')));
  EXPECT_EQ(answer.status, 413);
  EXPECT_TRUE(answer.body.starts_with("maximum event size exceeded: ")) << answer.body;
  EXPECT_EQ(client.exchange(request("POST", "/e/", kEvent)).status, 200);
}

TEST_P(DataplaneRoutesTest, TooManyFieldsAre431) {
  std::string fields;
  for (int index = 0; index < 200; ++index) {
    fields += "X-Field-" + std::to_string(index) + ": 1\r\n";
  }
  HttpClient client(dataplane_.port());
  EXPECT_EQ(client.exchange(request("POST", "/e/", kEvent, fields)).status, 431);
  EXPECT_TRUE(client.is_closed(std::chrono::seconds(5)));
}

TEST_P(DataplaneRoutesTest, NonsenseIs400AndCloses) {
  for (const std::string_view text :
       {"GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "POST /e/ HTTP/1.1\r\nHost: b\r\nContent-Length: 1x\r\n\r\n"}) {
    HttpClient client(dataplane_.port());
    EXPECT_EQ(client.exchange(text).status, 400) << text;
    EXPECT_TRUE(client.is_closed(std::chrono::seconds(5))) << text;
  }
}

TEST_P(DataplaneRoutesTest, ConnectionFieldIsHonoured) {
  HttpClient closing(dataplane_.port());
  EXPECT_EQ(closing.exchange(request("POST", "/e/", kEvent, "Connection: close\r\n")).status, 200);
  EXPECT_TRUE(closing.is_closed(std::chrono::seconds(5)));
  HttpClient old(dataplane_.port());
  const auto answer = old.exchange("GET /_liveness HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(old.is_closed(std::chrono::seconds(5)));
}

TEST_P(DataplaneRoutesTest, BeaconAnswers204) {
  HttpClient client(dataplane_.port());
  const auto answer = client.exchange(request("POST", "/e/?beacon=1", kEvent));
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(client.exchange(request("POST", "/e/", kEvent)).status, 200);
}

TEST_P(DataplaneRoutesTest, GetWithDataParameterIsCaptured) {
  HttpClient client(dataplane_.port());
  const auto answer = client.exchange(request(
      "GET",
      "/e/?data=eyJldmVudCI6ImEiLCJkaXN0aW5jdF9pZCI6InUiLCJ0b2tlbiI6InBoY19pbnRlZ3JhdGlvbiJ9"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, kOk);
}

TEST_P(DataplaneRoutesTest, ProbesAnswer) {
  HttpClient client(dataplane_.port());
  // Ready as soon as the first segment of the log is prepared.
  EXPECT_EQ(exchange_until(client, request("GET", "/_readiness"), 200).status, 200);
  for (const std::string path : {"/_health", "/_liveness", "/_readiness", "/_readiness/"}) {
    EXPECT_EQ(client.exchange(request("GET", path)).status, 200) << path;
    const auto head = client.exchange(request("HEAD", path));
    EXPECT_EQ(head.status, 200) << path;
  }
  EXPECT_EQ(client.exchange(request("POST", "/_health", "x")).status, 405);
}

TEST_P(DataplaneRoutesTest, MetricsCountWhatHappenedOnEveryShard) {
  for (int index = 0; index < 20; ++index) {
    HttpClient client(dataplane_.port());
    EXPECT_EQ(client.exchange(request("POST", "/e/", kEvent)).status, 200);
    EXPECT_EQ(client.exchange(request("POST", "/e/", "{")).status, 400);
  }
  HttpClient client(dataplane_.port());
  std::string text;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  do {  // other shards publish their counters a moment later
    const auto answer = client.exchange(request("GET", "/metrics"));
    ASSERT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.fields.at("content-type").starts_with("text/plain; version=0.0.4"));
    text = answer.body;
  } while (text.find("\nbristle_events_accepted_total 20\n") == std::string::npos &&
           std::chrono::steady_clock::now() < deadline);
  EXPECT_THAT(text, HasSubstr("\nbristle_events_accepted_total 20\n"));
  EXPECT_THAT(text,
              HasSubstr("\nbristle_http_requests_total{route=\"capture\",status=\"200\"} 20\n"));
  EXPECT_THAT(text,
              HasSubstr("\nbristle_http_requests_total{route=\"capture\",status=\"400\"} 20\n"));
  EXPECT_THAT(text, HasSubstr("\nbristle_log_not_writable 0\n"));
  EXPECT_THAT(text, HasSubstr("\n# TYPE bristle_log_flush_seconds histogram\n"));
}

TEST_P(DataplaneRoutesTest, FlagsAnswerAnEmptyEvaluationInEveryFamily) {
  const std::string body = R"({"token":"phc_integration","distinct_id":"u"})";
  const struct {
    std::string_view target;
    std::string_view start;
    bool with_config;
  } cases[] = {
      {"/flags/?v=2", R"({"errorsWhileComputingFlags":false,"flags":{},"requestId":")", false},
      {"/flags?v=2&config=true", R"({"errorsWhileComputingFlags":false,"flags":{},"requestId":")",
       true},
      {"/flags", R"({"errorsWhileComputingFlags":false,"flags":{},"requestId":")", true},
      {"/flags/?v=1",
       R"({"errorsWhileComputingFlags":false,"featureFlags":{},"featureFlagPayloads":{},)", false},
      {"/decide/?v=3",
       R"({"errorsWhileComputingFlags":false,"featureFlags":{},"featureFlagPayloads":{},)", true},
      {"/decide/?v=2", R"({"featureFlags":{},"requestId":")", true},
      {"/decide", R"({"featureFlags":[],"requestId":")", true},
      {"/decide/?v=4", R"({"errorsWhileComputingFlags":false,"flags":{},"requestId":")", true},
  };
  HttpClient client(dataplane_.port());
  for (const auto& item : cases) {
    const auto answer =
        client.exchange(request("POST", item.target, body, "Origin: https://app.test\r\n"));
    EXPECT_EQ(answer.status, 200) << item.target;
    EXPECT_TRUE(answer.body.starts_with(item.start)) << item.target << " " << answer.body;
    EXPECT_EQ(answer.body.find("\"analytics\":{\"endpoint\":\"/i/v0/e/\"}") != std::string::npos,
              item.with_config);
    EXPECT_EQ(answer.fields.at("content-type"), "application/json");
    EXPECT_EQ(answer.fields.at("access-control-allow-origin"), "https://app.test");
  }
}

TEST_P(DataplaneRoutesTest, FlagsErrorsAndOtherMethods) {
  HttpClient client(dataplane_.port());
  const auto post = [&](std::string_view body) {
    return client.exchange(request("POST", "/flags/?v=2", body));
  };
  EXPECT_EQ(post(R"({"distinct_id":"u"})").status, 401);
  EXPECT_THAT(post(R"({"distinct_id":"u"})").body, HasSubstr(R"("code":"not_authenticated")"));
  EXPECT_THAT(post(R"({"token":"phc_x","distinct_id":"u"})").body,
              HasSubstr(R"("code":"authentication_failed")"));
  EXPECT_EQ(post(R"({"token":"phc_integration"})").status, 400);
  EXPECT_EQ(post("nonsense!").status, 400);
  const auto get = client.exchange(request("GET", "/flags/?v=2"));
  EXPECT_EQ(get.status, 200);
  EXPECT_THAT(get.body, HasSubstr(R"("sessionRecording":false)"));
  EXPECT_EQ(client.exchange(request("HEAD", "/flags/?v=2")).status, 200);
  const auto options =
      client.exchange(request("OPTIONS", "/flags/", "", "Origin: https://app.test\r\n"));
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.fields.at("allow"), "GET, POST, OPTIONS, HEAD");
  EXPECT_EQ(client.exchange(request("PUT", "/flags/", "x")).status, 405);
}

TEST_P(DataplaneRoutesTest, FlagsUseTheCallersRequestId) {
  HttpClient client(dataplane_.port());
  const auto answer = client.exchange(
      request("POST", "/flags/?v=2", R"({"token":"phc_integration","distinct_id":"u"})",
              "X-Request-Id: 0191d5c0-7b1e-7a3c-9a50-000000000007\r\n"));
  EXPECT_THAT(answer.body, HasSubstr(R"("requestId":"0191d5c0-7b1e-7a3c-9a50-000000000007")"));
}

TEST_P(DataplaneRoutesTest, RemoteConfigIsServedAndRevalidated) {
  HttpClient client(dataplane_.port());
  const auto config = client.exchange(
      request("GET", "/array/phc_integration/config", "", "Origin: https://a.test\r\n"));
  EXPECT_EQ(config.status, 200);
  EXPECT_EQ(config.body, kRemoteConfig);
  EXPECT_EQ(config.fields.at("content-type"), "application/json");
  EXPECT_EQ(config.fields.at("access-control-allow-origin"), "https://a.test");
  const auto tag = config.fields.at("etag");
  const auto same = client.exchange(
      request("GET", "/array/phc_integration/config", "", "If-None-Match: " + tag + "\r\n"));
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.fields.at("etag"), tag);
  const auto script = client.exchange(request("GET", "/array/phc_integration/config.js"));
  EXPECT_EQ(script.status, 200);
  EXPECT_TRUE(script.fields.at("content-type").starts_with("application/javascript"));
  EXPECT_THAT(script.body,
              HasSubstr(R"(window._POSTHOG_REMOTE_CONFIG["phc_integration"]={config:{"token":)"));
  const auto unknown =
      client.exchange(request("GET", "/array/phc_other/config", "", "Origin: https://a.test\r\n"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.fields.at("access-control-allow-origin"), "https://a.test");
}

}  // namespace
}  // namespace integration
