// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever the dataplane does not serve reaches the API and comes back whole, streaming both
// ways, and either side's end closes the other. Method: the real program between a raw client and a
// small server on a unix socket.
#include "dataplane/base/crc32c.h"
#include "tests/integration/dataplane/support/api_server.h"
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace integration {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The parameter is the number of shards.
class DataplaneProxyTest : public testing::TestWithParam<int> {
 protected:
  void stop_api() { api_.reset(); }
  void start_api() { api_.emplace(dataplane_.api_socket()); }

  support::TemporaryDirectory home_;
  DataplaneProcess dataplane_{home_.path(), {{"BRISTLE_SHARDS", std::to_string(GetParam())}}};
  std::optional<ApiServer> api_{std::in_place, dataplane_.api_socket()};
};

INSTANTIATE_TEST_SUITE_P(Shards, DataplaneProxyTest, testing::Values(1, 2));

TEST_P(DataplaneProxyTest, EveryFramingComesBackWholeAndKeepsTheConnection) {
  HttpClient client(dataplane_.port());
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(client.exchange(request("GET", "/api/length")).body, "twelve bytes");
    const auto chunked = client.exchange(request("GET", "/api/chunked"));
    EXPECT_TRUE(chunked.is_chunked);
    EXPECT_EQ(chunked.body, "onetwo" + std::string(70000, 'x'));
    const auto until_close = client.exchange(request("GET", "/api/until-close"));
    EXPECT_TRUE(until_close.is_chunked);
    EXPECT_EQ(until_close.body, "until close");
    const auto empty = client.exchange(request("GET", "/api/empty"));
    EXPECT_EQ(empty.status, 204);
    EXPECT_EQ(empty.fields.at("x-kept"), "yes");
    const auto same = client.exchange(request("GET", "/api/same"));
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.fields.at("etag"), "\"a\"");
    const auto head = client.exchange(request("HEAD", "/api/length"));
    EXPECT_EQ(head.fields.at("content-length"), "12");
    EXPECT_EQ(client.exchange(request("GET", "/anything/else")).status, 404);
  }
}

TEST_P(DataplaneProxyTest, OldClientsGetABodyUntilClose) {
  for (const std::string path : {"/api/chunked", "/api/until-close", "/api/length"}) {
    HttpClient client(dataplane_.port());
    const auto answer = client.exchange("GET " + path + " HTTP/1.0\r\n\r\n");
    EXPECT_FALSE(answer.is_chunked) << path;
    EXPECT_EQ(answer.body.size(), path == "/api/chunked"  ? 70006U
                                  : path == "/api/length" ? 12U
                                                          : 11U)
        << path;
    EXPECT_TRUE(client.is_closed(std::chrono::seconds(5))) << path;
  }
}

TEST_P(DataplaneProxyTest, TheApiLearnsWhoAsked) {
  HttpClient client(dataplane_.port());
  const auto echo = client.exchange(
      request("GET", "/api/echo?a=b%20c", "",
              "Cookie: sessionid=1\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"));
  EXPECT_THAT(echo.body, HasSubstr("GET /api/echo?a=b%20c HTTP/1.1\r\n"));
  EXPECT_THAT(echo.body, HasSubstr("Host: bristle.test\r\n"));
  EXPECT_THAT(echo.body, HasSubstr("Cookie: sessionid=1\r\n"));
  EXPECT_THAT(echo.body, HasSubstr("X-Forwarded-For: 127.0.0.1\r\n"));
  EXPECT_THAT(echo.body, HasSubstr("X-Forwarded-Host: bristle.test\r\n"));
  EXPECT_THAT(echo.body, HasSubstr("X-Forwarded-Proto: http\r\n"));
  EXPECT_THAT(echo.body, Not(HasSubstr("X-Hop")));
}

TEST_P(DataplaneProxyTest, UploadsStreamThrough) {
  std::string body(5'000'000, '\0');
  for (std::size_t index = 0; index < body.size(); ++index) {
    body[index] = static_cast<char>(index * 31 + index / 251);
  }
  const auto expected = "body 5000000 " + std::to_string(base::crc32c(base::as_bytes(body)));
  HttpClient client(dataplane_.port());
  EXPECT_THAT(client.exchange(request("POST", "/api/echo", body)).body, HasSubstr(expected));

  std::string chunked = "POST /api/echo HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 100'000) {
    chunked += chunk(std::string_view(body).substr(at, 100'000));
  }
  EXPECT_THAT(client.exchange(chunked + "0\r\n\r\n").body, HasSubstr(expected));
}

TEST_P(DataplaneProxyTest, ExpectContinueIsServed) {
  HttpClient client(dataplane_.port());
  client.send(
      "POST /api/echo HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.read_some(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("12345");
  EXPECT_THAT(client.read_answer().body, HasSubstr("body 5 "));
}

TEST_P(DataplaneProxyTest, SlowReadersGetLargeDownloadsWhole) {
  HttpClient client(dataplane_.port());
  client.send(request("GET", "/api/large"));
  std::this_thread::sleep_for(
      std::chrono::milliseconds(200));  // the proxy must hold back meanwhile
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.body.size(), ApiServer::kLargeBytes);
  EXPECT_EQ(client.exchange(request("GET", "/api/length")).body, "twelve bytes");
}

TEST_P(DataplaneProxyTest, ServerSentEventsPassUnbuffered) {
  HttpClient client(dataplane_.port());
  client.send(request("GET", "/livestream/events"));
  EXPECT_THAT(client.read_some(), HasSubstr("text/event-stream"));
  for (int number = 1; number <= 3; ++number) {
    api_->push();
    EXPECT_THAT(client.read_some(), HasSubstr("data: " + std::to_string(number) + "\n\n"));
  }
}

TEST_P(DataplaneProxyTest, AClientThatGoesEndsItsStream) {
  {
    HttpClient client(dataplane_.port());
    client.send(request("GET", "/livestream/events"));
    EXPECT_THAT(client.read_some(), HasSubstr("text/event-stream"));
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (api_->streams_ended() == 0 && std::chrono::steady_clock::now() < deadline) {
    api_->push();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(api_->streams_ended(), 1);
}

TEST_P(DataplaneProxyTest, AnApiThatEndsEarlyCutsTheClient) {
  HttpClient client(dataplane_.port());
  client.send(request("GET", "/api/broken"));
  std::string text = client.read_some();
  while (text.find("only this") == std::string::npos) {
    const auto more = client.read_some();
    if (more.empty()) {
      break;
    }
    text += more;
  }
  EXPECT_TRUE(client.is_closed(std::chrono::seconds(5)));
}

TEST_P(DataplaneProxyTest, NoApiIs502AtOnceAndHealsByItself) {
  stop_api();
  HttpClient client(dataplane_.port());
  for (const auto& text :
       {request("GET", "/"), request("POST", "/api/login", std::string(100'000, 'x'))}) {
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = HttpClient(dataplane_.port()).exchange(text);
    EXPECT_EQ(answer.status, 502);
    EXPECT_THAT(answer.body, HasSubstr(R"("type":"server_error","code":"api_unavailable")"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  }
  EXPECT_EQ(client.exchange(request("GET", "/")).status, 502);
  start_api();
  EXPECT_EQ(client.exchange(request("GET", "/api/length")).body, "twelve bytes");
  EXPECT_EQ(client.exchange(request("GET", "/api/nonsense")).status, 502);
}

}  // namespace
}  // namespace integration
