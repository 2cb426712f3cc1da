// SPDX-License-Identifier: LicenseRef-Project
// Goal: restarting the dataplane fails no request, whatever its connection is doing, and stores
// every event exactly once. Method: the real program under the supervisor of `make run`, restarted
// again and again while clients of every kind send. RESTART_ROUNDS sizes it.
#include "tests/integration/dataplane/support/held_dataplane.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace integration {
namespace {

using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

std::string event(std::string_view name, std::size_t padding = 0) {
  return R"({"api_key":"phc_restart","event":")" + std::string(name) +
         R"(","distinct_id":"u","properties":{"p":")" + std::string(padding, 'p') + R"("}})";
}

/// What the clients of a run know together.
struct Campaign {
  explicit Campaign(HeldDataplane& held) : dataplane(held) {}

  HeldDataplane& dataplane;
  std::atomic<bool> is_over = false;
  std::atomic<int> restarts = 0;
  std::atomic<int> answered = 0;
  std::atomic<int> failed = 0;
  std::atomic<std::int64_t> longest_us = 0;
  std::mutex mutex;
  std::vector<std::string> acknowledged;

  /// Counts what came back for `body`, sent at `begin`.
  void note(const Answer& answer, const std::string& body, Clock::time_point begin) {
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
    longest_us = std::max<std::int64_t>(longest_us, took);
    if (answer.status == 200) {
      const std::lock_guard lock(mutex);
      acknowledged.push_back(body);
    } else {
      ADD_FAILURE() << "answered " << answer.status << " " << answer.body;
      ++failed;
    }
    ++answered;
    answered.notify_all();
  }

  /// Returns when this many more requests have been answered, or one has failed.
  void wait_for(int more) {
    const int wanted = answered + more;
    for (int now = answered; now < wanted && failed == 0; now = answered) {
      answered.wait(now);
    }
  }

  void restart() {
    dataplane.restart();
    ++restarts;
    restarts.notify_all();
  }

  void end() {
    is_over = true;
    ++restarts;  // lets go of those who wait for one
    restarts.notify_all();
  }
};

/// Sends the `index`-th request of client `name` in its own way.
using Sending = void (*)(Campaign& run, std::unique_ptr<HttpClient>& client,
                         const std::string& name);

HttpClient& connected(Campaign& run, std::unique_ptr<HttpClient>& client) {
  if (client == nullptr) {
    client = std::make_unique<HttpClient>(run.dataplane.port());
  }
  return *client;
}

void send_kept_alive(Campaign& run, std::unique_ptr<HttpClient>& client, const std::string& name) {
  const auto body = event(name, 300);
  const auto begin = Clock::now();
  run.note(connected(run, client).exchange(request("POST", "/e/", body)), body, begin);
}

void send_once(Campaign& run, std::unique_ptr<HttpClient>& client, const std::string& name) {
  client.reset();
  const auto body = event(name);
  const auto begin = Clock::now();
  run.note(connected(run, client).exchange(request("POST", "/e/", body, "Connection: close\r\n")),
           body, begin);
}

void send_pipelined(Campaign& run, std::unique_ptr<HttpClient>& client, const std::string& name) {
  constexpr int kRequests = 24;  // more than a session takes at once
  std::string requests;
  for (int index = 0; index < kRequests; ++index) {
    requests += request("POST", "/e/", event(name + "." + std::to_string(index)));
  }
  const auto begin = Clock::now();
  connected(run, client).send(requests);
  for (int index = 0; index < kRequests; ++index) {
    run.note(client->read_answer(), event(name + "." + std::to_string(index)), begin);
  }
}

/// A phone on a slow link: part of the request before a restart, the rest after it.
void send_across_a_restart(Campaign& run, std::unique_ptr<HttpClient>& client,
                           const std::string& name, std::size_t first_bytes) {
  const auto body = event(name, 200'000);
  const auto whole = request("POST", "/e/", body);
  const int restarts = run.restarts;
  connected(run, client).send(whole.substr(0, first_bytes));
  if (!run.is_over) {
    run.restarts.wait(restarts);
  }
  const auto begin = Clock::now();
  client->send(whole.substr(first_bytes));
  run.note(client->read_answer(), body, begin);
}

void send_half_a_head(Campaign& run, std::unique_ptr<HttpClient>& client, const std::string& name) {
  send_across_a_restart(run, client, name, 20);
}

void send_half_a_body(Campaign& run, std::unique_ptr<HttpClient>& client, const std::string& name) {
  send_across_a_restart(run, client, name, 150'000);
}

/// As OkHttp sends what it compresses: chunked, in two packets.
void send_chunked(Campaign& run, std::unique_ptr<HttpClient>& client, const std::string& name) {
  const auto body = event(name, 2000);
  const auto begin = Clock::now();
  connected(run, client)
      .send("POST /e/ HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n" +
            chunk(std::string_view(body).substr(0, 500)));
  client->send(chunk(std::string_view(body).substr(500)) + "0\r\n\r\n");
  run.note(client->read_answer(), body, begin);
}

int rounds() {
  const char* wanted = std::getenv("RESTART_ROUNDS");  // NOLINT(concurrency-mt-unsafe): no thread
  return wanted == nullptr ? 5 : std::stoi(wanted);
}

/// The parameter is the number of shards.
class RestartTest : public testing::TestWithParam<int> {
 protected:
  support::TemporaryDirectory home_;
};

INSTANTIATE_TEST_SUITE_P(Shards, RestartTest, testing::Values(1, 2));

TEST_P(RestartTest, NoRequestFailsAndEveryEventIsStoredOnce) {
  HeldDataplane dataplane(home_.path(), {{"BRISTLE_SHARDS", std::to_string(GetParam())}});
  Campaign run(dataplane);
  constexpr Sending kKinds[] = {send_kept_alive, send_once,       send_pipelined,
                                send_chunked,    send_kept_alive, send_half_a_head,
                                send_once,       send_half_a_body};
  std::vector<std::thread> clients;
  for (const Sending sending : kKinds) {
    clients.emplace_back([&run, sending, number = clients.size()] {
      std::unique_ptr<HttpClient> client;
      for (int index = 0; !run.is_over; ++index) {
        sending(run, client, std::to_string(number) + "-" + std::to_string(index));
      }
    });
  }
  for (int round = 0; round < rounds(); ++round) {
    run.wait_for(200);
    run.restart();
  }
  run.end();
  for (auto& client : clients) {
    client.join();
  }
  EXPECT_EQ(run.failed, 0) << dataplane.log();
  EXPECT_EQ(dataplane.end(), 0);
  std::vector<std::string> stored;
  for (const auto& record : dataplane.stored()) {
    stored.push_back(record.body);
  }
  std::sort(stored.begin(), stored.end());
  std::sort(run.acknowledged.begin(), run.acknowledged.end());
  EXPECT_EQ(stored.size(), run.acknowledged.size());
  EXPECT_TRUE(stored == run.acknowledged);
  std::printf("%d restarts, %d requests, %d failed, slowest answer %lld us\n", rounds(),
              run.answered.load(), run.failed.load(),
              static_cast<long long>(run.longest_us.load()));
}

}  // namespace
}  // namespace integration
