// SPDX-License-Identifier: LicenseRef-Project
// Goal: the service manager hears when the dataplane serves, is fed while every shard turns, idle
// or not, and is left hungry by one shard that stands still. Method: the real program, a socket in
// the manager's place, and one thread stopped from outside.
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/notify_socket.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace integration {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kPatience{10'000};
constexpr milliseconds kWatchdog{900};

/// The thread of that name, nothing when there is none.
std::optional<pid_t> thread_named(pid_t process, const std::string& name) {
  const auto tasks = std::filesystem::path("/proc") / std::to_string(process) / "task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::string found;
    std::getline(std::ifstream(task.path() / "comm"), found);
    if (found == name) {
      return std::stoi(task.path().filename());
    }
  }
  return std::nullopt;
}

class DataplaneWatchdogTest : public testing::Test {
 protected:
  [[nodiscard]] Environment environment() const {
    return {{"BRISTLE_SHARDS", "2"},
            {"NOTIFY_SOCKET", manager_.name()},
            {"WATCHDOG_USEC", std::to_string(std::chrono::microseconds(kWatchdog).count())}};
  }

  support::TemporaryDirectory home_;
  support::NotifySocket manager_{(home_.path() / "notify").string()};
};

TEST_F(DataplaneWatchdogTest, ReadyComesOnceAndStoppingAtTheEnd) {
  DataplaneProcess dataplane(home_.path(), environment());
  const auto first = manager_.receive(kPatience);
  EXPECT_EQ(first, "READY=1\nSTATUS=listening on 127.0.0.1:" + std::to_string(dataplane.port()) +
                       " with 2 shards");
  HttpClient client(dataplane.port());
  EXPECT_EQ(client.exchange(request("GET", "/_readiness")).status, 200);
  EXPECT_EQ(dataplane.end(SIGTERM).exit_code, 0);
  EXPECT_EQ(manager_.receive_with("STOPPING=1", kPatience), "STOPPING=1\nSTATUS=stopping");
}

TEST_F(DataplaneWatchdogTest, IdleShardsAreFedOftenEnough) {
  const DataplaneProcess dataplane(home_.path(), environment());
  ASSERT_TRUE(manager_.receive_with("READY=1", kPatience));
  for (int meal = 0; meal < 5; ++meal) {
    EXPECT_EQ(manager_.receive(kWatchdog), "WATCHDOG=1") << meal;
  }
}

TEST_F(DataplaneWatchdogTest, OneStuckShardStarvesTheWatchdog) {
  const DataplaneProcess dataplane(home_.path(), environment());
  ASSERT_TRUE(manager_.receive_with("WATCHDOG=1", kPatience));
  const auto thread = thread_named(dataplane.pid(), "shard-1");
  ASSERT_TRUE(thread);
  if (::ptrace(PTRACE_SEIZE, *thread, nullptr, nullptr) != 0 ||
      ::ptrace(PTRACE_INTERRUPT, *thread, nullptr, nullptr) != 0) {
    GTEST_SKIP() << "stopping one thread of a child needs ptrace";
  }
  ASSERT_EQ(::waitpid(*thread, nullptr, __WALL), *thread);
  // What was on its way may still arrive; then nothing, for longer than the manager would wait.
  const auto began = std::chrono::steady_clock::now();
  while (manager_.receive(kWatchdog) && std::chrono::steady_clock::now() - began < kPatience) {
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3 * kWatchdog);
  ::ptrace(PTRACE_DETACH, *thread, nullptr, nullptr);
  EXPECT_EQ(manager_.receive(kPatience), "WATCHDOG=1") << "it turns again";
}

}  // namespace
}  // namespace integration
