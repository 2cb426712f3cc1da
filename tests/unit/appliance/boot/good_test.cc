// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/boot/good.h"

#include "appliance/boot/storage.h"
#include "appliance/exec/failure.h"
#include "appliance/raid/grub_environment.h"
#include "tests/support/storage_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace ap::boot {
namespace {

namespace fs = std::filesystem;
using test_support::StorageModel;
using testing::HasSubstr;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class GoodTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!StorageModel::has_tools()) {
      GTEST_SKIP() << "mtools or dosfstools are not installed";
    }
    model_.add_flashed("sda", "S1", 256, 0, {0, 1}, 0);
    model_.add_flashed("sdb", "S2", 256, 1, {0, 1}, 1);
    model_.links =
        R"([{"ifname":"enp0s31f6","operstate":"UP","address":"02:00:00:00:00:01","mtu":1500,)"
        R"("addr_info":[{"family":"inet","local":"192.0.2.10","prefixlen":32,"scope":"global"}]}])";
    model_.boot();
    ASSERT_FALSE(prepare_storage(model_, model_.root()).recovery);
  }

  raid::GrubEnvironment variables(const std::string& partition) {
    const raid::BlockFile esp(model_.root() / "dev" / partition, raid::BlockFile::Access::read);
    return raid::read_grub_environment(esp, 0).value_or(raid::GrubEnvironment{});
  }

  StorageModel model_;
};

// Goal: the boot loader of either disk trusts the slot again, and only that one.
TEST_F(GoodTest, MarksTheBootedSlotOnEveryDisk) {
  EXPECT_TRUE(mark_good(model_, model_.root()).empty());
  for (const char* partition : {"sda2", "sdb2"}) {
    EXPECT_EQ(variables(partition)["A_TRY"], "0") << partition;
    EXPECT_EQ(variables(partition)["A_OK"], "1") << partition;
    EXPECT_EQ(variables(partition).count("B_OK"), 0U) << partition;
    EXPECT_EQ(variables(partition)["ORDER"], "A B") << partition;
  }
}

// Goal: the console says once where the product is and how to get in.
TEST_F(GoodTest, SaysOnceOnTheConsoleWhereThePageIs) {
  mark_good(model_, model_.root());
  const std::string console = text_of(model_.root() / "dev/console");
  EXPECT_THAT(console, HasSubstr("http://10.1.1.30"));
  EXPECT_THAT(console, HasSubstr("public address   192.0.2.10\n"));
  EXPECT_THAT(console, HasSubstr("login link"));
  fs::remove(model_.root() / "dev/console");
  mark_good(model_, model_.root());
  EXPECT_FALSE(fs::exists(model_.root() / "dev/console"));
}

// Goal: a disk whose ESP is broken is named, and the other one is still marked.
TEST_F(GoodTest, NamesADiskThatCannotBeMarked) {
  {
    raid::BlockFile esp(model_.root() / "dev/sdb2", raid::BlockFile::Access::write);
    esp.zero(0, 1U << 20U);
  }
  const auto trouble = mark_good(model_, model_.root());
  ASSERT_EQ(trouble.size(), 1U);
  EXPECT_THAT(trouble.front(), HasSubstr("disk S2"));
  EXPECT_EQ(variables("sda2")["A_TRY"], "0");
}

// Goal: a broken ESP of the second disk is made again from the first at the next boot.
TEST_F(GoodTest, BrokenEspIsRepairedFromItsTwin) {
  {
    raid::BlockFile esp(model_.root() / "dev/sdb2", raid::BlockFile::Access::write);
    esp.zero(0, 1U << 20U);
  }
  model_.boot();
  const auto result = prepare_storage(model_, model_.root());
  EXPECT_FALSE(result.recovery);
  EXPECT_EQ(variables("sdb2"), variables("sda2"));
}

// Goal: without a slot on the kernel line nothing is marked.
TEST_F(GoodTest, WantsASlot) {
  std::ofstream(model_.root() / "proc/cmdline") << "root=LABEL=root-a bristle.slot=c\n";
  EXPECT_THROW(mark_good(model_, model_.root()), exec::Failure);
}

}  // namespace
}  // namespace ap::boot
