// SPDX-License-Identifier: LicenseRef-Project
// Goal: the canary names the stage that failed, tries again as an SDK would, and its file is whole
// and readable by everybody. Method: steps played by the test.
#include "controlplane/daemon/canary.h"

#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace cp::daemon {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

CanaryResult fly(const CanarySteps& steps) {
  return fly_canary(steps, milliseconds(40), milliseconds(1));
}

void accept(const std::string& /*uuid*/) {}

TEST(CanaryTest, AnEventThatIsFoundIsSuccess) {
  std::set<std::string> sent;
  int looks = 0;
  const auto result =
      fly_canary({[&](const std::string& uuid) { sent.insert(uuid); },
                  [&](const std::string& uuid) { return sent.contains(uuid) && ++looks == 3; }},
                 milliseconds(10'000), milliseconds(1));
  EXPECT_TRUE(result.is_ok) << result.text;
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_THAT(*sent.begin(), testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
                                                   "[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  ASSERT_TRUE(result.latency_ms);
  EXPECT_EQ(result.text, "stored and found after " + std::to_string(*result.latency_ms) + " ms");
}

TEST(CanaryTest, EachStageIsNamed) {
  const auto refused = fly({[](const std::string&) { throw std::runtime_error("503"); },
                            [](const std::string&) { return true; }});
  EXPECT_FALSE(refused.is_ok);
  EXPECT_EQ(refused.text, "capture refused the event: 503");
  const auto lost = fly({accept, [](const std::string&) { return false; }});
  EXPECT_THAT(lost.text, StartsWith("not stored: "));
  EXPECT_EQ(lost.latency_ms, std::nullopt);
  const auto broken =
      fly({accept, [](const std::string&) -> bool { throw std::runtime_error("no engine"); }});
  EXPECT_EQ(broken.text, "query failed: no engine");
}

TEST(CanaryTest, AStepThatRecoversIsNoFailure) {
  int tries = 0;
  const auto result = fly_canary({[&](const std::string&) {
                                    if (++tries < 3) {
                                      throw std::runtime_error("refused");
                                    }
                                  },
                                  [&](const std::string&) {
                                    if (++tries < 6) {
                                      throw std::runtime_error("starting");
                                    }
                                    return true;
                                  }},
                                 milliseconds(10'000), milliseconds(1));
  EXPECT_TRUE(result.is_ok) << result.text;
}

TEST(CanaryTest, TheFileIsReplacedWholeAndReadable) {
  const support::TemporaryDirectory directory;
  const auto file = directory.path() / "last.json";
  const mode_t before = ::umask(0077);
  write_canary(file, {true, 812, "stored and found after 812 ms"});
  write_canary(file, {false, std::nullopt, "capture refused the event: \"x\""});
  ::umask(before);
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  const auto content = boost::json::parse(text.str()).as_object();
  EXPECT_EQ(content.at("state"), "failed");
  EXPECT_EQ(content.at("latency_ms"), nullptr);
  EXPECT_EQ(content.at("text"), "capture refused the event: \"x\"");
  EXPECT_THAT(std::string(content.at("at").as_string()),
              testing::MatchesRegex("20[0-9-]{8}T[0-9:]{8}Z"));
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U);
  EXPECT_THROW(write_canary(directory.path() / "none" / "last.json", {}),
               std::filesystem::filesystem_error);
}

}  // namespace
}  // namespace cp::daemon
