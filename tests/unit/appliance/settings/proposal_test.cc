// SPDX-License-Identifier: LicenseRef-Project
// Goal: a change is armed to revert before it is put to work, becomes permanent only by confirm,
// and every way out leaves the box on one set of settings.
#include "appliance/settings/proposal.h"

#include "appliance/settings/files.h"
#include "appliance/settings/store.h"
#include "tests/support/fake_runner.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ap::settings {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kPatch = R"({"vswitch":{"address":"10.1.1.31/24"}})";

/// Remembers what was put to work, by vSwitch address.
class FakeActivation final : public Activation {
 public:
  std::vector<std::string> steps(const Settings& from, const Settings& to) override {
    return {from.vswitch.address + " to " + to.vswitch.address};
  }
  void activate(const Settings& from, const Settings& to) override {
    log.push_back(from.vswitch.address + " to " + to.vswitch.address);
    if (to.vswitch.address == fails_on) {
      throw exec::Failure(exec::FailureKind::failed, "networkctl failed");
    }
  }

  std::vector<std::string> restore(const Settings& from, const Settings& to) override {
    log.push_back(from.vswitch.address + " back to " + to.vswitch.address);
    return complaints;
  }

  std::vector<std::string> log;
  std::string fails_on;
  std::vector<std::string> complaints;
};

class ProposalTest : public ::testing::Test {
 protected:
  void expect_disarm() {
    runner_.expect({"systemctl", "stop", "bristle-network-revert.timer"}, {5, "", "not loaded"});
  }
  void expect_arm(int exit_status = 0) {
    expect_disarm();
    runner_.expect(
        {"systemd-run", "--collect", "--unit=bristle-network-revert", "--on-active=60",
         "--timer-property=AccuracySec=100ms", "/usr/lib/bristle/bristle-boot", "revert-network"},
        {exit_status, "", "no bus"});
  }
  std::string permanent() { return load(directory_.path()).settings.vswitch.address; }

  support::TemporaryDirectory directory_;
  test_support::FakeRunner runner_;
  FakeActivation activation_;
  Proposal network_{directory_.path(), runner_, activation_, "network", {"public", "vswitch"}};
  Proposal firewall_{directory_.path(), runner_, activation_, "firewall", {"firewall"}};
};

TEST_F(ProposalTest, PlanShowsTheChangeAndDoesNothing) {
  const auto plan = network_.plan(kPatch);
  EXPECT_EQ(to_json(plan), R"({"changes":[{"field":"vswitch.address","from":"10.1.1.30/24",)"
                           R"("to":"10.1.1.31/24"}],"steps":["10.1.1.30/24 to 10.1.1.31/24",)"
                           R"("Go back by itself after 60 seconds unless confirmed"],)"
                           R"("warnings":[]})");
  EXPECT_THAT(activation_.log, IsEmpty());
  EXPECT_THAT(network_.plan("{}").steps, IsEmpty());
}

TEST_F(ProposalTest, ConfirmedChangeIsPermanent) {
  expect_arm();
  network_.apply(kPatch);
  EXPECT_EQ(permanent(), "10.1.1.30/24");
  EXPECT_EQ(network_.in_effect().vswitch.address, "10.1.1.31/24");
  ASSERT_TRUE(network_.seconds_left());
  EXPECT_GE(*network_.seconds_left(), 50);
  EXPECT_LE(*network_.seconds_left(), 60);
  expect_disarm();
  network_.confirm();
  EXPECT_EQ(permanent(), "10.1.1.31/24");
  EXPECT_FALSE(network_.seconds_left());
  EXPECT_FALSE(network_.revert());
  EXPECT_THAT(activation_.log, ElementsAre("10.1.1.30/24 to 10.1.1.31/24"));
}

TEST_F(ProposalTest, RevertedChangeIsGone) {
  expect_arm();
  network_.apply(kPatch);
  expect_disarm();
  EXPECT_TRUE(network_.revert());
  EXPECT_THAT(activation_.log,
              ElementsAre("10.1.1.30/24 to 10.1.1.31/24", "10.1.1.31/24 back to 10.1.1.30/24"));
  EXPECT_EQ(permanent(), "10.1.1.30/24");
  EXPECT_EQ(network_.in_effect().vswitch.address, "10.1.1.30/24");
  EXPECT_THROW(network_.confirm(), exec::Failure);
}

TEST_F(ProposalTest, ChangeEndsEvenWhenGoingBackIsIncomplete) {
  expect_arm();
  network_.apply(kPatch);
  activation_.complaints = {"networkctl failed", "nft failed"};
  expect_disarm();
  try {
    network_.revert();
    ADD_FAILURE() << "silent";
  } catch (const exec::Failure& failure) {
    EXPECT_STREQ(failure.what(), "the old settings are back, but: networkctl failed; nft failed");
  }
  EXPECT_FALSE(network_.seconds_left());
}

TEST_F(ProposalTest, WithoutATimerNothingIsPutToWork) {
  expect_arm(1);
  EXPECT_THROW(network_.apply(kPatch), exec::Failure);
  EXPECT_THAT(activation_.log, IsEmpty());
  EXPECT_FALSE(network_.seconds_left());
}

TEST_F(ProposalTest, ChangeThatCannotBePutToWorkIsUndoneAtOnce) {
  activation_.fails_on = "10.1.1.31/24";
  expect_arm();
  expect_disarm();
  EXPECT_THROW(network_.apply(kPatch), exec::Failure);
  EXPECT_THAT(activation_.log,
              ElementsAre("10.1.1.30/24 to 10.1.1.31/24", "10.1.1.31/24 back to 10.1.1.30/24"));
  EXPECT_FALSE(network_.seconds_left());
}

TEST_F(ProposalTest, OnlyOneChangeWaitsAtATime) {
  expect_arm();
  network_.apply(kPatch);
  try {
    firewall_.apply(R"({"firewall":{"ssh_from":["192.0.2.0/24"]}})");
    ADD_FAILURE() << "applied";
  } catch (const exec::Failure& failure) {
    EXPECT_EQ(failure.kind(), exec::FailureKind::refused);
    EXPECT_THAT(failure.what(), HasSubstr("a change of the network waits to be confirmed"));
  }
  EXPECT_FALSE(firewall_.seconds_left());
}

TEST_F(ProposalTest, ChangeAbandonedByACrashIsWithdrawn) {
  Settings left_behind;
  left_behind.vswitch.address = "10.1.1.99/24";
  const auto folder = directory_.path() / "run/bristle/pending";
  write_atomically(folder / "network.toml", to_toml(left_behind));
  write_atomically(folder / "network.deadline", "-1000");
  expect_arm();
  network_.apply(kPatch);
  EXPECT_THAT(activation_.log,
              ElementsAre("10.1.1.99/24 back to 10.1.1.30/24", "10.1.1.30/24 to 10.1.1.31/24"));
}

TEST_F(ProposalTest, NothingToChangeIsRefused) {
  EXPECT_THROW(network_.apply(R"({"vswitch":{"vlan":4000}})"), exec::Failure);
  EXPECT_THROW(network_.confirm(), exec::Failure);
}

TEST(StoreTest, FallsBackFromFileToSeedToDefaults) {
  const support::TemporaryDirectory root;
  EXPECT_EQ(load(root.path()).source, Source::defaults);
  EXPECT_THAT(load(root.path()).warnings, ElementsAre(HasSubstr("DHCP")));

  Settings seed;
  seed.hostname = "seeded";
  write_atomically(below(root.path(), kSeedPath), to_toml(seed));
  EXPECT_EQ(load(root.path()).source, Source::seed);
  EXPECT_EQ(load(root.path()).settings, seed);

  Settings own;
  own.hostname = "own";
  save(root.path(), own);
  EXPECT_EQ(load(root.path()).source, Source::file);
  EXPECT_EQ(load(root.path()).settings, own);

  write_atomically(below(root.path(), kSettingsPath), "version = 1\nhostname = '/'\n");
  const auto loaded = load(root.path());
  EXPECT_EQ(loaded.settings, seed);
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("appliance.toml is not used: hostname: ")));
}

TEST(FilesTest, ChangedPathsNameWhatDiffersOnEitherSide) {
  EXPECT_THAT(changed_paths({{"/a", "1"}, {"/b", "1"}, {"/c", "1"}},
                            {{"/b", "1"}, {"/c", "2"}, {"/d", "1"}}),
              ElementsAre("/a", "/c", "/d"));
}

TEST(FilesTest, WrittenFilesReplaceOldOnesAndLeaveNothingBeside) {
  const support::TemporaryDirectory root;
  write_files(root.path(), {{"/run/x/one", "1"}});
  write_files(root.path(), {{"/run/x/one", "2"}});
  EXPECT_EQ(read_text(root.path() / "run/x/one"), "2");
  EXPECT_FALSE(std::filesystem::exists(root.path() / "run/x/one.new"));
  EXPECT_FALSE(read_text(root.path() / "run/x"));
  EXPECT_FALSE(read_text(root.path() / "run/y"));
}

}  // namespace
}  // namespace ap::settings
