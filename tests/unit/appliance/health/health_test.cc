// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/health/health.h"

#include "appliance/exec/failure.h"
#include "dataplane/format/ledger_state.h"
#include "tests/support/fake_system_manager.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

// Every tool is missing on this machine.
class NoTools final : public ap::exec::Runner {
 public:
  ap::exec::Outcome run(const ap::exec::Command& command) override {
    throw ap::exec::Failure(ap::exec::FailureKind::failed,
                            command.arguments[0] + " is not installed");
  }
};

class HealthTest : public testing::Test {
 protected:
  HealthTest() {
    for (const char* folder : {"proc/sys/kernel", "sys/block", "var/lib/bristle", "run/bristle"}) {
      std::filesystem::create_directories(root.path() / folder);
    }
    write("proc/uptime", "4000.10 1.00");
    write("proc/cmdline", "bristle.slot=a");
    write("proc/sys/kernel/hostname", "box");
    write("run/bristle/environment", "SITE_URL=http://10.1.1.30\nBRISTLE_METRICS_LISTEN=m:1\n");
  }

  void write(const std::string& path, const std::string& text) {
    std::ofstream(root.path() / path) << text;
  }

  json::value report() {
    ap::health::Health health({root.path(), runner,
                               [this]() -> std::unique_ptr<ap::bus::SystemManager> {
                                 if (is_bus_down) {
                                   throw ap::exec::Failure(ap::exec::FailureKind::failed, "no bus");
                                 }
                                 auto manager = std::make_unique<test_support::FakeSystemManager>();
                                 manager->failed = failed;
                                 return manager;
                               },
                               [] { return std::make_unique<test_support::FakeJournal>(); },
                               [this](const std::string& authority, const std::string&) {
                                 asked = authority;
                                 return metrics;
                               },
                               [this] { return clock; },
                               [this](const std::filesystem::path&) { return space; }});
    return json::parse(health.describe());
  }

  std::vector<std::string> codes() {
    std::vector<std::string> result;
    const auto health = report();
    for (const auto& item : health.at("problems").as_array()) {
      result.emplace_back(item.at("code").as_string());
    }
    return result;
  }

  support::TemporaryDirectory root;
  NoTools runner;
  bool is_bus_down = false;
  std::vector<std::string> failed;
  std::optional<std::string> metrics = "bristle_events_accepted_total 7\n";
  std::optional<bool> clock = true;
  std::filesystem::space_info space{.capacity = 100, .free = 60, .available = 60};
  std::string asked;
};

// Goal: with every tool missing the report is whole; what could not be read is said.
TEST_F(HealthTest, IsWholeWhenProbesFail) {
  is_bus_down = true;
  const auto health = report();
  EXPECT_EQ(health.at("hostname").as_string(), "box");
  EXPECT_EQ(health.at("capture").at("state").as_string(), "up");
  EXPECT_EQ(health.at("capture").at("events_total").to_number<int>(), 7);
  EXPECT_EQ(health.at("page_url").as_string(), "http://10.1.1.30");
  EXPECT_EQ(asked, "m:1");
  EXPECT_THAT(codes(), Contains("probe-failed"));
}

// Goal: problems come in the order of reference 7.3, whatever probe found them first.
TEST_F(HealthTest, OrdersProblems) {
  metrics = std::nullopt;
  clock = false;
  failed = {"bristle-api.service"};
  write("proc/cmdline", "bristle.slot=b");
  write("run/bristle/warnings.json", R"([{"code":"odd","severity":"warning","noun":"settings"}])");
  EXPECT_THAT(codes(), ElementsAre("slot-fallback", "capture-down", "unit-failed-critical",
                                   "clock-unsynchronized", "probe-failed", "odd"));
}

// Goal: a filling disk is said before it is full; how full the test's own machine is plays no part.
TEST_F(HealthTest, WatchesTheDisk) {
  const struct {
    std::uintmax_t available;
    std::vector<std::string> expected;
  } cases[] = {{60, {}}, {15, {"disk-filling"}}, {2, {"disk-full"}}};
  for (const auto& item : cases) {
    SCOPED_TRACE(item.available);
    space.free = space.available = item.available;
    std::vector<std::string> found;
    for (const auto& code : codes()) {
      if (code.starts_with("disk-")) {
        found.push_back(code);
      }
    }
    EXPECT_EQ(found, item.expected);
  }
}

TEST_F(HealthTest, IsCriticalInRecovery) {
  write("run/bristle/recovery", "both disks are copies");
  const auto health = report();
  EXPECT_EQ(health.at("state").as_string(), "critical");
  EXPECT_EQ(health.at("boot").at("phase").as_string(), "recovery");
  EXPECT_THAT(codes(), Contains("recovery-mode"));
}

// Goal: an operator reads which project and minute does not balance and by how much, what waits,
// and that nobody checks; all of it goes when the worker says so.
TEST_F(HealthTest, SaysWhatDoesNotBalance) {
  const std::int64_t now = std::time(nullptr);
  const auto minute = std::int64_t{1'768'478'400} / 60;  // 2026-01-15 12:00 UTC
  const std::string one = "Shop (project 3), 2026-01-15 12:00 UTC: 2 events without a known end";
  const struct {
    format::LedgerState state;
    std::vector<std::string> texts;
  } cases[] = {
      {{now, 0, 0, 0, {}}, {}},
      {{now, now - 59, 0, 0, {}}, {}},
      {{now, 0, 1, 2, {{minute, 3, 2, "Shop"}}}, {one}},
      {{now, 0, 1, 1, {{minute, 3, -1, ""}}},
       {"project 3, 2026-01-15 12:00 UTC: 1 event counted twice"}},
      {{now, 0, 1, 1, {{minute, 0, 1, ""}}},
       {"All projects together, 2026-01-15 12:00 UTC: 1 event without a known end"}},
      {{now, 0, 5, 9, {4, {minute, 3, 2, "Shop"}}},
       {one, one, one, "2 more minutes of the last day do not add up, 9 events in all"}},
      {{1'768'478'400, 1'768'478'400, 0, 0, {}},
       {"The ledger was last checked at 2026-01-15 12:00 UTC"}},
      {{now, now, 0, 0, {}}, {}},
  };
  for (const auto& item : cases) {
    ASSERT_TRUE(
        format::publish_ledger_state(root.path() / "var/lib/bristle/event-log", item.state));
    std::vector<std::string> texts;
    const auto health = report();
    for (const auto& found : health.at("problems").as_array()) {
      if (found.at("noun").as_string() == "ledger") {
        EXPECT_EQ(found.at("severity").as_string(), "warning");
        texts.emplace_back(found.at("text").as_string());
      }
    }
    EXPECT_EQ(texts, item.texts);
  }
  ASSERT_TRUE(format::publish_ledger_state(root.path() / "var/lib/bristle/event-log",
                                           {now, now - 90, 0, 0, {}}));
  EXPECT_THAT(codes(), Contains("ledger-behind"));
  write("var/lib/bristle/event-log/consumers/.ledger", "nonsense");
  EXPECT_THAT(codes(), Contains("probe-failed"));
}

// Goal: a clock that was not asked long enough, or cannot be asked, is no alarm.
TEST_F(HealthTest, GivesTheClockTime) {
  clock = false;
  write("proc/uptime", "20.00 1.00");
  EXPECT_THAT(codes(), Not(Contains("clock-unsynchronized")));
  clock = std::nullopt;
  write("proc/uptime", "4000.00 1.00");
  EXPECT_THAT(codes(), Not(Contains("clock-unsynchronized")));
}

}  // namespace
