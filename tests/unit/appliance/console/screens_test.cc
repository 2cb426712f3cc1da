// SPDX-License-Identifier: LicenseRef-Project
#include "tests/unit/appliance/console/console_fixture.h"

#include <gtest/gtest.h>

namespace ap::console {
namespace {

using test_support::answer_file;
using test_support::ConsoleFixture;
using test_support::expect_golden;

// Goal: every screen shows its data aligned within 80x24. Method: canned answers, golden text.
TEST(ConsoleScreensTest, EveryScreenAt80x24) {
  struct Case {
    const char* name;
    std::u32string_view keys;
  };
  for (const Case& c :
       {Case{"overview", U"1"}, Case{"services", U"2"}, Case{"logs", U"3"}, Case{"network", U"4"},
        Case{"firewall", U"5"}, Case{"users", U"6"}, Case{"audit", U"7"}, Case{"power", U"8"}}) {
    ConsoleFixture console;
    console.settle();
    console.press(c.keys);
    expect_golden(c.name, console.screen());
  }
}

// Goal: the states that matter most are told first and plainly.
TEST(ConsoleScreensTest, OverviewInEveryState) {
  for (const char* name : {"health-problems", "health-first-boot", "health-recovery"}) {
    ConsoleFixture console;
    console.set("Health.Describe", answer_file(name));
    console.settle();
    expect_golden(name, console.screen());
  }
}

// Goal: every dialog of the way through an action and a form. Method: keys, golden text.
TEST(ConsoleScreensTest, EveryDialogAt80x24) {
  {
    ConsoleFixture console;
    console.settle();
    console.press(U"2r");
    expect_golden("dialog-plan", console.screen());
    console.set("Operations.Describe",
                R"({"id":"7","state":"running","progress":0.4,"step":"Stopping Capture"})");
    console.press(U"y");
    console.advance(500);
    expect_golden("dialog-progress", console.screen());
    console.set("Operations.Describe", R"({"id":"7","state":"done","progress":1})");
    console.advance(1500);
    expect_golden("dialog-result", console.screen());
  }
  {
    ConsoleFixture console;
    console.settle();
    console.press(U"2");
    console.press(KeyKind::enter);
    expect_golden("dialog-status", console.screen());
  }
  {
    ConsoleFixture console({.may_leave = true, .may_open_shell = true});
    console.settle();
    console.press(U"2?");
    expect_golden("dialog-help", console.screen());
  }
  {
    ConsoleFixture console;
    console.settle();
    console.press(U"3u");
    expect_golden("dialog-pick", console.screen());
  }
  {
    ConsoleFixture console;
    console.set("Health.Describe", answer_file("health-problems"));
    console.settle();
    console.press(U"p");
    expect_golden("dialog-problems", console.screen());
  }
}

TEST(ConsoleScreensTest, FormPlanAndCountdownAt80x24) {
  ConsoleFixture console;
  console.settle();
  console.press(U"4e");
  console.press(KeyKind::up);
  console.press(KeyKind::up);
  console.press(KeyKind::up);
  console.press(U"999");
  console.fail("Network.Plan", Trouble::invalid, "vswitch.mtu: expected 576 to 9000, got 1400999");
  console.press(KeyKind::enter);
  console.press(KeyKind::enter);
  expect_golden("form-error", console.screen());
  console.set("Network.Plan", R"({"changes":[{"field":"vswitch.mtu","from":"1400","to":"1390"}],)"
                              R"("steps":["Write the link of the VLAN.","Reload the network."],)"
                              R"("warnings":["Connections may pause for a moment."]})");
  console.press(KeyKind::down);
  console.press(KeyKind::enter);
  expect_golden("form-plan", console.screen());
  console.set("Network.Apply", R"({"operation":"9","confirm_within_s":60})");
  console.press(U"y");
  std::string pending = answer_file("network");
  pending.replace(pending.find("\"pending\": null"), 15, R"("pending":{"seconds_left":47})");
  console.set("Network.Describe", pending);
  console.advance(3000);
  console.advance(2000);
  expect_golden("countdown", console.screen());
}

TEST(ConsoleScreensTest, LoginLinkStandsAloneOnItsLine) {
  ConsoleFixture console;
  console.set("Users.CreateLoginLink",
              R"({"url":"http://10.1.1.30/login?token=Zk3vQ8mYx1TqfLr7Nw2Hc9","expires_s":900})");
  console.settle();
  console.press(U"6");
  console.press(KeyKind::enter);
  expect_golden("login-link", console.screen());
}

TEST(ConsoleScreensTest, WaitingIsSaidBeforeAnythingIsKnown) {
  ConsoleFixture console;
  console.answers.clear();
  console.settle();
  expect_golden("waiting", console.screen());
}

}  // namespace
}  // namespace ap::console
