// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/services/services.h"

#include "appliance/exec/failure.h"
#include "appliance/services/plan.h"
#include "tests/support/fake_system_manager.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;

using ap::bus::Job;
using ap::exec::Failure;
using ap::exec::FailureKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class ServicesTest : public testing::Test {
 protected:
  std::string act(const std::string& unit, const std::string& verb) {
    return services.act(unit, verb, [this](std::optional<double>, const std::string& step) {
      steps.push_back(step);
    });
  }

  std::string failure_of(const std::string& unit, const std::string& verb) {
    try {
      act(unit, verb);
    } catch (const Failure& failure) {
      kind = failure.kind();
      return failure.what();
    }
    ADD_FAILURE() << "nothing failed";
    return {};
  }

  support::TemporaryDirectory root;
  test_support::FakeSystemManager manager;
  test_support::FakeJournal journal;
  int pauses = 0;
  ap::services::Services services{root.path(), manager, journal,
                                  [this](std::chrono::milliseconds) { ++pauses; }};
  std::vector<std::string> steps;
  FailureKind kind = FailureKind::failed;
};

// Goal: only units of the catalogue that exist are listed; units of the image only on the image.
TEST_F(ServicesTest, ListsWhatThisMachineHas) {
  manager.add("bristle-dataplane.service").memory_bytes = 5;
  manager.add("bristle-storage.service", "inactive");
  manager.add("cups.service");
  const auto units = [this] {
    std::vector<std::string> names;
    const auto description = json::parse(services.describe());
    for (const auto& item : description.at("services").as_array()) {
      names.emplace_back(item.at("unit").as_string());
    }
    return names;
  };
  EXPECT_THAT(units(), ElementsAre("bristle-dataplane.service"));
  std::filesystem::create_directories(root.path() / "usr/lib/bristle");
  std::ofstream(root.path() / "usr/lib/bristle/appliance") << "";
  EXPECT_THAT(units(), ElementsAre("bristle-dataplane.service", "bristle-storage.service"));
}

// Goal: the plan says what clients notice, in words the customer can act on.
TEST_F(ServicesTest, PlansWhatClientsNotice) {
  manager.add("bristle-dataplane.service");
  manager.add("bristle-postgresql.service");
  EXPECT_THAT(services.plan("bristle-dataplane.service", "restart"),
              HasSubstr("The socket stays open"));
  EXPECT_THAT(services.plan("bristle-postgresql.service", "stop"),
              HasSubstr("events keep being accepted"));
}

TEST_F(ServicesTest, RestartsAndWatchesForTwoSeconds) {
  manager.add("bristle-api.service");
  EXPECT_EQ(act("bristle-api.service", "restart"), "API and page was restarted and is running");
  EXPECT_THAT(manager.jobs, ElementsAre(Pair("bristle-api.service", Job::restart)));
  EXPECT_GE(pauses, 7);
  EXPECT_THAT(steps.front(), HasSubstr("Restarting API and page"));
}

// Goal: a restart whose job fails does not leave the service down without a second try.
TEST_F(ServicesTest, StartsOnceMoreAfterAFailedRestart) {
  manager.add("bristle-api.service");
  manager.results = {"failed", "done"};
  EXPECT_EQ(act("bristle-api.service", "restart"), "API and page was restarted and is running");
  EXPECT_THAT(manager.jobs, ElementsAre(Pair("bristle-api.service", Job::restart),
                                        Pair("bristle-api.service", Job::start)));
}

TEST_F(ServicesTest, TellsTheLastWordsOfAFailedUnit) {
  manager.add("bristle-api.service");
  manager.results = {"failed", "failed"};
  journal.page.entries = {{"c", 1, 3, "bristle-api.service", "port in use"}};
  EXPECT_THAT(failure_of("bristle-api.service", "restart"), HasSubstr("port in use"));
  EXPECT_EQ(kind, FailureKind::failed);
}

// Goal: started is not up; a unit that falls over while it is watched is a failure.
TEST_F(ServicesTest, NoticesAUnitThatFallsOver) {
  manager.add("bristle-worker.service");
  int looks = 0;
  manager.looked = [&looks](ap::bus::UnitState& state) {
    if (++looks == 5) {
      state.restarts += 1;
    }
  };
  EXPECT_THAT(failure_of("bristle-worker.service", "start"), HasSubstr("ended by itself"));
}

// Goal: a stopped capture stays stopped although clients keep knocking at its sockets.
TEST_F(ServicesTest, ClosesTheSocketsOfWhatItStops) {
  manager.add("bristle-dataplane.service");
  manager.add("bristle-dataplane.socket");
  act("bristle-dataplane.service", "stop");
  EXPECT_THAT(manager.jobs, ElementsAre(Pair("bristle-dataplane.socket", Job::stop),
                                        Pair("bristle-dataplane.service", Job::stop)));
}

TEST_F(ServicesTest, AcceptsAOneshotThatHasFinished) {
  manager.add("bristle-canary.service", "inactive");
  EXPECT_EQ(act("bristle-canary.service", "start"), "Canary event has run");
}

TEST_F(ServicesTest, ForgetsAFailure) {
  manager.add("bristle-applianced.service", "failed");
  act("bristle-applianced.service", "reset-failed");
  EXPECT_THAT(manager.reset, ElementsAre("bristle-applianced.service"));
  EXPECT_TRUE(manager.jobs.empty());
}

// Goal: nothing outside the catalogue is touched, and nothing the catalogue does not allow.
TEST_F(ServicesTest, RefusesWhatIsNotAllowed) {
  manager.add("bristle-applianced.service");
  manager.add("ssh.service");
  manager.add("cups.service");
  const struct {
    const char* unit;
    const char* verb;
    FailureKind kind;
  } cases[] = {
      {"cups.service", "stop", FailureKind::not_found},
      {"bristle-api.service", "stop", FailureKind::not_found},  // not installed
      {"bristle-applianced.service", "stop", FailureKind::refused},
      {"ssh.service", "stop", FailureKind::refused},
      {"ssh.service", "kill", FailureKind::invalid},
      {"", "start", FailureKind::not_found},
  };
  for (const auto& item : cases) {
    SCOPED_TRACE(std::string(item.unit) + " " + item.verb);
    failure_of(item.unit, item.verb);
    EXPECT_EQ(kind, item.kind);
  }
  EXPECT_TRUE(manager.jobs.empty());
}

TEST_F(ServicesTest, ReadsTheLogOfOneUnitOrOfAll) {
  journal.page.entries = {{"s=1", 5, 4, "bristle-api.service", "hello"}};
  journal.page.next = "s=1";
  const auto page = json::parse(services.read_log("bristle-api.service", "HEL", "", "10"));
  EXPECT_EQ(page.at("next").as_string(), "s=1");
  EXPECT_EQ(page.at("entries").at(0).at("message").as_string(), "hello");
  EXPECT_THAT(journal.queries[0].units, ElementsAre("bristle-api.service"));
  EXPECT_EQ(journal.queries[0].filter, "HEL");
  services.read_log("", "", "s=1", "1000");
  EXPECT_THAT(journal.queries[1].units, testing::Contains("bristle-worker.service"));
  EXPECT_THAT(journal.queries[1].units, testing::Not(testing::Contains("ssh.service")));
}

TEST_F(ServicesTest, BoundsWhatALogCallMayAsk) {
  for (const char* lines : {"0", "1001", "-1", "", "10x", "99999999999999999999"}) {
    EXPECT_THROW(services.read_log("", "", "", lines), Failure) << lines;
  }
  EXPECT_THROW(services.read_log("", std::string(201, 'x'), "", "1"), Failure);
  EXPECT_THROW(services.read_log("cups.service", "", "", "1"), Failure);
  EXPECT_TRUE(journal.queries.empty());
}

// Goal: every sentence an operator may see is there.
TEST(CatalogueTest, SaysWhatEachAllowedVerbMeans) {
  for (const auto& entry : ap::services::catalogue()) {
    SCOPED_TRACE(std::string(entry.unit));
    EXPECT_FALSE(entry.title.empty());
    EXPECT_EQ(entry.may_stop, !entry.when_stopped.empty());
    EXPECT_EQ(entry.may_restart, !entry.when_restarted.empty());
  }
}

}  // namespace
