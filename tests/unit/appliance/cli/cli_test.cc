// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/cli/commands.h"
#include "appliance/cli/options.h"
#include "appliance/cli/print.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using ap::cli::parse_options;
using ap::exec::Failure;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kHealth = R"({"state":"warning","problems":[{"noun":"raid",
"severity":"critical","code":"raid-degraded","text":"The mirror data has 1 of 2 disks",
"advice":"Replace it"}],"version":"0.1.0","slot":"a","hostname":"box","uptime_s":93784,
"boot":{"phase":"ready","text":""},"capture":{"state":"up","rate_per_second":12.34,
"events_total":5},"canary":{"state":"ok","at":"2026-11-21T10:00:00Z","text":""},
"page_url":"http://10.1.1.30","addresses":[{"interface":"lo","address":"127.0.0.1/8",
"network":"loopback"}],"disk_budget":{"path":"/data","size_bytes":440000000000,
"used_bytes":1500000000},"memory":{"total_bytes":64000000000,"available_bytes":50000000000},
"raid":{"arrays":[{"name":"data","state":"resyncing","wanted":2,"present":1,
"sync":{"action":"recover","progress":0.42}}]}})";

// Answers in order and remembers what was asked.
class FakeClient final : public ap::bus::Client {
 public:
  std::string call(std::string_view noun, std::string_view method,
                   const std::vector<std::string>& arguments,
                   std::chrono::milliseconds /*timeout*/) override {
    std::string text = std::string(noun) + "." + std::string(method);
    for (const auto& argument : arguments) {
      text += " " + argument;
    }
    calls.push_back(text);
    std::string answer = answers.empty() ? "{}" : answers.front();
    if (!answers.empty()) {
      answers.pop_front();
    }
    return answer;
  }

  std::deque<std::string> answers;
  std::vector<std::string> calls;
};

class CommandsTest : public testing::Test {
 protected:
  int run(const std::vector<std::string>& arguments) {
    ap::cli::Context context{client, output, root.path(),
                             [this](std::chrono::milliseconds) { return pauses_left-- > 0; }};
    return ap::cli::run(parse_options(arguments), context);
  }

  support::TemporaryDirectory root;
  FakeClient client;
  std::ostringstream output;
  int pauses_left = 10;
};

TEST(OptionsTest, ReadWordsAndOptionsInAnyOrder) {
  const auto options =
      parse_options({"--json", "logs", "-f", "bristle-api", "--filter", "x", "-n", "5"});
  EXPECT_EQ(options.command, "logs");
  EXPECT_THAT(options.words, ElementsAre("bristle-api"));
  EXPECT_TRUE(options.is_json && options.follows);
  EXPECT_EQ(options.filter, "x");
  EXPECT_EQ(options.lines, "5");
  EXPECT_EQ(parse_options({}).command, "help");
  EXPECT_EQ(parse_options({"logs", "--help"}).command, "help");
  EXPECT_THROW(parse_options({"logs", "--filter"}), Failure);
  EXPECT_THROW(parse_options({"logs", "--colour"}), Failure);
}

TEST_F(CommandsTest, ShowHealthAsTextAndAsExitCode) {
  client.answers = {kHealth};
  EXPECT_EQ(run({"status"}), 1);
  for (const char* part :
       {"! The mirror data has 1 of 2 disks", "Replace it", "slot a, up 1 d 2 h",
        "12.3 events per second", "recover 42 %", "1.5 GB of 440 GB used on /data", "loopback"}) {
    EXPECT_THAT(output.str(), HasSubstr(part));
  }
  client.answers = {R"({"state":"ok"})", R"({"state":"critical"})"};
  EXPECT_EQ(run({"status", "--json"}), 0);
  EXPECT_EQ(run({"status", "--json"}), 2);
}

// Goal: an older or newer service does not break the command.
TEST_F(CommandsTest, ForgiveWhatIsMissing) {
  for (const char* command : {"services", "network", "firewall", "audit", "login-link", "logs"}) {
    EXPECT_EQ(run({command}), 0) << command;
  }
  EXPECT_EQ(run({"status"}), 2);
}

TEST_F(CommandsTest, PlanThenActThenWait) {
  client.answers = {R"({"steps":["Stop it"],"warnings":["Late"]})", R"({"operation":"1-1"})",
                    R"({"state":"running","step":"Restarting"})",
                    R"({"state":"running","step":"Restarting"})",
                    R"({"state":"done","result":"It runs"})"};
  EXPECT_EQ(run({"restart", "bristle-api"}), 0);
  EXPECT_EQ(output.str(), "  Stop it\n  ! Late\nRestarting\nIt runs\n");
  EXPECT_EQ(client.calls[1], "Services.Act bristle-api.service restart");
}

TEST_F(CommandsTest, SayWhenAnActionFailed) {
  client.answers = {R"({"operation":"1-1"})", R"({"state":"failed","result":"No change waits"})"};
  EXPECT_EQ(run({"network", "confirm"}), 1);
  EXPECT_THAT(output.str(), HasSubstr("No change waits"));
}

TEST_F(CommandsTest, FollowALogFromItsCursor) {
  client.answers = {
      R"({"entries":[{"time_us":0,"unit":"bristle-api.service","message":"one"}],"next":"c1"})",
      R"({"entries":[{"time_us":0,"unit":"bristle-api.service","message":"two"}],"next":"c2"})"};
  pauses_left = 1;
  EXPECT_EQ(run({"logs", "bristle-api", "-f", "--filter", "o"}), 0);
  EXPECT_THAT(client.calls, ElementsAre("Services.ReadLog bristle-api.service o  100",
                                        "Services.ReadLog bristle-api.service o c1 100"));
  EXPECT_THAT(output.str(), HasSubstr("one\n"));
  EXPECT_THAT(output.str(), HasSubstr("two\n"));
}

TEST_F(CommandsTest, RefuseWhatNobodyUnderstands) {
  const std::vector<std::vector<std::string>> wrong{
      {"restrat"},        {"restart"},         {"status", "now"}, {"network", "apply"},
      {"logs", "a", "b"}, {"doctor", "twice"}, {"audit", "all"},
  };
  for (const auto& arguments : wrong) {
    EXPECT_THROW(run(arguments), Failure) << arguments[0];
  }
  EXPECT_TRUE(client.calls.empty());
}

// Goal: what needs no service does not ask for one.
TEST_F(CommandsTest, WorkWithoutTheBus) {
  EXPECT_EQ(run({"help"}), 0);
  EXPECT_EQ(run({"version"}), 0);
  EXPECT_THAT(output.str(), HasSubstr("bristle 0."));
  EXPECT_TRUE(client.calls.empty());
}

TEST(PrintTest, ShowWhatDiffersWithItsReason) {
  using ap::kernel::CheckState;
  const std::vector<ap::kernel::Check> checks{
      {"vm.swappiness", "1", "60", "swapping stalls capture", CheckState::differs},
      {"isolcpus", "1-3", "1-3", "x", CheckState::ok},
      {"eth", "off", "no such device", "y", CheckState::not_applicable}};
  const std::string text = ap::cli::checks_text(checks);
  EXPECT_THAT(text, HasSubstr("DIFFERS  vm.swappiness  1         60"));
  EXPECT_THAT(text, HasSubstr("vm.swappiness: swapping stalls capture"));
  EXPECT_THAT(ap::cli::checks_json(checks), HasSubstr(R"("state":"not_applicable")"));
}

TEST(PrintTest, SayBytesAndDurationsForPeople) {
  EXPECT_EQ(ap::cli::bytes_text(0), "0 B");
  EXPECT_EQ(ap::cli::bytes_text(1234), "1.2 kB");
  EXPECT_EQ(ap::cli::bytes_text(480e9), "480 GB");
  EXPECT_EQ(ap::cli::duration_text(59), "59 s");
  EXPECT_EQ(ap::cli::duration_text(3660), "1 h 1 min");
  EXPECT_EQ(ap::cli::duration_text(86400), "1 d");
}

TEST(ExitCodeTest, TellScriptsWhatWentWrong) {
  using ap::exec::FailureKind;
  EXPECT_EQ(ap::cli::exit_code(ap::bus::Unavailable("x")), 69);
  EXPECT_EQ(ap::cli::exit_code(ap::bus::AccessDenied("x")), 77);
  EXPECT_EQ(ap::cli::exit_code(Failure(FailureKind::invalid, "x")), 64);
  EXPECT_EQ(ap::cli::exit_code(Failure(FailureKind::refused, "x")), 1);
}

}  // namespace
