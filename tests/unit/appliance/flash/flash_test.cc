// SPDX-License-Identifier: LicenseRef-Project
// Goal: what is flashed boots as a mirror, and nothing that holds data is lost by accident.
// Method: a small image made of real tables, members and a real FAT, flashed to files.
#include "appliance/flash/flash.h"

#include "appliance/exec/failure.h"
#include "appliance/flash/image_reader.h"
#include "appliance/flash/target.h"
#include "appliance/raid/block_file.h"
#include "appliance/raid/disks.h"
#include "appliance/raid/esp.h"
#include "appliance/raid/partition_table.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <cstring>
#include <fstream>
#include <iterator>

namespace {

namespace fs = std::filesystem;
using ap::exec::Failure;
using ap::exec::FailureKind;
using ap::exec::ProcessRunner;
using ap::flash::ImageReader;
using ap::flash::Target;
using ap::raid::BlockFile;

constexpr std::uint64_t kMebibyte = 1U << 20U;
constexpr std::uint64_t kImageBytes = 96 * kMebibyte;
constexpr std::uint64_t kDiskBytes = 128 * kMebibyte;

bool has_tool(const char* name) {
  return fs::exists(fs::path("/usr/bin") / name) || fs::exists(fs::path("/usr/sbin") / name) ||
         fs::exists(fs::path("/sbin") / name);
}

ap::raid::Partition partition(std::uint32_t number, const ap::raid::Uuid& type,
                              std::uint64_t first_mebibyte, std::uint64_t mebibytes,
                              const char* label) {
  ap::raid::Partition result;
  result.number = number;
  result.type = type;
  result.guid = ap::raid::random_uuid();
  result.first_sector = first_mebibyte * ap::raid::kSectorsPerMebibyte;
  result.sectors = mebibytes * ap::raid::kSectorsPerMebibyte;
  result.label = label;
  return result;
}

void make_file(const fs::path& path, std::uint64_t bytes) {
  std::ofstream(path).flush();
  fs::resize_file(path, bytes);
}

class FlashTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* tool : {"mkfs.vfat", "mcopy", "wipefs"}) {
      if (!has_tool(tool)) {
        GTEST_SKIP() << tool << " is not installed";
      }
    }
    make_file(image_, kImageBytes);
    make_file(fat_, 48 * kMebibyte);
    runner_.require({{"mkfs.vfat", "-F", "32", "-s", "1", fat_.string()}, {}, {}});
    BlockFile image(image_, BlockFile::Access::write);
    ap::raid::PartitionTable table;
    table.disk_guid = ap::raid::random_uuid();
    table.disk_sectors = kImageBytes / ap::raid::kSectorBytes;
    table.partitions = {partition(1, ap::raid::kTypeBiosBoot, 1, 1, "bios"),
                        partition(2, ap::raid::kTypeEsp, 2, 48, "esp"),
                        partition(3, ap::raid::kTypeRaid, 50, 20, "root-a"),
                        partition(4, ap::raid::kTypeRaid, 70, 20, "root-b")};
    ap::raid::write_partition_table(image, table);
    image.write(2 * kMebibyte, BlockFile(fat_, BlockFile::Access::read).read(0, 48 * kMebibyte));
    const std::vector<std::byte> root(kMebibyte / 2, std::byte{0x5a});
    image.write(52 * kMebibyte, root);
    image.sync();
  }

  fs::path disk(const char* name) {
    const auto path = directory_.path() / name;
    make_file(path, kDiskBytes);
    return path;
  }

  std::vector<Target> flash(const std::vector<fs::path>& disks) {
    std::vector<Target> targets;
    for (const auto& path : disks) {
      targets.push_back(ap::flash::inspect_target(runner_, path));
    }
    const auto reader = ImageReader::open(image_);
    ap::flash::require_writable(targets, reader->bytes(), false);
    ap::flash::write_image(*reader, targets, [](const std::string&, double) {});
    ap::flash::stamp(targets, 1'700'000'000);
    return targets;
  }

  static ap::raid::Superblock member(const fs::path& path, const char* label) {
    const BlockFile file(path, BlockFile::Access::read);
    const auto table = ap::raid::read_partition_table(file);
    return ap::raid::parse_superblock(
               file.read(table->find(label)->offset(), ap::raid::kParseBytes))
        .value();
  }

  support::TemporaryDirectory directory_;
  fs::path image_ = directory_.path() / "image";
  fs::path fat_ = directory_.path() / "fat";
  ProcessRunner runner_;
};

TEST_F(FlashTest, TwoDisksBecomeTheHalvesOfOneCleanMirror) {
  const auto first = disk("a");
  const auto second = disk("b");
  flash({first, second});
  for (const char* label : {"root-a", "root-b"}) {
    const auto one = member(first, label);
    const auto two = member(second, label);
    EXPECT_EQ(one.name, "bristle:" + std::string(label));
    EXPECT_EQ(one.array_uuid, two.array_uuid);
    EXPECT_NE(one.member_uuid, two.member_uuid);
    EXPECT_EQ(one.role(), 0);
    EXPECT_EQ(two.role(), 1);
    EXPECT_EQ(one.events, two.events);
    EXPECT_EQ(one.resync_offset, ap::raid::kClean);
  }
  const auto one = ap::raid::read_partition_table(BlockFile(first, BlockFile::Access::read));
  const auto two = ap::raid::read_partition_table(BlockFile(second, BlockFile::Access::read));
  EXPECT_NE(one->disk_guid, two->disk_guid);
  EXPECT_NE(one->find("root-a")->guid, two->find("root-a")->guid);
  EXPECT_TRUE(one->is_backup_at_end);
  EXPECT_EQ(BlockFile(second, BlockFile::Access::read).read(52 * kMebibyte, 1).front(),
            std::byte{0x5a});
}

TEST_F(FlashTest, OneDiskIsHalfAMirrorWithTheOtherAbsent) {
  const auto first = disk("a");
  flash({first});
  const auto one = member(first, "root-a");
  EXPECT_EQ(one.role(), 0);
  EXPECT_EQ(std::count_if(one.roles.begin(), one.roles.end(),
                          [](std::uint16_t role) { return role < 2; }),
            1);
}

TEST_F(FlashTest, TheSeedLiesOnEveryBootPartition) {
  const auto targets = flash({disk("a"), disk("b")});
  ap::flash::write_seed(runner_, targets, {"version = 1\n", "ssh-ed25519 AAAA key\n"});
  for (const auto& target : targets) {
    const auto table =
        ap::raid::read_partition_table(BlockFile(target.path, BlockFile::Access::read));
    const ap::raid::Esp esp{target.path, table->find("esp")->offset()};
    EXPECT_EQ(ap::raid::read_esp_file(runner_, esp, "/bristle/seed.toml"), "version = 1\n");
    EXPECT_EQ(ap::raid::read_esp_file(runner_, esp, "/bristle/authorized_keys"),
              "ssh-ed25519 AAAA key\n");
  }
}

TEST_F(FlashTest, RefusesWhatMustNotBeOverwritten) {
  const auto used = disk("used");
  runner_.require({{"mkfs.vfat", used.string()}, {}, {}});
  const auto small = directory_.path() / "small";
  make_file(small, kImageBytes - 1);
  const auto empty = disk("empty");
  struct Case {
    std::vector<fs::path> disks;
    bool force;
    FailureKind kind;
    const char* words;
  };
  const Case cases[] = {
      {{used}, false, FailureKind::refused, "not empty (vfat"},
      {{small}, true, FailureKind::refused, "the image needs"},
      {{empty, empty}, true, FailureKind::invalid, "named twice"},
  };
  for (const auto& test : cases) {
    std::vector<Target> targets;
    for (const auto& path : test.disks) {
      targets.push_back(ap::flash::inspect_target(runner_, path));
    }
    try {
      ap::flash::require_writable(targets, kImageBytes, test.force);
      ADD_FAILURE() << "allowed: " << test.words;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.kind(), test.kind);
      EXPECT_THAT(failure.what(), testing::HasSubstr(test.words));
    }
  }
  ap::flash::require_writable({ap::flash::inspect_target(runner_, used)}, kImageBytes, true);
}

TEST_F(FlashTest, RefusesADiskThatIsMounted) {
  Target target;
  target.path = disk("a");
  target.bytes = kDiskBytes;
  target.uses = {"sda3 is part of the running md127; stop it first (mdadm --stop /dev/md127)"};
  EXPECT_THROW(ap::flash::require_writable({target}, kImageBytes, true), Failure);
}

TEST_F(FlashTest, ReadsACompressedImageAndNamesADamagedOne) {
  std::ifstream file(image_, std::ios::binary);
  const std::string raw{std::istreambuf_iterator<char>(file), {}};
  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), 1));
  const auto path = directory_.path() / "image.zst";
  const auto read_all = [&](const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
    const auto reader = ImageReader::open(path);
    std::string text;
    std::vector<std::byte> block(ap::flash::kBlockBytes);
    for (auto count = reader->read(block); count > 0; count = reader->read(block)) {
      text.append(reinterpret_cast<const char*>(block.data()), count);
    }
    return text;
  };
  EXPECT_TRUE(read_all(packed) == raw);
  EXPECT_THROW(read_all(packed.substr(0, packed.size() / 2)), Failure);
  std::string damaged = packed;
  damaged[damaged.size() / 2] = static_cast<char>(~damaged[damaged.size() / 2]);
  damaged[damaged.size() / 2 + 1] = static_cast<char>(~damaged[damaged.size() / 2 + 1]);
  EXPECT_THROW(EXPECT_TRUE(read_all(damaged) != raw), Failure);
}

}  // namespace
