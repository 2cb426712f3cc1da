// SPDX-License-Identifier: LicenseRef-Project
// Goal: the worker's watermark reaches the file, and a log that refuses it is said once and tried
// again.
#include "controlplane/ingest/watermark.h"

#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace cp::ingest {
namespace {

TEST(WatermarkTest, IsWrittenOnceTheLogAllowsIt) {
  const support::TemporaryDirectory directory;
  const auto event_log = directory.path() / "event-log";
  std::ofstream(event_log) << "in the way";
  std::vector<std::string> lines;
  Watermark watermark(event_log, [&lines](const std::string& line) { lines.push_back(line); });
  watermark.publish(0, 3);
  watermark.publish(0, 4);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("kept until that works"), std::string::npos);
  std::filesystem::remove(event_log);
  watermark.publish(0, 5);
  watermark.publish(2, 9);
  EXPECT_EQ(lines.size(), 2U);
  const auto consumers = format::read_consumers(event_log).value();
  EXPECT_EQ(format::released_below(consumers, 0), 5U);
  EXPECT_EQ(format::released_below(consumers, 1), 0U);
  EXPECT_EQ(format::released_below(consumers, 2), 9U);
}

}  // namespace
}  // namespace cp::ingest
