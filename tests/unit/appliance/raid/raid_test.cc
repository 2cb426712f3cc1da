// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/raid.h"

#include "appliance/exec/failure.h"
#include "tests/support/storage_model.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace ap::raid {
namespace {

using test_support::StorageModel;
using testing::HasSubstr;

void ignore(double /*share*/, const std::string& /*step*/) {}

std::string refusal(const Raid& raid, const std::string& action, const std::string& argument) {
  try {
    static_cast<void>(raid.plan(action, argument));
  } catch (const exec::Failure& failure) {
    return failure.what();
  }
  return {};
}

class RaidTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!StorageModel::has_tools()) {
      GTEST_SKIP() << "mtools or dosfstools are not installed";
    }
    model_.add_flashed("sda", "S1", 256, 0, {0});
    model_.boot();
  }

  void add_disk(const std::string& signature) {
    model_.add_blank("sdb", "S2", 256);
    model_.disk("sdb").signature = signature;
    model_.boot();
  }

  StorageModel model_;
  Raid raid_{model_, model_.root()};
};

// Goal: the description has the shape of the bus and names disks by serial number.
TEST_F(RaidTest, DescribesDisksAndArraysAsTheBusHasThem) {
  add_disk("ntfs");
  model_.arrays["root-a"].members.front().is_rebuilding = true;
  static_cast<void>(model_.run({{"mdadm", "--run", "nothing"}, {}, {}}));  // shows it in sysfs
  const auto document = boost::json::parse(to_json(raid_.describe())).as_object();
  const auto& array = document.at("arrays").as_array().front().as_object();
  EXPECT_EQ(array.at("name"), "root-a");
  EXPECT_EQ(array.at("device"), "/dev/md127");
  EXPECT_EQ(array.at("state"), "resyncing");
  EXPECT_EQ(array.at("wanted"), 2);
  EXPECT_EQ(array.at("present"), 0);
  EXPECT_EQ(array.at("members").as_array().front().as_object().at("serial"), "S1");
  EXPECT_EQ(array.at("members").as_array().front().as_object().at("state"), "rebuilding");
  const auto& sync = array.at("sync").as_object();
  EXPECT_EQ(sync.at("action"), "recover");
  EXPECT_EQ(sync.at("progress"), 0.25);
  EXPECT_EQ(sync.at("bytes_per_second"), 1024 * 1024);
  EXPECT_EQ(sync.at("remaining_s"), 6);
  EXPECT_EQ(document.at("arrays").as_array().at(2).as_object().at("state"), "missing");
  const auto& disk = document.at("disks").as_array().at(1).as_object();
  EXPECT_EQ(disk.at("serial"), "S2");
  EXPECT_EQ(disk.at("model"), "Model S2");
  EXPECT_EQ(disk.at("size_bytes"), 256 << 20);
  EXPECT_EQ(disk.at("role"), "foreign");
  EXPECT_EQ(disk.at("text"), "has data: ntfs");
}

// Goal: a blank disk becomes a full half of the mirror, bootable, with everything in the plan.
TEST_F(RaidTest, AdoptsABlankDisk) {
  add_disk("");
  const Plan plan = raid_.plan("adopt", "S2");
  EXPECT_THAT(to_json(plan), HasSubstr("Everything on disk S2 is overwritten."));
  EXPECT_GE(plan.steps.size(), 4U);
  EXPECT_THAT(raid_.act("adopt", "S2", ignore), HasSubstr("S2 is part of the mirror"));
  const Storage storage = raid_.describe();
  const Disk* disk = storage.by_serial("S2");
  EXPECT_EQ(disk->role, DiskRole::member);
  EXPECT_EQ(storage.active(kRootA)->members.size(), 2U);
  EXPECT_EQ(storage.active(kRootA)->state, ArrayState::resyncing);
  EXPECT_EQ(storage.active(kRootB)->members.size(), 2U);
}

// Goal: an adoption that fails midway leaves the disk blank and out of every array.
TEST_F(RaidTest, FailedAdoptionIsTakenBack) {
  add_disk("");
  model_.disk("sdb").is_broken = true;
  EXPECT_THROW(raid_.act("adopt", "S2", ignore), exec::Failure);
  model_.disk("sdb").is_broken = false;
  model_.boot();
  const Storage storage = raid_.describe();
  EXPECT_EQ(storage.by_serial("S2")->role, DiskRole::blank);
  EXPECT_EQ(storage.active(kRootA)->members.size(), 1U);
}

// Goal: what must not be done is refused in words that say why, before anything is touched.
TEST_F(RaidTest, RefusesWithAReason) {
  add_disk("ext4");
  struct Case {
    std::string action;
    std::string argument;
    std::string reason;
  };
  const std::vector<Case> cases{{"adopt", "S2", "has data: ext4"},
                                {"adopt", "S9", "no disk with the serial number S9"},
                                {"adopt", "", "no disk with the serial number"},
                                {"scrub", "root-a", "has one disk only"},
                                {"scrub", "nothing", "no running array nothing"},
                                {"erase", "S2", "no action erase"}};
  for (const auto& [action, argument, reason] : cases) {
    EXPECT_THAT(refusal(raid_, action, argument), HasSubstr(reason));
  }
  EXPECT_TRUE(std::none_of(model_.ran.begin(), model_.ran.end(), [](const auto& words) {
    return words[0] == "mdadm" || words[0] == "partx";
  }));
}

// Goal: comparing starts only when the mirror is whole and idle, and is read back.
TEST_F(RaidTest, ScrubsAWholeMirror) {
  add_disk("");
  raid_.act("adopt", "S2", ignore);
  EXPECT_THAT(refusal(raid_, "scrub", "root-a"), HasSubstr("busy (recover)"));
  model_.boot();  // the copy is done
  EXPECT_THAT(raid_.act("scrub", "root-a", ignore), HasSubstr("being compared"));
  std::ifstream action(model_.root() / "sys/block/md127/md/sync_action");
  std::string word;
  action >> word;
  EXPECT_EQ(word, "check");
}

}  // namespace
}  // namespace ap::raid
