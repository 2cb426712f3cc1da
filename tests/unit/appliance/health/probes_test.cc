// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/health/capture.h"
#include "appliance/health/disk_budget.h"
#include "appliance/health/environment.h"
#include "appliance/health/machine_probes.h"
#include "appliance/health/storage_probes.h"
#include "tests/support/fake_runner.h"
#include "tests/support/fake_system_manager.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

using ap::health::Problem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> codes(const std::vector<Problem>& problems) {
  std::vector<std::string> result;
  for (const auto& item : problems) {
    result.push_back(item.code);
  }
  return result;
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

ap::raid::Array array(const std::string& name, ap::raid::ArrayState state) {
  ap::raid::Array result;
  result.name = name;
  result.state = state;
  return result;
}

// Goal: each state of an array has its problem; a machine without a mirror has none.
TEST(RaidProblemsTest, NamesWhatIsWrongWithTheMirror) {
  using ap::raid::ArrayState;
  const auto problems_of = [](ArrayState a, ArrayState b) {
    ap::raid::Storage storage;
    storage.arrays = {array("root-a", a), array("data", b)};
    return codes(ap::health::raid_problems(storage));
  };
  EXPECT_THAT(problems_of(ArrayState::clean, ArrayState::clean), IsEmpty());
  EXPECT_THAT(problems_of(ArrayState::missing, ArrayState::missing), IsEmpty());
  EXPECT_THAT(problems_of(ArrayState::clean, ArrayState::degraded), ElementsAre("raid-degraded"));
  EXPECT_THAT(problems_of(ArrayState::degraded, ArrayState::missing),
              ElementsAre("raid-degraded", "raid-missing"));
  EXPECT_THAT(problems_of(ArrayState::resyncing, ArrayState::clean),
              ElementsAre("raid-rebuilding"));
}

TEST(RaidProblemsTest, NamesIdenticalDisksAndMismatches) {
  ap::raid::Storage storage;
  storage.disks.resize(1);
  storage.disks[0].serial = "S1";
  storage.disks[0].is_twin = true;
  storage.arrays = {array("data", ap::raid::ArrayState::clean)};
  storage.arrays[0].mismatches = 128;
  EXPECT_THAT(codes(ap::health::raid_problems(storage)),
              ElementsAre("raid-identical-disks", "raid-mismatch"));
}

TEST(DiskProblemsTest, WarnsBeforeTheDiskIsFull) {
  ap::health::DiskBudget budget;
  budget.path = "/data";
  for (const auto& [share, expected] :
       std::map<double, std::vector<std::string>>{{0.5, {}},
                                                  {0.80, {}},
                                                  {0.81, {"disk-filling"}},
                                                  {0.95, {"disk-filling"}},
                                                  {0.96, {"disk-full"}}}) {
    budget.share = share;
    EXPECT_EQ(codes(ap::health::budget_problems(budget)), expected) << share;
  }
}

// Goal: disks are asked twice an hour, not twice a second, and harmless exit bits are no alarm.
TEST(SmartMeterTest, RemembersWhatTheDisksSaid) {
  test_support::FakeRunner runner;
  ap::raid::Disk disk;
  disk.serial = "S1";
  disk.device = "/dev/sda";
  runner.expect({"smartctl", "--json", "--health", "/dev/sda"},
                {4, R"({"smart_status":{"passed":true}})", ""});
  runner.expect({"smartctl", "--json", "--health", "/dev/sda"},
                {8, R"({"smart_status":{"passed":false}})", ""});
  ap::health::SmartMeter meter(runner);
  const std::chrono::steady_clock::time_point start{};
  EXPECT_THAT(meter.read({disk}, start), IsEmpty());
  EXPECT_THAT(meter.read({disk}, start + std::chrono::minutes(29)), IsEmpty());
  EXPECT_THAT(codes(meter.read({disk}, start + std::chrono::minutes(31))),
              ElementsAre("disk-failing"));
}

TEST(SmartMeterTest, IsSilentAboutDisksThatDoNotSay) {
  test_support::FakeRunner runner;
  ap::raid::Disk disk;
  disk.device = "/dev/vda";
  runner.expect({"smartctl", "--json", "--health", "/dev/vda"}, {2, "no json", ""});
  ap::health::SmartMeter meter(runner);
  EXPECT_THAT(meter.read({disk}, {}), IsEmpty());
}

TEST(CanaryTest, ReadsWhatTheCanaryWrote) {
  const support::TemporaryDirectory root;
  EXPECT_EQ(ap::health::read_canary(root.path()).state, "pending");
  write(root.path() / "var/lib/bristle/canary/last.json",
        R"({"state":"ok","at":"2026-11-21T10:00:00Z","latency_ms":812,"text":"fine"})");
  const auto canary = ap::health::read_canary(root.path());
  EXPECT_EQ(canary.state, "ok");
  EXPECT_EQ(canary.latency_ms, 812);
  const auto at = ap::health::parse_time("2026-11-21T10:00:00Z").value();
  EXPECT_THAT(codes(ap::health::canary_problems(canary, at + 14 * 60)), IsEmpty());
  EXPECT_THAT(codes(ap::health::canary_problems(canary, at + 16 * 60)), ElementsAre("canary-old"));
  write(root.path() / "var/lib/bristle/canary/last.json",
        R"({"state":"failed","text":"no route"})");
  const auto failed = ap::health::canary_problems(ap::health::read_canary(root.path()), at);
  EXPECT_THAT(codes(failed), ElementsAre("canary-failed"));
  EXPECT_THAT(failed[0].text, HasSubstr("no route"));
}

TEST(CanaryTest, ParsesTimesOrSaysThatTheyAreNone) {
  EXPECT_EQ(ap::health::parse_time("1970-01-02T00:00:01Z"), 86401);
  EXPECT_EQ(ap::health::parse_time("2026-11-21T10:00:00.123456Z"),
            ap::health::parse_time("2026-11-21T10:00:00Z"));
  for (const char* text : {"", "soon", "2026-13-01T00:00:00Z", "2026-11-21 10:00:00"}) {
    EXPECT_EQ(ap::health::parse_time(text), std::nullopt) << text;
  }
}

TEST(UnitProblemsTest, RankTheProductAboveTheRest) {
  const auto problems = ap::health::unit_problems(
      {"bristle-engine.service", "cups.service", "bristle-canary.service"});
  EXPECT_THAT(codes(problems), ElementsAre("unit-failed-critical", "unit-failed"));
  EXPECT_EQ(problems[0].text, "Query engine has failed");
  EXPECT_TRUE(problems[0].is_critical);
}

// Goal: without a start limit a crash loop never counts as failed; its restarts give it away.
TEST(RestartMeterTest, NoticesAUnitThatKeepsEnding) {
  test_support::FakeSystemManager manager;
  auto& unit = manager.add("bristle-worker.service");
  unit.restarts = 7;  // of last week
  ap::health::RestartMeter meter;
  const std::chrono::steady_clock::time_point start{};
  const auto at = [&](int seconds) {
    return codes(meter.read(manager, start + std::chrono::seconds(seconds)));
  };
  EXPECT_THAT(at(0), IsEmpty());
  unit.restarts = 9;
  EXPECT_THAT(at(60), IsEmpty());
  unit.restarts = 10;
  EXPECT_THAT(at(90), ElementsAre("unit-restarting"));
  EXPECT_THAT(at(400), IsEmpty()) << "it is calm again";
  unit.sub_state = "auto-restart";
  EXPECT_THAT(at(401), ElementsAre("unit-restarting"));
  unit.sub_state = "running";
  unit.restarts = 0;
  EXPECT_THAT(at(402), IsEmpty()) << "started by hand";
}

// Goal: hangs add up over the boot although each question only reads what is new.
TEST(HangCounterTest, CountsFromItsCursorOn) {
  test_support::FakeJournal journal;
  ap::health::HangCounter counter;
  journal.page.entries.resize(2);
  journal.page.next = "c1";
  EXPECT_EQ(counter.count(journal), 2U);
  journal.page.entries.resize(1);
  EXPECT_EQ(counter.count(journal), 3U);
  EXPECT_EQ(journal.queries[1].cursor, "c1");
  EXPECT_TRUE(journal.queries[1].is_kernel);
}

TEST(BootPhaseTest, TellsWhereTheMachineIs) {
  const support::TemporaryDirectory root;
  test_support::FakeSystemManager manager;
  manager.add("bristle-dataplane.service");
  manager.add("bristle-engine.service", "activating");
  const auto phase = [&](std::int64_t uptime) {
    return ap::health::read_boot_phase(root.path(), manager, uptime);
  };
  EXPECT_EQ(phase(30).phase, "starting");
  EXPECT_THAT(phase(30).text, HasSubstr("Query engine"));
  EXPECT_EQ(phase(3600).phase, "ready");
  write(root.path() / "usr/lib/bristle/appliance", "");
  EXPECT_EQ(phase(30).phase, "first-boot");
  write(root.path() / "data/state/firstboot/good", "");
  EXPECT_EQ(phase(30).phase, "starting");
  write(root.path() / "run/bristle/recovery", "no disk has the array data\n");
  EXPECT_EQ(phase(30).phase, "recovery");
  EXPECT_THAT(phase(30).text, HasSubstr("no disk has the array data"));
}

TEST(BootWarningsTest, PassOnWhatTheBootLeft) {
  const support::TemporaryDirectory root;
  EXPECT_THAT(ap::health::boot_warnings(root.path()), IsEmpty());
  write(
      root.path() / "run/bristle/warnings.json",
      R"([{"noun":"settings","severity":"warning","code":"seed-broken","text":"t","advice":"a"}])");
  EXPECT_THAT(codes(ap::health::boot_warnings(root.path())), ElementsAre("seed-broken"));
  write(root.path() / "run/bristle/warnings.json", "{broken");
  EXPECT_THAT(ap::health::boot_warnings(root.path()), IsEmpty());
}

// Goal: a rate needs two readings far enough apart, and a restarted counter starts over.
TEST(CaptureMeterTest, MeasuresTheRateBetweenReadings) {
  std::optional<std::string> metrics;
  ap::health::CaptureMeter meter(
      [&metrics](const std::string&, const std::string&) { return metrics; });
  const std::chrono::steady_clock::time_point start{};
  const auto after = [start](int milliseconds) {
    return start + std::chrono::milliseconds(milliseconds);
  };
  EXPECT_FALSE(meter.read("a", start).is_up);
  metrics = "# TYPE x\nbristle_events_accepted_total 100\n";
  EXPECT_EQ(meter.read("a", start).rate_per_second, std::nullopt);
  metrics = "bristle_events_accepted_total_other 1\nbristle_events_accepted_total 150\n";
  EXPECT_EQ(meter.read("a", after(500)).rate_per_second, std::nullopt);
  EXPECT_EQ(meter.read("a", after(2000)).rate_per_second, 25);
  EXPECT_EQ(meter.read("a", after(2100)).rate_per_second, 25);
  metrics = "bristle_events_accepted_total 3\n";
  const auto restarted = meter.read("a", after(4000));
  EXPECT_EQ(restarted.rate_per_second, std::nullopt);
  EXPECT_EQ(restarted.events_total, 3U);
}

TEST(CaptureMeterTest, RefusesAddressesItCannotReach) {
  EXPECT_EQ(ap::health::fetch_http("no port", "/metrics"), std::nullopt);
  EXPECT_EQ(ap::health::fetch_http("[::1]:9100", "/metrics"), std::nullopt);
  EXPECT_EQ(ap::health::fetch_http("127.0.0.1:1", "/metrics"), std::nullopt);
}

TEST(EnvironmentTest, LetsTheLaterFileWin) {
  const support::TemporaryDirectory root;
  write(root.path() / "usr/lib/bristle/environment",
        "# no\nSITE_URL=http://a\nEMPTY=\nQ=\"x y\"\n");
  write(root.path() / "run/bristle/environment", "SITE_URL=http://10.1.1.30");
  const auto values = ap::health::read_environment(root.path());
  EXPECT_EQ(values.at("SITE_URL"), "http://10.1.1.30");
  EXPECT_EQ(values.at("Q"), "x y");
  EXPECT_EQ(values.at("EMPTY"), "");
}

TEST(EnvironmentTest, ReadsTheKernelsLine) {
  const support::TemporaryDirectory root;
  write(root.path() / "proc/cmdline", "bristle.slot=b root=LABEL=root-b ro bristle.slotted=x\n");
  EXPECT_EQ(ap::health::kernel_parameter(root.path(), "bristle.slot"), "b");
  EXPECT_EQ(ap::health::kernel_parameter(root.path(), "slot"), "");
}

TEST(DiskBudgetTest, CountsPartsAndTheRest) {
  const support::TemporaryDirectory root;
  write(root.path() / "var/lib/bristle/event-log/0/1.log", std::string(100'000, 'x'));
  ap::health::DiskBudgetMeter meter(root.path(), ap::health::read_space);
  const auto budget = meter.read({});
  EXPECT_EQ(budget.path, "/var/lib/bristle");
  EXPECT_GT(budget.size_bytes, 0U);
  ASSERT_EQ(budget.parts.size(), 5U);
  EXPECT_EQ(budget.parts[0].name, "Event log");
  EXPECT_GE(budget.parts[0].bytes, 100'000U);
  EXPECT_EQ(budget.parts[4].name, "Other");
}

TEST(DiskBudgetTest, StopsCountingAtItsBound) {
  const support::TemporaryDirectory root;
  for (int index = 0; index < 20; ++index) {
    write(root.path() / ("f" + std::to_string(index)), std::string(4096, 'x'));
  }
  EXPECT_LT(ap::health::bytes_below(root.path(), 5), ap::health::bytes_below(root.path(), 100));
  EXPECT_EQ(ap::health::bytes_below(root.path() / "absent", 100), 0U);
}

}  // namespace
