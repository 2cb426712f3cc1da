// SPDX-License-Identifier: LicenseRef-Project
// Goal: what was acknowledged stays, whatever ends the process; starts and stops are orderly; a
// slow client and a full disk are answered as documented. Method: the real program, signals,
// limits, and the log read back.
#include "dataplane/format/log_reader.h"
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace integration {
namespace {

using testing::HasSubstr;

std::string event(std::string_view name, std::size_t padding = 0) {
  return R"({"api_key":"phc_integration","event":")" + std::string(name) +
         R"(","distinct_id":"u","properties":{"p":")" + std::string(padding, 'p') + R"("}})";
}

/// The parameter is the number of shards.
class DataplaneLifecycleTest : public testing::TestWithParam<int> {
 protected:
  [[nodiscard]] Environment with(Environment more) const {
    more.emplace_back("BRISTLE_SHARDS", std::to_string(GetParam()));
    return more;
  }

  support::TemporaryDirectory home_;
};

INSTANTIATE_TEST_SUITE_P(Shards, DataplaneLifecycleTest, testing::Values(1, 2));

TEST_P(DataplaneLifecycleTest, RestartContinuesTheLog) {
  for (std::size_t round = 1; round <= 3; ++round) {
    DataplaneProcess dataplane(home_.path(), with({}));
    HttpClient client(dataplane.port());
    EXPECT_EQ(client.exchange(request("POST", "/e/", event("round"))).status, 200);
    const auto ending = dataplane.end(SIGTERM);
    EXPECT_EQ(ending.exit_code, 0) << ending.log;
    EXPECT_EQ(dataplane.stored().size(), round);
  }
}

TEST_P(DataplaneLifecycleTest, TerminationAnswersWhatIsInFlight) {
  DataplaneProcess dataplane(home_.path(), with({}));
  HttpClient client(dataplane.port());
  std::string requests;
  for (int index = 0; index < 10; ++index) {
    requests += request("POST", "/e/", event("last"));
  }
  client.send(requests);
  EXPECT_EQ(client.read_answer().status, 200);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(dataplane.end(SIGTERM).exit_code, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(6));
  for (int index = 1; index < 10; ++index) {
    EXPECT_EQ(client.read_answer().status, 200) << index;
  }
}

// One connection a request, the next right after the last: numbers of descriptors are used again
// while the end of the connection before is still under way, and no answer may go astray.
TEST_P(DataplaneLifecycleTest, EveryShortConnectionGetsItsAnswer) {
  DataplaneProcess dataplane(home_.path(), with({}));
  for (int index = 0; index < 2000; ++index) {
    HttpClient client(dataplane.port());
    ASSERT_EQ(
        client.exchange(request("POST", "/e/", event("short"), "Connection: close\r\n")).status,
        200)
        << index;
    client.finish_sending();
  }
}

TEST_P(DataplaneLifecycleTest, EverythingAcknowledgedSurvivesAKill) {
  for (int round = 0; round < 4; ++round) {
    const std::string wait = round % 2 == 0 ? "awake" : "asleep";
    DataplaneProcess dataplane(home_.path(), with({{"BRISTLE_FLUSH_WAIT", wait}}));
    std::mutex mutex;
    std::set<std::string> acknowledged;
    std::atomic<int> count = 0;
    std::vector<std::thread> clients;
    for (int number = 0; number < 8; ++number) {
      clients.emplace_back([&, number] {
        HttpClient client(dataplane.port());
        for (int index = 0;; ++index) {
          const auto name =
              std::to_string(round) + "-" + std::to_string(number) + "-" + std::to_string(index);
          if (!client.send(request("POST", "/e/", event(name, 300))) ||
              client.read_answer().status != 200) {
            return;
          }
          const std::lock_guard lock(mutex);
          acknowledged.insert(event(name, 300));
          ++count;
        }
      });
    }
    while (count < 500) {
      std::this_thread::yield();
    }
    EXPECT_EQ(dataplane.end(SIGKILL).signal, SIGKILL);
    for (auto& client : clients) {
      client.join();
    }
    DataplaneProcess again(home_.path(), with({}));
    std::set<std::string> stored;
    for (const auto& record : again.stored()) {
      stored.insert(record.body);
    }
    for (const auto& body : acknowledged) {
      EXPECT_TRUE(stored.contains(body)) << body.substr(0, 100);
    }
  }
}

TEST_P(DataplaneLifecycleTest, ClientAddressIsKeptOnRequestOnly) {
  {
    DataplaneProcess dataplane(home_.path(), with({{"BRISTLE_CLIENT_ADDRESS", "keep"}}));
    HttpClient client(dataplane.port());
    EXPECT_EQ(client.exchange(request("POST", "/e/", event("kept"))).status, 200);
    const auto stored = dataplane.stored();
    ASSERT_EQ(stored.size(), 1U);
    EXPECT_EQ(stored[0].client_address, "127.0.0.1");
  }
}

TEST_P(DataplaneLifecycleTest, SocketsPassedBySystemdAreServed) {
  DataplaneProcess dataplane(home_.path(),
                             with({{"LISTEN_FDS", "1"}, {"BRISTLE_LISTEN", "127.0.0.1:1"}}));
  EXPECT_NE(dataplane.port(), 1);
  for (int round = 0; round < 20; ++round) {
    HttpClient client(dataplane.port());
    EXPECT_EQ(client.exchange(request("POST", "/e/", event("passed"))).status, 200);
  }
}

TEST_P(DataplaneLifecycleTest, EverySocketNamedCaptureIsAFrontDoor) {
  DataplaneProcess dataplane(home_.path(),
                             with({{"LISTEN_FDS", "2"}, {"LISTEN_FDNAMES", "capture:capture"}}));
  for (const std::size_t index : {0U, 1U}) {
    for (int round = 0; round < 10; ++round) {
      HttpClient client(dataplane.passed_port(index));
      EXPECT_EQ(client.exchange(request("POST", "/e/", event("passed"))).status, 200);
      EXPECT_EQ(client.exchange(request("GET", "/metrics")).status, 200);
    }
  }
}

TEST_P(DataplaneLifecycleTest, MetricsWithASocketOfTheirOwnAreAtThatOneOnly) {
  DataplaneProcess dataplane(home_.path(),
                             with({{"LISTEN_FDS", "2"}, {"LISTEN_FDNAMES", "metrics:capture"}}));
  EXPECT_EQ(dataplane.port(), dataplane.passed_port(1));
  HttpClient waiting(dataplane.port());
  EXPECT_EQ(exchange_until(waiting, request("GET", "/_readiness"), 200).status, 200);
  for (int round = 0; round < 5; ++round) {
    HttpClient front(dataplane.passed_port(1));
    EXPECT_EQ(front.exchange(request("GET", "/metrics")).status, 404);
    EXPECT_EQ(front.exchange(request("GET", "/metrics/")).status, 404);
    EXPECT_EQ(front.exchange(request("GET", "/_readiness")).status, 200);
    HttpClient inside(dataplane.passed_port(0));
    const auto metrics = inside.exchange(request("GET", "/metrics"));
    EXPECT_EQ(metrics.status, 200);
    EXPECT_THAT(metrics.body, HasSubstr("bristle_events_accepted_total"));
    for (const char* probe : {"/_health", "/_liveness", "/_readiness"}) {
      EXPECT_EQ(inside.exchange(request("GET", probe)).status, 200) << probe;
    }
    EXPECT_EQ(inside.exchange(request("GET", "/")).status, 404);
    EXPECT_EQ(inside.exchange(request("GET", "/api/projects/")).status, 404);
    EXPECT_NE(inside.exchange(request("POST", "/e/", event("refused"))).status, 200);
  }
  EXPECT_TRUE(dataplane.stored().empty());
}

TEST_P(DataplaneLifecycleTest, AMetricsAddressCanBeSet) {
  // The port has to be known: one that was free a moment ago.
  const DataplaneProcess other(home_.path(), with({}));
  support::TemporaryDirectory home;
  const auto address = "127.0.0.2:" + std::to_string(other.port());
  DataplaneProcess dataplane(home.path(), with({{"BRISTLE_METRICS_LISTEN", address}}));
  HttpClient front(dataplane.port());
  EXPECT_EQ(front.exchange(request("GET", "/metrics")).status, 404);
  HttpClient inside(other.port(), "127.0.0.2");
  EXPECT_EQ(inside.exchange(request("GET", "/metrics")).status, 200);
}

TEST_P(DataplaneLifecycleTest, SlowClientsGet408) {
  DataplaneProcess dataplane(
      home_.path(), with({{"BRISTLE_HEAD_TIMEOUT_MS", "200"}, {"BRISTLE_BODY_TIMEOUT_MS", "200"}}));
  HttpClient head(dataplane.port());
  head.send("POST /e/ HTT");
  HttpClient body(dataplane.port());
  body.send("POST /e/ HTTP/1.1\r\nHost: b\r\nContent-Length: 50\r\n\r\nsome of it");
  EXPECT_EQ(head.read_answer().status, 408);
  EXPECT_TRUE(head.is_closed(std::chrono::seconds(5)));
  const auto answer = body.read_answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.body, "client stopped sending data");
  EXPECT_TRUE(body.is_closed(std::chrono::seconds(5)));
}

TEST_P(DataplaneLifecycleTest, AFullDiskIs503AndHeals) {
  const auto disk = home_.path() / "disk";
  std::filesystem::create_directory(disk);
  // Room for an open and a spare segment of two shards, and as much again. The mount namespace is
  // private: the disk is gone with this process, whatever happens.
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=260m") != 0) {
    GTEST_SKIP() << "mounting a small tmpfs needs root";
  }
  {
    DataplaneProcess dataplane(home_.path(),
                               with({{"BRISTLE_EVENT_LOG", (disk / "log").string()}}));
    HttpClient client(dataplane.port());
    EXPECT_EQ(exchange_until(client, request("GET", "/_readiness"), 200).status, 200);
    std::ofstream(disk / "ballast") << std::string(std::size_t{260} << 20, 'b');
    Answer answer;
    int accepted = 0;
    do {
      answer = client.exchange(request("POST", "/e/", event("filling", 100'000)));
      accepted += answer.status == 200 ? 1 : 0;
    } while (answer.status == 200 && accepted < 1000);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.fields["retry-after"], "30");
    EXPECT_EQ(client.exchange(request("GET", "/_liveness")).status, 200);
    std::filesystem::remove(disk / "ballast");
    EXPECT_EQ(exchange_until(client, request("POST", "/e/", event("after")), 200).status, 200);
    EXPECT_EQ(client.exchange(request("POST", "/e/", event("after"))).status, 200);
    EXPECT_EQ(client.exchange(request("GET", "/_readiness")).status, 200);
  }
  EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

TEST_P(DataplaneLifecycleTest, FailedStartsSayWhy) {
  DataplaneProcess running(home_.path(), with({}));
  support::TemporaryDirectory other;
  const auto taken = DataplaneProcess::run_to_end(
      other.path(), with({{"BRISTLE_LISTEN", "127.0.0.1:" + std::to_string(running.port())}}));
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_THAT(taken.log, HasSubstr("cannot listen on 127.0.0.1:"));
  EXPECT_THAT(taken.log, HasSubstr("Address already in use"));

  const auto shared = DataplaneProcess::run_to_end(
      other.path(), with({{"BRISTLE_EVENT_LOG", running.event_log().string()}}));
  EXPECT_EQ(shared.exit_code, 1);
  EXPECT_THAT(shared.log, HasSubstr("is used by another process"));

  std::ofstream(other.path() / "file") << "not a directory";
  const auto unwritable = DataplaneProcess::run_to_end(
      other.path(), with({{"BRISTLE_EVENT_LOG", (other.path() / "file" / "log").string()}}));
  EXPECT_EQ(unwritable.exit_code, 1);
  EXPECT_THAT(unwritable.log, HasSubstr("event log"));

  const std::pair<std::string, std::string> bad_settings[] = {{"BRISTLE_LISTEN", "here"},
                                                              {"BRISTLE_FLUSH_WAIT", "dozing"}};
  for (const auto& [name, value] : bad_settings) {
    const auto bad = DataplaneProcess::run_to_end(other.path(), with({{name, value}}));
    EXPECT_EQ(bad.exit_code, 78) << name;
    EXPECT_THAT(bad.log, HasSubstr("bad setting " + name));
  }
}

}  // namespace
}  // namespace integration
