// SPDX-License-Identifier: LicenseRef-Project
// Goal: nothing counts as released before the worker and every other registered consumer have
// passed it, whatever lies in their directory.
#include "dataplane/format/watermark.h"

#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace format {
namespace {

class WatermarkTest : public testing::Test {
 protected:
  WatermarkFile open(const std::string& name) {
    return WatermarkFile::open(directory_.path(), name).value();
  }
  [[nodiscard]] Sequence released(std::uint32_t shard = 0) const {
    return released_below(read_consumers(directory_.path()).value(), shard);
  }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const {
    return directory_.path() / kConsumersDirectoryName / name;
  }
  support::TemporaryDirectory directory_;
};

TEST_F(WatermarkTest, NothingIsReleasedBeforeTheWorkerHasRegistered) {
  EXPECT_EQ(released(), 0U);
  ASSERT_TRUE(open("export").publish(0, 10).has_value());
  EXPECT_EQ(released(), 0U);
  auto worker = open(kWorkerConsumerName);
  EXPECT_EQ(released(), 0U);
  ASSERT_TRUE(worker.publish(0, 7).has_value());
  EXPECT_EQ(released(), 7U);
}

TEST_F(WatermarkTest, TheSlowestConsumerDecidesPerShard) {
  auto worker = open(kWorkerConsumerName);
  auto other = open("export");
  ASSERT_TRUE(worker.publish(0, 20).has_value());
  ASSERT_TRUE(worker.publish(63, 5).has_value());
  ASSERT_TRUE(other.publish(0, 12).has_value());
  ASSERT_TRUE(other.publish(63, 9).has_value());
  EXPECT_EQ(released(0), 12U);
  EXPECT_EQ(released(1), 0U);
  EXPECT_EQ(released(63), 5U);
  EXPECT_EQ(watermark_of(read_consumers(directory_.path()).value(), kWorkerConsumerName, 0), 20U);
  EXPECT_FALSE(worker.publish(kWatermarkShardsMax, 1).has_value());
  EXPECT_EQ(released(kWatermarkShardsMax), 0U);
}

TEST_F(WatermarkTest, SurvivesReopeningAndMayGoBack) {
  ASSERT_TRUE(open(kWorkerConsumerName).publish(3, 42).has_value());
  auto again = open(kWorkerConsumerName);
  EXPECT_EQ(released(3), 42U);
  ASSERT_TRUE(again.publish(3, 1).has_value());
  EXPECT_EQ(released(3), 1U);
}

TEST_F(WatermarkTest, WhatIsNotUnderstoodHoldsEverything) {
  ASSERT_TRUE(open(kWorkerConsumerName).publish(0, 42).has_value());
  std::ofstream(file("export")) << "not a watermark";
  EXPECT_EQ(released(), 0U);
  std::filesystem::remove(file("export"));
  EXPECT_EQ(released(), 42U);
  std::filesystem::resize_file(file(kWorkerConsumerName), kWatermarkBytes - 1);
  EXPECT_EQ(released(), 0U);
  auto replaced = open(kWorkerConsumerName);  // registers again, from the start
  EXPECT_EQ(released(), 0U);
  ASSERT_TRUE(replaced.publish(0, 43).has_value());
  EXPECT_EQ(released(), 43U);
}

TEST_F(WatermarkTest, TheGroupMayReadWhatTheOwnerKeepsToItself) {
  const auto before = ::umask(0077);
  open(kWorkerConsumerName);
  ::umask(before);
  struct stat status{};
  ASSERT_EQ(::stat(file(kWorkerConsumerName).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

}  // namespace
}  // namespace format
