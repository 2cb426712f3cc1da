// SPDX-License-Identifier: LicenseRef-Project
// Goal: the service manager hears exactly what sd_notify(3) says. Method: a real datagram socket.
#include "dataplane/base/notify.h"

#include "tests/support/notify_socket.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace base {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kPatience{5'000};
constexpr milliseconds kMoment{20};

/// The parameter is whether the socket has a file or an abstract name.
class NotifyTest : public testing::TestWithParam<bool> {
 protected:
  NotifyTest()
      : manager_(GetParam() ? (directory_.path() / "notify").string()
                            : "@bristle-notify-test-" + std::to_string(::getpid())) {}

  support::TemporaryDirectory directory_;
  support::NotifySocket manager_;
};

INSTANTIATE_TEST_SUITE_P(Names, NotifyTest, testing::Values(true, false));

TEST_P(NotifyTest, SaysEachStateInOneMessage) {
  const Notifier notifier(manager_.name(), 0);
  notifier.ready("2 shards on\n127.0.0.1:8000");
  EXPECT_EQ(manager_.receive(kPatience), "READY=1\nSTATUS=2 shards on 127.0.0.1:8000");
  notifier.status("waiting");
  EXPECT_EQ(manager_.receive(kPatience), "STATUS=waiting");
  notifier.extend_start(7);
  EXPECT_EQ(manager_.receive(kPatience), "EXTEND_TIMEOUT_USEC=7");
  notifier.feed();
  EXPECT_EQ(manager_.receive(kPatience), "WATCHDOG=1");
  notifier.stopping();
  EXPECT_EQ(manager_.receive(kPatience), "STOPPING=1\nSTATUS=stopping");
}

TEST_P(NotifyTest, StoresADescriptorUnderAName) {
  const Notifier notifier(manager_.name(), 0);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  EXPECT_TRUE(notifier.store(ends[0], "line"));
  ::close(ends[0]);
  const auto [text, descriptor] = manager_.receive_with_descriptor();
  EXPECT_EQ(text, "FDSTORE=1\nFDPOLL=0\nFDNAME=line");
  ASSERT_GE(descriptor, 0);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(descriptor, &byte, 1), 1);
  ::close(descriptor);
  ::close(ends[1]);
  notifier.forget("line");
  EXPECT_EQ(manager_.receive(kPatience), "FDSTOREREMOVE=1\nFDNAME=line");
}

TEST_P(NotifyTest, ManyTurnsFeedOncePerInterval) {
  Notifier notifier(manager_.name(), 60'000'000);
  EXPECT_EQ(notifier.feed_interval_us(), 20'000'000U);
  for (int turn = 0; turn < 1000; ++turn) {
    notifier.turned();
  }
  EXPECT_EQ(manager_.receive(kPatience), "WATCHDOG=1");
  EXPECT_EQ(manager_.receive(kMoment), std::nullopt);
}

TEST_P(NotifyTest, WithoutAWatchdogNoTurnFeeds) {
  Notifier notifier(manager_.name(), 0);
  notifier.turned();
  EXPECT_EQ(notifier.feed_interval_us(), std::nullopt);
  EXPECT_EQ(manager_.receive(kMoment), std::nullopt);
}

TEST(NotifierTest, WithoutAManagerNothingHappens) {
  for (const char* socket : {"", "@", "relative", "vsock:2:1", "/no/such/socket"}) {
    Notifier notifier(socket, 1'000);
    notifier.ready("here");
    notifier.turned();
    notifier.stopping();
    EXPECT_FALSE(notifier.store(0, "line"));
  }
  Notifier too_long("/" + std::string(200, 'n'), 1'000);
  too_long.ready("here");
  EXPECT_EQ(too_long.feed_interval_us(), std::nullopt);
}

TEST(NotifySettingsTest, TheWatchdogMayBeMeantForAnotherProcess) {
  const std::string own = std::to_string(::getpid());
  const struct {
    const char* microseconds;
    const char* pid;
    std::uint64_t expected;
  } cases[] = {
      {"3000000", "", 3'000'000}, {"3000000", own.c_str(), 3'000'000},
      {"3000000", "1", 0},        {"", own.c_str(), 0},
      {"3s", own.c_str(), 0},     {"-1", "", 0},
  };
  for (const auto& item : cases) {
    ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
    ::setenv("WATCHDOG_USEC", item.microseconds, 1);
    ::setenv("WATCHDOG_PID", item.pid, 1);
    const auto settings = NotifySettings::from_environment();
    EXPECT_EQ(settings.watchdog_us, item.expected) << item.microseconds << " " << item.pid;
    EXPECT_EQ(settings.socket, "/run/notify");
  }
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
    ::unsetenv(name);
  }
  EXPECT_EQ(NotifySettings::from_environment().socket, "");
}

}  // namespace
}  // namespace base
