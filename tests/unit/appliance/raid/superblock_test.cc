// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/superblock.h"

#include "appliance/exec/runner.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace ap::raid {
namespace {

NewMember new_member() {
  NewMember member;
  member.name = "bristle:root-a";
  member.array_uuid = parse_uuid("00112233-4455-6677-8899-aabbccddeeff").value();
  member.member_uuid = parse_uuid("ffeeddcc:bbaa9988:77665544:33221100").value();
  member.partition_sectors = 64 * 2048;
  member.device_number = 0;
  member.active = {0};
  member.time_s = 1'760'000'000;
  return member;
}

bool has_mdadm() {
  return std::filesystem::exists("/usr/sbin/mdadm") || std::filesystem::exists("/sbin/mdadm");
}

/// A temporary file of `bytes` that begins with `head` and goes away with the test.
class TemporaryFile {
 public:
  TemporaryFile(std::span<const std::byte> head, std::uint64_t bytes)
      : path_(std::filesystem::temp_directory_path() /
              ("bristle-superblock-test." + std::to_string(getpid()))) {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(head.data()),
               static_cast<std::streamsize>(head.size()));
    std::filesystem::resize_file(path_, bytes);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  TemporaryFile(TemporaryFile&&) = delete;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// Goal: the real tool finds the member valid, clean and named, in both shapes an image has.
TEST(SuperblockTest, IsCleanForMdadm) {
  if (!has_mdadm()) {
    GTEST_SKIP() << "mdadm is not installed";
  }
  struct Case {
    std::vector<std::uint32_t> active;
    std::uint32_t role;
    std::string array_state;
  };
  const std::vector<Case> cases{{{0}, 0, "A. "}, {{0, 1}, 0, "AA "}, {{0, 1}, 1, "AA "}};
  for (const auto& [active, role, array_state] : cases) {
    NewMember member = new_member();
    member.active = active;
    member.device_number = role;
    const TemporaryFile file(encode_member_head(make_superblock(member)),
                             member.partition_sectors * 512);
    exec::ProcessRunner runner;
    const std::string text = runner.require({{"mdadm", "--examine", file.path()}, {}, {}});
    EXPECT_NE(text.find("Name : bristle:root-a"), std::string::npos) << text;
    EXPECT_NE(text.find("State : clean"), std::string::npos) << text;
    EXPECT_NE(text.find("Internal Bitmap : 8 sectors"), std::string::npos) << text;
    EXPECT_NE(text.find("Array UUID : 00112233:44556677:8899aabb:ccddeeff"), std::string::npos);
    EXPECT_NE(text.find("Device Role : Active device " + std::to_string(role)), std::string::npos);
    EXPECT_NE(text.find("Array State : " + array_state), std::string::npos) << text;
    EXPECT_NE(text.find("- correct"), std::string::npos) << text;
  }
}

// Goal: the real tool finds the bitmap empty and of the array's size. (It reads a bitmap inside a
// member only from a block device, so it gets the bitmap as a file.)
TEST(SuperblockTest, BitmapIsEmptyForMdadm) {
  if (!has_mdadm()) {
    GTEST_SKIP() << "mdadm is not installed";
  }
  const auto head = encode_member_head(make_superblock(new_member()));
  const std::span<const std::byte> bytes(head);
  const TemporaryFile file(bytes.subspan(kBitmapOffset), 1 << 20);
  exec::ProcessRunner runner;
  const std::string text = runner.require({{"mdadm", "--examine-bitmap", file.path()}, {}, {}});
  EXPECT_NE(text.find("UUID : 00112233:44556677:8899aabb:ccddeeff"), std::string::npos) << text;
  EXPECT_NE(text.find("Chunksize : 64 MB"), std::string::npos) << text;
  EXPECT_NE(text.find("Sync Size : 64512 "), std::string::npos) << text;
  EXPECT_NE(text.find("1 bits (chunks), 0 dirty"), std::string::npos) << text;
}

// Goal: what is written is read back, field by field.
TEST(SuperblockTest, SurvivesWritingAndParsing) {
  NewMember member = new_member();
  member.device_number = 1;
  member.active = {0, 1};
  const auto parsed = parse_superblock(encode_member_head(make_superblock(member)));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->name, member.name);
  EXPECT_EQ(parsed->array_uuid, member.array_uuid);
  EXPECT_EQ(parsed->member_uuid, member.member_uuid);
  EXPECT_EQ(parsed->size_sectors, member.partition_sectors - kDataOffsetSectors);
  EXPECT_EQ(parsed->role(), 1);
  EXPECT_EQ(parsed->created_s, member.time_s);
  EXPECT_EQ(parsed->resync_offset, kClean);
  EXPECT_EQ(parsed->roles.at(0), 0);
  EXPECT_EQ(parsed->roles.at(2), kRoleSpare);
}

// Goal: the checksum is the sum of 32-bit words with the carries folded in once.
TEST(SuperblockTest, ChecksumFoldsTheCarries) {
  struct Case {
    std::uint8_t fill;
    std::uint32_t checksum;
  };
  // Of 64 words the checksum's own counts as zero and the number of roles is zero: 62 are summed.
  // 62 * 0xffffffff = 61 * 2^32 + (2^32 - 62), and 61 + 2^32 - 62 = 0xffffffff.
  const std::vector<Case> cases{{0x00, 0}, {0x01, 62U * 0x01010101U}, {0xff, 0xffffffffU}};
  for (const auto& [fill, checksum] : cases) {
    std::vector<std::byte> bytes(256, static_cast<std::byte>(fill));
    for (std::size_t index = 0; index < 4; ++index) {
      bytes[220 + index] = std::byte{0};
    }
    EXPECT_EQ(superblock_checksum(bytes), checksum) << unsigned{fill};
  }
}

// Goal: one changed bit anywhere in what is summed, or a member cut short, is no superblock.
TEST(SuperblockTest, RefusesDamage) {
  const auto head = encode_member_head(make_superblock(new_member()));
  ASSERT_TRUE(parse_superblock(head));
  for (const std::size_t at : {0U, 4U, 20U, 40U, 72U, 80U, 144U, 160U, 216U, 220U, 256U, 511U}) {
    auto damaged = head;
    damaged[kSuperblockOffset + at] ^= std::byte{1};
    EXPECT_FALSE(parse_superblock(damaged)) << at;
  }
  EXPECT_FALSE(parse_superblock(std::span(head).first(kParseBytes - 1)));
}

// Goal: values that would make an array nobody can assemble are refused by name.
TEST(SuperblockTest, RefusesWhatCannotBeAMember) {
  struct Case {
    void (*change)(NewMember&);
    std::string field;
  };
  const std::vector<Case> cases{
      {[](NewMember& member) { member.partition_sectors = 2048; }, "sectors"},
      {[](NewMember& member) { member.partition_sectors = 4097; }, "sectors"},
      {[](NewMember& member) { member.name = std::string(33, 'x'); }, "name"},
      {[](NewMember& member) { member.name.clear(); }, "name"},
      {[](NewMember& member) { member.device_number = 2; }, "role"},
      {[](NewMember& member) { member.active = {0, 2}; }, "active"},
      {[](NewMember& member) { member.active = {1}; }, "active"},
  };
  for (const auto& [change, field] : cases) {
    NewMember member = new_member();
    change(member);
    try {
      make_superblock(member);
      ADD_FAILURE() << "accepted a wrong " << field;
    } catch (const exec::Failure& failure) {
      EXPECT_EQ(failure.field(), field);
    }
  }
}

// Goal: UUIDs are read in every grouping and refused when they are not 32 digits.
TEST(SuperblockTest, ReadsUuids) {
  const Uuid uuid = parse_uuid("00112233445566778899AABBCCDDEEFF").value();
  EXPECT_EQ(to_string(uuid), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(to_md_string(uuid), "00112233:44556677:8899aabb:ccddeeff");
  for (const char* text : {"", "0011", "00112233445566778899aabbccddeeff0", "g0112233"}) {
    EXPECT_FALSE(parse_uuid(text)) << text;
  }
}

}  // namespace
}  // namespace ap::raid
