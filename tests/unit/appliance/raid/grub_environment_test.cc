// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/grub_environment.h"

#include "appliance/exec/runner.h"
#include "appliance/raid/esp.h"
#include "appliance/raid/fat.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace ap::raid {
namespace {

namespace fs = std::filesystem;

bool has_tool(const char* name) {
  return fs::exists(fs::path("/usr/bin") / name) || fs::exists(fs::path("/usr/sbin") / name) ||
         fs::exists(fs::path("/sbin") / name);
}

// Goal: what is written is read back, values with every character included.
TEST(GrubEnvironmentTest, SurvivesWritingAndParsing) {
  const GrubEnvironment variables{
      {"A_OK", "1"}, {"ORDER", "A B"}, {"extra_cmdline", "a=b\\c\nd"}, {"machine_id", ""}};
  const std::string block = encode_grub_environment(variables);
  EXPECT_EQ(block.size(), kGrubEnvironmentBytes);
  EXPECT_EQ(parse_grub_environment(block), variables);
}

// Goal: what is no block is not read, and what does not fit is not written.
TEST(GrubEnvironmentTest, RefusesWhatIsNoBlock) {
  std::string block = encode_grub_environment({{"A_OK", "1"}});
  EXPECT_FALSE(parse_grub_environment(block.substr(1)));
  block[0] = 'x';
  EXPECT_FALSE(parse_grub_environment(block));
  EXPECT_THROW(encode_grub_environment({{"long", std::string(1024, 'x')}}), exec::Failure);
  EXPECT_THROW(encode_grub_environment({{"A=B", "1"}}), exec::Failure);
}

// Goal: the boot loader's own tool understands our block and we understand its.
TEST(GrubEnvironmentTest, AgreesWithTheBootLoadersTool) {
  if (!has_tool("grub-editenv")) {
    GTEST_SKIP() << "grub-editenv is not installed";
  }
  const support::TemporaryDirectory directory;
  const std::string path = (directory.path() / "grubenv").string();
  std::ofstream(path) << encode_grub_environment({{"A_TRY", "2"}});
  exec::ProcessRunner runner;
  EXPECT_EQ(runner.require({{"grub-editenv", path, "list"}, {}, {}}), "A_TRY=2\n");
  runner.require({{"grub-editenv", path, "set", "B_OK=1", "extra_cmdline=quiet a=b"}, {}, {}});
  const auto block = BlockFile(path, BlockFile::Access::read).read(0, kGrubEnvironmentBytes);
  const GrubEnvironment expected{{"A_TRY", "2"}, {"B_OK", "1"}, {"extra_cmdline", "quiet a=b"}};
  EXPECT_EQ(parse_grub_environment({reinterpret_cast<const char*>(block.data()), block.size()}),
            expected);
}

// Goal: on a real FAT32, at an offset, the environment is changed in place: the file system's own
// tool reads the new block. Clusters of one sector that do not lie together (the ESP of test
// images), and one cluster larger than the file (the ESP of 512 MiB).
TEST(GrubEnvironmentTest, IsChangedInPlaceOnAFileSystem) {
  if (!has_tool("mkfs.fat") || !has_tool("mcopy")) {
    GTEST_SKIP() << "mtools or dosfstools are not installed";
  }
  constexpr std::uint64_t kStart = 1U << 20U;
  for (const auto& [cluster_sectors, mebibytes] : {std::pair("1", 40U), std::pair("8", 300U)}) {
    SCOPED_TRACE(cluster_sectors);
    const support::TemporaryDirectory directory;
    const fs::path disk = directory.path() / "disk";
    std::ofstream{disk}.close();
    fs::resize_file(disk, kStart + (mebibytes << 20U));
    exec::ProcessRunner runner;
    runner.require({{"mkfs.fat", "-F", "32", "-s", cluster_sectors, "--offset=2048", disk.string(),
                     std::to_string(mebibytes << 10U)},
                    {},
                    {}});
    const Esp esp{disk, kStart};
    write_esp_file(runner, esp, "/one", std::string(512, '1'));
    write_esp_file(runner, esp, "/two", std::string(512, '2'));
    const std::string gap = disk.string() + "@@" + std::to_string(kStart);
    runner.require({{"mdel", "-i", gap, "::/one"}, {}, {"MTOOLS_SKIP_CHECK=1"}});
    write_esp_file(runner, esp, "/grub/grubenv", encode_grub_environment({{"A_TRY", "1"}}));

    BlockFile file(disk, BlockFile::Access::write);
    EXPECT_TRUE(update_grub_environment(file, kStart, {{"A_TRY", "0"}, {"A_OK", "1"}}));
    EXPECT_FALSE(update_grub_environment(file, kStart, {{"A_TRY", "0"}})) << "nothing to change";
    const GrubEnvironment expected{{"A_TRY", "0"}, {"A_OK", "1"}};
    EXPECT_EQ(parse_grub_environment(read_esp_file(runner, esp, "/grub/grubenv").value_or("")),
              expected);
    EXPECT_EQ(read_esp_file(runner, esp, "/two"), std::string(512, '2'));
    EXPECT_FALSE(find_fat_file(file, kStart, "/grub/missing"));
    EXPECT_FALSE(find_fat_file(file, kStart, "/grub"));
    EXPECT_FALSE(find_fat_file(file, 0, "/grub/grubenv"));
  }
}

}  // namespace
}  // namespace ap::raid
