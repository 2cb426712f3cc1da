// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/partition_table.h"

#include "appliance/exec/runner.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace ap::raid {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDiskSectors = 64 * kSectorsPerMebibyte;

class PartitionTableTest : public testing::Test {
 protected:
  PartitionTableTest() {
    std::ofstream{path_}.close();
    fs::resize_file(path_, kDiskSectors * kSectorBytes);
  }

  static PartitionTable new_table() {
    PartitionTable table;
    table.disk_sectors = kDiskSectors;
    table.partitions = {{1, kTypeBiosBoot, {}, 2048, 2048, 0, "bios"},
                        {2, kTypeEsp, {}, 4096, 4096, kOwnIdentity, "esp"},
                        {3, kTypeRaid, {}, 8192, 8192, 0, "root-a"}};
    renew_guids(table);
    return table;
  }

  PartitionTable written() {
    PartitionTable table = new_table();
    BlockFile file(path_, BlockFile::Access::write);
    write_partition_table(file, table);
    return table;
  }

  [[nodiscard]] std::optional<PartitionTable> read() const {
    return read_partition_table(BlockFile(path_, BlockFile::Access::read));
  }

  support::TemporaryDirectory directory_;
  fs::path path_ = directory_.path() / "disk";
};

// Goal: a table comes back as it was written, from either copy.
TEST_F(PartitionTableTest, SurvivesWritingAndReading) {
  const PartitionTable table = written();
  for (const bool is_first_copy_lost : {false, true}) {
    if (is_first_copy_lost) {
      BlockFile(path_, BlockFile::Access::write).zero(kSectorBytes, kSectorBytes);
    }
    const auto again = read();
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->disk_guid, table.disk_guid);
    EXPECT_EQ(again->is_backup_at_end, !is_first_copy_lost);
    ASSERT_EQ(again->partitions.size(), 3U);
    EXPECT_EQ(again->find("esp")->attributes, kOwnIdentity);
    EXPECT_EQ(again->find("esp")->guid, table.find("esp")->guid);
    EXPECT_EQ(again->find("root-a")->first_sector, 8192U);
    EXPECT_EQ(again->find("root-a")->sectors, 8192U);
    EXPECT_EQ(again->find("data"), nullptr);
  }
}

// Goal: the real tool finds nothing wrong, after each of several writes.
TEST_F(PartitionTableTest, IsValidForSgdisk) {
  if (!fs::exists("/usr/sbin/sgdisk") && !fs::exists("/sbin/sgdisk")) {
    GTEST_SKIP() << "sgdisk is not installed";
  }
  PartitionTable table = written();
  exec::ProcessRunner runner;
  for (int round = 0; round < 3; ++round) {
    const std::string text = runner.require({{"sgdisk", "--verify", path_.string()}, {}, {}});
    EXPECT_NE(text.find("No problems found"), std::string::npos) << text;
    EXPECT_EQ(text.find("Caution"), std::string::npos) << text;
    BlockFile file(path_, BlockFile::Access::write);
    write_partition_table(file, table);
  }
  const std::string names = runner.require({{"sgdisk", "--print", path_.string()}, {}, {}});
  EXPECT_NE(names.find("EF02  bios"), std::string::npos) << names;
  EXPECT_NE(names.find("FD00  root-a"), std::string::npos) << names;
}

// Goal: a power cut while a table is replaced leaves the old one or the new one. Method: take the
// disk before and after, and copy over what was written up to each flush, in the writer's order.
TEST_F(PartitionTableTest, PowerCutLeavesTheOldOrTheNewTable) {
  PartitionTable table = written();
  const auto bytes = std::size_t{kDiskSectors * kSectorBytes};
  const auto before = BlockFile(path_, BlockFile::Access::read).read(0, bytes);
  const Uuid old_guid = table.disk_guid;
  renew_guids(table);
  {
    BlockFile file(path_, BlockFile::Access::write);
    write_partition_table(file, table);
  }
  const auto after = BlockFile(path_, BlockFile::Access::read).read(0, bytes);
  struct Cut {
    std::size_t from;
    std::size_t to;
    bool is_new;
  };
  const std::size_t entries = (2 + 32) * kSectorBytes;
  const std::vector<Cut> cuts{
      {entries, entries + 512, false},        {entries, entries + 32 * 512, false},
      {kSectorBytes, 2 * kSectorBytes, true}, {bytes - 33 * 512, bytes - 20 * 512, true},
      {bytes - 33 * 512, bytes, true},        {0, kSectorBytes, true}};
  auto disk = before;
  for (const auto& [from, to, is_new] : cuts) {
    std::copy(after.begin() + static_cast<std::ptrdiff_t>(from),
              after.begin() + static_cast<std::ptrdiff_t>(to),
              disk.begin() + static_cast<std::ptrdiff_t>(from));
    BlockFile(path_, BlockFile::Access::write).write(0, disk);
    const auto found = read();
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->disk_guid, is_new ? table.disk_guid : old_guid) << from;
    EXPECT_NE(found->entries_sector, 0U) << "read from the second copy after " << from;
  }
  EXPECT_EQ(disk, after);
}

// Goal: boot code in sector 0 stays when a table is written.
TEST_F(PartitionTableTest, KeepsTheBootCode) {
  const std::vector<std::byte> code(440, std::byte{0x90});
  BlockFile(path_, BlockFile::Access::write).write(0, code);
  written();
  EXPECT_EQ(BlockFile(path_, BlockFile::Access::read).read(0, 440), code);
}

// Goal: the data get the rest of the disk minus the slack, and a disk without room is refused.
TEST(DataSectorsTest, LeavesTheSlack) {
  struct Case {
    std::uint64_t disk_mebibytes;
    std::uint64_t first_mebibyte;
    std::uint64_t expected_mebibytes;  ///< 0: refused
  };
  const std::vector<Case> cases{{457'862, 16'898, 457'862 - 16'898 - 1024},
                                {1000, 100, 1000 - 100 - 20},
                                {1000, 950, 0},
                                {1000, 1001, 0}};
  for (const auto& [disk, first, expected] : cases) {
    if (expected > 0) {
      EXPECT_EQ(data_sectors(disk * kSectorsPerMebibyte, first * kSectorsPerMebibyte),
                expected * kSectorsPerMebibyte);
    } else {
      EXPECT_THROW(data_sectors(disk * kSectorsPerMebibyte, first * kSectorsPerMebibyte),
                   exec::Failure);
    }
  }
}

}  // namespace
}  // namespace ap::raid
