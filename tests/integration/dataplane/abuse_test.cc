// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever somebody does to the front door, a client that behaves is served meanwhile, and
// memory stays within the stated bound. Method: the real program; each abuse goes on until the
// other client has had all its answers.
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace integration {
namespace {

using Clients = std::vector<std::unique_ptr<HttpClient>>;

/// What an abuser does over and over; connections in `open` stay open until the end.
using Round = std::function<void(std::uint16_t port, Clients& open)>;

HttpClient& add(std::uint16_t port, Clients& open) {
  open.push_back(std::make_unique<HttpClient>(port));
  return *open.back();
}

std::string event(std::string_view name) {
  return R"({"api_key":"phc_abuse","event":")" + std::string(name) + R"(","distinct_id":"u"})";
}

/// Keeps `count` connections that have sent `bytes` and nothing else.
Round holding(std::size_t count, std::string bytes) {
  return [count, bytes = std::move(bytes)](std::uint16_t port, Clients& open) {
    while (open.size() < count) {
      add(port, open).send(bytes);
    }
  };
}

/// Sends `bytes` on a new connection and expects `status`.
Round sending(std::string bytes, int status) {
  return [bytes = std::move(bytes), status](std::uint16_t port, Clients&) {
    HttpClient client(port);
    client.send(bytes);
    EXPECT_EQ(client.read_answer().status, status);
  };
}

std::string huge_batch() {
  std::string body = R"({"api_key":"phc_abuse","batch":[)";
  while (body.size() < (std::size_t{8} << 20)) {
    body += event("many") + ",";
  }
  return body + event("last") + "]}";
}

std::string garbage() {
  std::string bytes;
  for (int index = 0; index < 10'000; ++index) {
    bytes += static_cast<char>(index * 7919 % 251);
  }
  return "GET /_liveness HTTP/1.1\r\nHost: b\r\n\r\n\x01" + bytes;
}

std::string many_headers() {
  std::string head = "GET /e/ HTTP/1.1\r\n";
  for (int index = 0; index < 1000; ++index) {
    head += "x" + std::to_string(index) + ": 1\r\n";
  }
  return head + "\r\n";
}

std::string many_requests() {
  std::string requests;
  while (requests.size() < 20'000) {
    requests += request("GET", "/metrics");
  }
  return requests;
}

std::size_t raised_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

struct Abuse {
  const char* name;
  Round (*prepare)();
};

const Abuse kAbuses[] = {
    {"heads_that_stop", [] { return holding(300, "POST /e/ HTTP/1.1\r\nHo"); }},
    {"bodies_that_stop",
     [] {
       return holding(300, "POST /e/ HTTP/1.1\r\nHost: b\r\nContent-Length: 100000\r\n\r\n{");
     }},
    {"silent_connections",
     [] { return holding(std::min<std::size_t>(10'000, raised_descriptor_limit() / 2), ""); }},
    {"halves_of_large_bodies",
     [] {
       return holding(40, "POST /e/ HTTP/1.1\r\nHost: b\r\nContent-Length: 10485760\r\n\r\n" +
                              std::string(std::size_t{5} << 20, 'h'));
     }},
    {"coming_and_going",
     [] { return Round([](std::uint16_t port, Clients&) { const HttpClient client(port); }); }},
    {"answers_nobody_reads", [] { return holding(20, many_requests()); }},
    {"long_heads", [] { return sending("GET /e/ HTTP/1.1\r\n" + std::string(40'000, 'h'), 431); }},
    {"many_headers", [] { return sending(many_headers(), 431); }},
    {"garbage_behind_a_request", [] { return sending(garbage(), 200); }},
    {"deep_json", [] { return sending(request("POST", "/e/", std::string(500'000, '[')), 400); }},
    {"huge_batches", [] { return sending(request("POST", "/batch/", huge_batch()), 200); }},
    {"decompression_bombs",
     [] {
       return sending(request("POST", "/e/", gzip(std::string(std::size_t{120} << 20, ' ')),
                              "Content-Encoding: gzip\r\n"),
                      413);
     }},
    {"bodies_above_the_limit",
     [] {
       return sending(
           "POST /e/ HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\n"
           "Content-Length: 99999999999\r\n\r\n",
           413);
     }},
};

std::size_t resident_mib(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident * 4096 >> 20U;
}

/// The answers of one client that behaves: on a kept connection and on fresh ones.
void behave(std::uint16_t port) {
  HttpClient kept(port);
  for (int index = 0; index < 10; ++index) {
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(kept.exchange(request("POST", "/e/", event("kept"))).status, 200);
    HttpClient fresh(port);
    ASSERT_EQ(fresh.exchange(request("POST", "/e/", event("fresh"))).status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  }
}

class DataplaneAbuseTest : public testing::TestWithParam<Abuse> {
 protected:
  support::TemporaryDirectory home_;
};

INSTANTIATE_TEST_SUITE_P(All, DataplaneAbuseTest, testing::ValuesIn(kAbuses),
                         [](const auto& item) { return std::string(item.param.name); });

TEST_P(DataplaneAbuseTest, OthersAreServedMeanwhile) {
  // Received bodies of 64 MiB, decoded ones of 100 and the tables for 24 million tokens, two groups
  // of 24, a segment's zeros, and the program itself.
  constexpr std::size_t kResidentMibMax = 640;
  const auto round = GetParam().prepare();
  DataplaneProcess dataplane(home_.path(), {{"BRISTLE_BODY_MEMORY_BYTES", "67108864"}});
  std::atomic<int> rounds = 0;
  std::atomic<bool> is_over = false;
  std::thread abuser([&] {
    Clients open;
    while (!is_over) {
      round(dataplane.port(), open);
      ++rounds;
      rounds.notify_all();
    }
  });
  rounds.wait(0);
  behave(dataplane.port());
  is_over = true;
  abuser.join();
  const auto resident = resident_mib(dataplane.pid());
  std::printf("%s: %zu MiB resident\n", GetParam().name, resident);
  EXPECT_LT(resident, kResidentMibMax);
  HttpClient after(dataplane.port());
  EXPECT_EQ(after.exchange(request("GET", "/_liveness")).status, 200);
}

}  // namespace
}  // namespace integration
