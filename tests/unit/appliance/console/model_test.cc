// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/model.h"

#include "tests/unit/appliance/console/console_fixture.h"

#include <gtest/gtest.h>

namespace ap::console {
namespace {

using test_support::answer_file;

TEST(ConsoleModelTest, HealthKeepsTheOrderOfProblems) {
  const auto health = parse_health(answer_file("health-problems"));
  ASSERT_TRUE(health);
  ASSERT_EQ(health->problems.size(), 4U);
  EXPECT_EQ(health->problems[0].noun, "raid");
  EXPECT_TRUE(health->problems[0].is_critical);
  EXPECT_FALSE(health->problems[1].is_critical);
  ASSERT_EQ(health->arrays.size(), 3U);
  EXPECT_TRUE(health->arrays[2].is_syncing);
  EXPECT_DOUBLE_EQ(*health->arrays[2].sync_progress, 0.43);
  EXPECT_EQ(*health->arrays[2].sync_remaining_s, 1325);
}

// Goal: an older or newer service, or a broken one, never breaks the console. Method: every answer
// with each of its members left out or of another type.
TEST(ConsoleModelTest, MissingAndStrangeMembersAreSurvived) {
  for (const char* text : {"{}", R"({"capture":7,"raid":[],"problems":{},"uptime_s":"x"})",
                           R"({"raid":{"arrays":[1,{"sync":5}],"disks":[{}]}})",
                           R"({"uptime_s":1e300,"boot":{"phase":4},"memory":null})"}) {
    EXPECT_TRUE(parse_health(text)) << text;
    EXPECT_TRUE(parse_services(text));
    EXPECT_TRUE(parse_log(text));
    EXPECT_TRUE(parse_network(text));
    EXPECT_TRUE(parse_firewall(text));
    EXPECT_TRUE(parse_audit(text));
    EXPECT_TRUE(parse_plan(text));
    EXPECT_TRUE(parse_started(text));
    EXPECT_TRUE(parse_operation(text));
    EXPECT_TRUE(parse_login_link(text));
  }
  for (const char* text : {"", "null", "[]", "7", "{", "{\"a\":"}) {
    EXPECT_FALSE(parse_health(text)) << text;
    EXPECT_FALSE(parse_log(text));
    EXPECT_FALSE(parse_network(text));
  }
}

TEST(ConsoleModelTest, SettingsKeepTheirOrderTitlesAndTypes) {
  const auto network = parse_network(answer_file("network"));
  ASSERT_TRUE(network);
  ASSERT_EQ(network->settings.size(), 9U);
  EXPECT_EQ(network->settings.front().key, "public.mac");
  EXPECT_EQ(network->settings[5].value, "185.12.64.1, 185.12.64.2");
  EXPECT_TRUE(network->settings[5].is_list);
  EXPECT_EQ(network->settings.back().key, "vswitch.mtu");
  EXPECT_TRUE(network->settings.back().is_number);
}

TEST(ConsoleModelTest, OnlyChangedSettingsAreSent) {
  const auto before = parse_network(answer_file("network"))->settings;
  auto after = before;
  EXPECT_EQ(changed_settings(before, after), "");
  after[8].value = "1390";
  after[5].value = "9.9.9.9,  1.1.1.1 ";
  EXPECT_EQ(changed_settings(before, after),
            R"({"public":{"dns":["9.9.9.9","1.1.1.1"]},"vswitch":{"mtu":1390}})");
  after = before;
  after[8].value = "many";  // Not a number: the service says what is wrong with it.
  EXPECT_EQ(changed_settings(before, after), R"({"vswitch":{"mtu":"many"}})");
  const auto firewall = parse_firewall(answer_file("firewall"))->settings;
  auto open = firewall;
  open[0].value = "";
  EXPECT_EQ(changed_settings(firewall, open), R"({"ssh_from":[]})");
}

}  // namespace
}  // namespace ap::console
