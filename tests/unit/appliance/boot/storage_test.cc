// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/boot/storage.h"

#include "appliance/boot/good.h"
#include "appliance/raid/disks.h"
#include "appliance/raid/grub_environment.h"
#include "tests/support/storage_model.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace ap::boot {
namespace {

namespace fs = std::filesystem;
using test_support::PowerCut;
using test_support::StorageModel;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

raid::GrubEnvironment boot_variables(const StorageModel& model, const std::string& partition) {
  const raid::BlockFile esp(model.root() / "dev" / partition, raid::BlockFile::Access::read);
  return raid::read_grub_environment(esp, 0).value_or(raid::GrubEnvironment{});
}

/// What every finished boot must have reached on `disks` disks.
void expect_whole(StorageModel& model, std::size_t disks) {
  EXPECT_TRUE(fs::exists(model.root() / "data/var/lib/factory"));
  EXPECT_TRUE(fs::exists(model.root() / "var/lib/factory"));
  EXPECT_TRUE(fs::exists(model.root() / "data/state/firstboot/storage"));
  EXPECT_EQ(text_of(model.root() / "data/state/machine-id"), "0123456789abcdef0123456789abcdef\n");
  EXPECT_EQ(text_of(model.root() / "run/bristle/seed/seed.toml"), "version = 1\n");
  EXPECT_FALSE(fs::exists(model.root() / "run/bristle/recovery"));
  const raid::Storage storage = raid::read_storage(model, model.root());
  std::size_t members = 0;
  for (const raid::Disk& disk : storage.disks) {
    if (disk.role != raid::DiskRole::member) {
      continue;
    }
    ++members;
    EXPECT_TRUE(disk.is_bootable) << disk.serial;
    EXPECT_TRUE(disk.table->is_backup_at_end) << disk.serial;
    EXPECT_EQ(disk.table->find("data")->attributes & raid::kPreparing, 0U) << disk.serial;
    EXPECT_NE(disk.table->find("esp")->attributes & raid::kOwnIdentity, 0U) << disk.serial;
    EXPECT_EQ(boot_variables(model, disk.name + "2")["machine_id"],
              "0123456789abcdef0123456789abcdef");
  }
  EXPECT_EQ(members, disks);
  for (const raid::Array& array : storage.arrays) {
    EXPECT_TRUE(array.is_active) << array.name;
    EXPECT_EQ(array.members.size(), disks) << array.name;
  }
}

/// One way a server can look when the power comes on for the first time.
struct Case {
  std::string name;
  void (*build)(StorageModel&);
  std::size_t disks;
};

const std::vector<Case>& first_boots() {
  static const std::vector<Case> cases{
      {"one disk", [](StorageModel& model) { model.add_flashed("sda", "S1", 256, 0, {0}); }, 1},
      {"one flashed, one blank",
       [](StorageModel& model) {
         model.add_blank("sda", "S0", 256);
         model.add_flashed("sdb", "S1", 256, 0, {0});
       },
       2},
      {"one flashed, a smaller one blank",
       [](StorageModel& model) {
         model.add_flashed("sda", "S1", 300, 0, {0});
         model.add_blank("sdb", "S2", 250);
       },
       2},
      {"a stamped pair",
       [](StorageModel& model) {
         model.add_flashed("sda", "S1", 256, 0, {0, 1}, 0);
         model.add_flashed("sdb", "S2", 256, 1, {0, 1}, 1);
       },
       2},
  };
  return cases;
}

class StorageTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!StorageModel::has_tools()) {
      GTEST_SKIP() << "mtools or dosfstools are not installed";
    }
  }
};

// Goal: every kind of first boot ends with /data and /var mounted and the mirror as whole as its
// disks allow; the next boot changes nothing.
TEST_F(StorageTest, FirstBootCompletesTheMirror) {
  for (const Case& each : first_boots()) {
    SCOPED_TRACE(each.name);
    StorageModel model;
    each.build(model);
    model.boot();
    const StorageResult result = prepare_storage(model, model.root());
    EXPECT_EQ(result.recovery.value_or(""), "");
    EXPECT_TRUE(result.alerts.empty());
    expect_whole(model, each.disks);
    std::ofstream(model.root() / "data/precious") << "events";

    model.boot();
    StorageResult again = prepare_storage(model, model.root());
    std::erase(again.steps, "start the array data");  // half an array waits for the other half
    EXPECT_EQ(again.steps, (std::vector<std::string>{"mount /data", "mount /var"}));
    expect_whole(model, each.disks);
    EXPECT_EQ(text_of(model.root() / "data/precious"), "events");
    EXPECT_EQ(model.data_formats, 1U);
  }
}

// Goal: a power cut after any command of the first boot is survived: the next boot, cut or not,
// ends in the same state. Method: cut after 0, 1, 2 … commands until the boot runs through.
TEST_F(StorageTest, PowerCutAnywhereIsSurvived) {
  for (const Case& each : first_boots()) {
    bool was_cut = true;
    for (std::size_t commands = 0; was_cut; ++commands) {
      SCOPED_TRACE(each.name + ", cut after " + std::to_string(commands));
      StorageModel model;
      each.build(model);
      model.boot();
      model.cut_after(commands);
      was_cut = false;
      try {
        prepare_storage(model, model.root());
      } catch (const PowerCut&) {
        was_cut = true;
      }
      model.boot();
      const StorageResult result = prepare_storage(model, model.root());
      EXPECT_EQ(result.recovery.value_or(""), "");
      expect_whole(model, each.disks);
      ASSERT_LT(commands, 200U);
    }
  }
}

// Goal: a boot with half of the mirror does not wait, does not fail and makes nothing new; the disk
// that comes back, or a blank one in its place, completes the mirror.
TEST_F(StorageTest, HalfAMirrorBootsAndIsCompletedLater) {
  StorageModel model;
  model.add_flashed("sda", "S1", 256, 0, {0, 1}, 0);
  model.add_flashed("sdb", "S2", 256, 1, {0, 1}, 1);
  model.boot();
  prepare_storage(model, model.root());
  std::ofstream(model.root() / "data/precious") << "events";

  model.remove("sda");
  const StorageResult half = prepare_storage(model, model.root());
  EXPECT_EQ(half.recovery.value_or(""), "");
  expect_whole(model, 1);
  EXPECT_EQ(text_of(model.root() / "data/precious"), "events");

  model.add_blank("sdc", "S3", 252);
  model.boot();
  const StorageResult full = prepare_storage(model, model.root());
  EXPECT_EQ(full.recovery.value_or(""), "");
  expect_whole(model, 2);
  EXPECT_EQ(text_of(model.root() / "data/precious"), "events");
  EXPECT_EQ(model.data_formats, 1U);
}

// Goal: the same bytes on both disks are refused: nothing is written to either, and the machine is
// up from memory with the reason.
TEST_F(StorageTest, TwinsAreRefused) {
  StorageModel model;
  model.add_flashed("sda", "S1", 256, 0, {0});
  model.add_flashed("sdb", "S2", 256, 0, {0});
  model.boot();
  const StorageResult result = prepare_storage(model, model.root());
  EXPECT_NE(result.recovery.value_or("").find("copies of each other"), std::string::npos);
  EXPECT_TRUE(fs::exists(model.root() / "var/lib/factory"));
  EXPECT_EQ(text_of(model.root() / "run/bristle/seed/seed.toml"), "version = 1\n");
  const raid::Storage storage = raid::read_storage(model, model.root());
  for (const raid::Disk& disk : storage.disks) {
    EXPECT_EQ(disk.table->find("data"), nullptr);
    EXPECT_EQ(disk.table->find("esp")->attributes, 0U);
  }
}

// Goal: a second disk that holds something, is too small, or breaks, is left alone with a word
// about it, and the server boots on its own disk.
TEST_F(StorageTest, UnusableSecondDiskIsLeftAlone) {
  struct Stranger {
    void (*build)(StorageModel&);
    std::string alert;
  };
  const std::vector<Stranger> strangers{
      {[](StorageModel& model) {
         model.add_blank("sdb", "S2", 256);
         model.disk("sdb").signature = "ntfs";
       },
       "disk S2 is not used: it has data: ntfs"},
      {[](StorageModel& model) { model.add_blank("sdb", "S2", 50); }, "S2 is too small"},
      {[](StorageModel& model) {
         model.add_blank("sdb", "S2", 256);
         model.disk("sdb").is_broken = true;
       },
       "Input/output error"},
  };
  for (const auto& [build, alert] : strangers) {
    SCOPED_TRACE(alert);
    StorageModel model;
    model.add_flashed("sda", "S1", 256, 0, {0});
    build(model);
    model.boot();
    const StorageResult result = prepare_storage(model, model.root());
    EXPECT_EQ(result.recovery.value_or(""), "");
    ASSERT_FALSE(result.alerts.empty());
    EXPECT_NE(result.alerts.front().find(alert), std::string::npos) << result.alerts.front();
    EXPECT_TRUE(fs::exists(model.root() / "data/state/firstboot/storage"));
  }
}

// Goal: data that cannot be used never means a machine that cannot be reached, and is never made
// anew.
TEST_F(StorageTest, DamagedDataMeansMemoryAndAReason) {
  StorageModel model;
  model.add_flashed("sda", "S1", 256, 0, {0});
  model.boot();
  prepare_storage(model, model.root());
  model.is_data_damaged = true;
  model.boot();
  const StorageResult result = prepare_storage(model, model.root());
  EXPECT_NE(result.recovery.value_or("").find("damaged"), std::string::npos);
  EXPECT_NE(text_of(model.root() / "run/bristle/recovery").find("damaged"), std::string::npos);
  EXPECT_TRUE(fs::exists(model.root() / "var/lib/factory"));
  EXPECT_EQ(model.data_formats, 1U);
}

}  // namespace
}  // namespace ap::boot
