// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/audit.h"

#include "appliance/exec/failure.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace json = boost::json;

using ap::daemon::Audit;

class AuditTest : public testing::Test {
 protected:
  json::array entries(Audit& audit, const std::string& lines = "1000") const {
    return json::parse(audit.read(lines)).at("entries").as_array();
  }

  support::TemporaryDirectory root;
  std::filesystem::path file = root.path() / "var/log/bristle/audit.jsonl";
};

TEST_F(AuditTest, KeepsWhoDidWhat) {
  Audit audit(root.path());
  audit.write({0, "Services", "restart", "bristle-api.service", "done: fine"});
  audit.write({4242424, "Power", "reboot", "", "denied"});
  const auto all = entries(audit);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].at("caller").as_string(), "root");
  EXPECT_EQ(all[0].at("argument").as_string(), "bristle-api.service");
  EXPECT_EQ(all[1].at("caller").as_string(), "uid 4242424");
  EXPECT_EQ(all[1].at("result").as_string(), "denied");
  EXPECT_EQ(entries(audit, "1")[0].at("noun").as_string(), "Power");
}

// Goal: a caller cannot forge lines or fill the disk with one.
TEST_F(AuditTest, HoldsEachActionOnOneShortLine) {
  Audit audit(root.path());
  audit.write({0, "Users", "CreateLoginLink", std::string("a\n{\"x\":1}") + std::string(9000, 'x'),
               "done"});
  const auto all = entries(audit);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].at("argument").as_string().size(), 1024U);
}

TEST_F(AuditTest, RotatesAndStillReadsAcross) {
  Audit audit(root.path(), 400);
  for (int index = 0; index < 30; ++index) {
    audit.write({0, "Raid", "scrub", std::to_string(index), "done"});
  }
  EXPECT_TRUE(std::filesystem::exists(file.string() + ".4"));
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".5"));
  EXPECT_LE(std::filesystem::file_size(file), 400U);
  const auto newest = entries(audit, "3");
  ASSERT_EQ(newest.size(), 3U);
  EXPECT_EQ(newest[2].at("argument").as_string(), "29");
}

// Goal: half a line of a power cut hides itself, not the log.
TEST_F(AuditTest, SkipsWhatAPowerCutLeft) {
  Audit audit(root.path());
  audit.write({0, "Raid", "scrub", "data", "done"});
  std::ofstream(file, std::ios::app) << R"({"time":"2026-)" << "\n";
  EXPECT_EQ(entries(audit).size(), 1U);
}

TEST_F(AuditTest, BoundsAndChecksTheNumberOfLines) {
  Audit audit(root.path());
  EXPECT_TRUE(entries(audit).empty());
  for (const char* lines : {"0", "1001", "", "ten", "-5"}) {
    EXPECT_THROW(audit.read(lines), ap::exec::Failure) << lines;
  }
}

// Goal: an audit file that cannot be written does not stop the operator from repairing the box.
TEST_F(AuditTest, SurvivesAFileItCannotWrite) {
  std::ofstream(root.path() / "var") << "a file where a directory should be";
  Audit audit(root.path());
  audit.write({0, "Raid", "scrub", "data", "done"});
  EXPECT_TRUE(entries(audit).empty());
}

}  // namespace
