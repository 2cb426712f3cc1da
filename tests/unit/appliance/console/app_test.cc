// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/app.h"

#include "tests/unit/appliance/console/console_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ap::console {
namespace {

using test_support::answer_file;
using test_support::ConsoleFixture;
using testing::HasSubstr;
using testing::Not;

const Call kRestartCapture{"Services", "Act", {"bristle-dataplane.service", "restart"}};

// Goal: the plan is asked for and shown before anything is done.
TEST(ConsoleAppTest, ActsOnlyAfterThePlanAndYes) {
  ConsoleFixture console;
  console.settle();
  console.press(U"2r");
  EXPECT_THAT(console.screen(), HasSubstr("What will happen"));
  EXPECT_FALSE(console.called(kRestartCapture));
  console.press(U"y");
  EXPECT_TRUE(console.called(kRestartCapture));
  console.advance(500);
  EXPECT_THAT(console.screen(), HasSubstr("Capture and flags: restarted."));
  console.advance(60'000);
  EXPECT_THAT(console.screen(), HasSubstr("Capture and flags: restarted."));  // Until acknowledged.
  console.press(KeyKind::enter);
  EXPECT_THAT(console.screen(), Not(HasSubstr("Capture and flags: restarted.")));
}

TEST(ConsoleAppTest, NoEscapeAndTheCancelButtonChangeNothing) {
  for (const Key key : {Key{KeyKind::character, U'n'}, Key{KeyKind::escape},
                        Key{KeyKind::interrupt}, Key{KeyKind::right}}) {
    ConsoleFixture console;
    console.settle();
    console.press(U"2r");
    console.app.key(key);
    console.press(KeyKind::enter);  // On Cancel after `right`; else the status of the service.
    EXPECT_FALSE(console.called(kRestartCapture));
    EXPECT_THAT(console.screen(), Not(HasSubstr("Restart Capture and flags now?")));
  }
}

// Goal: each way an action can fail is told in words.
TEST(ConsoleAppTest, FailuresOfActionsAreTold) {
  struct Case {
    const char* method;
    Trouble trouble;
    const char* shown;
  };
  for (const Case& c : {Case{"Services.Plan", Trouble::denied, "This account may not do that."},
                        Case{"Services.Plan", Trouble::refused, "Not possible now: because"},
                        Case{"Services.Act", Trouble::failed, "because"},
                        Case{"Services.Act", Trouble::unavailable, "did not answer"},
                        Case{"Operations.Describe", Trouble::not_found, "no longer knows"}}) {
    ConsoleFixture console;
    console.fail(c.method, c.trouble, "because");
    console.settle();
    console.press(U"2ry");
    console.advance(500);
    EXPECT_THAT(console.screen(), HasSubstr(c.shown)) << c.method;
    console.press(KeyKind::enter);
    EXPECT_THAT(console.screen(), Not(HasSubstr(c.shown)));
  }
}

TEST(ConsoleAppTest, AFailedOperationShowsItsResult) {
  ConsoleFixture console;
  console.set("Operations.Describe", R"({"state":"failed","result":"timed out after 90 s"})");
  console.settle();
  console.press(U"2ry");
  console.advance(500);
  EXPECT_THAT(console.screen(), HasSubstr("▲ timed out after 90 s"));
}

// Goal: a service that restarts in the middle of an action is waited for.
TEST(ConsoleAppTest, ProgressWaitsForALostServiceAndGoesOn) {
  ConsoleFixture console;
  console.settle();
  console.fail("Operations.Describe", Trouble::unavailable, "gone");
  console.press(U"2ry");
  console.advance(500);
  EXPECT_THAT(console.screen(), HasSubstr("Waiting for the appliance service"));
  console.set("Operations.Describe", R"({"state":"done"})");
  console.advance(1500);
  EXPECT_THAT(console.screen(), HasSubstr("Capture and flags: restarted."));
}

TEST(ConsoleAppTest, VerbsAServiceCanNotDoAreSaid) {
  ConsoleFixture console;
  console.settle();
  console.press(U"2");
  console.press(KeyKind::end);  // SSH can only be restarted.
  console.press(U"t");
  EXPECT_THAT(console.screen(), HasSubstr("SSH login can not be told to stop."));
}

// Goal: the selection stays on its service when the list changes.
TEST(ConsoleAppTest, SelectionFollowsItsService) {
  ConsoleFixture console;
  console.settle();
  console.press(U"2");
  console.press(KeyKind::down);
  console.set("Services.Describe",
              R"({"services":[{"unit":"new.service","title":"New","state":"active"},)"
              R"({"unit":"x.service","title":"X","state":"active"},)"
              R"({"unit":"bristle-api.service","title":"API and page","state":"active"}]})");
  console.advance(2000);
  EXPECT_THAT(console.screen(), HasSubstr("► API and page"));
}

// Goal: lost and found again without a key, the last known data stay meanwhile.
TEST(ConsoleAppTest, LosesAndFindsTheService) {
  ConsoleFixture console;
  console.settle();
  const auto answers = console.answers;
  console.answers.clear();
  console.advance(2000);
  EXPECT_THAT(console.screen(), HasSubstr("Waiting for the appliance service"));
  EXPECT_THAT(console.screen(), HasSubstr("http://10.1.1.30/"));
  console.advance(7000);
  EXPECT_THAT(console.screen(), HasSubstr("since 7 s"));
  console.answers = answers;
  console.advance(1000);
  EXPECT_THAT(console.screen(), Not(HasSubstr("Waiting")));
}

// Goal: old data never pass for new.
TEST(ConsoleAppTest, WhatCouldNotBeRefreshedIsSaid) {
  ConsoleFixture console;
  console.settle();
  console.press(U"2");
  console.fail("Services.Describe", Trouble::failed, "the service manager is silent");
  console.advance(2000);
  EXPECT_THAT(console.screen(), HasSubstr("Not refreshed: the service manager is silent"));
  EXPECT_THAT(console.screen(), HasSubstr("API and page"));
}

TEST(ConsoleAppTest, DeniedReadingIsSaidOnTheScreen) {
  ConsoleFixture console;
  console.fail("Audit.Read", Trouble::denied, "not authorized");
  console.settle();
  console.press(U"7");
  EXPECT_THAT(console.screen(), HasSubstr("log in as an operator"));
}

// Goal: a change on trial is found even when another console applied it, and Esc only hides it.
TEST(ConsoleAppTest, PendingChangeOfElsewhereIsShownAndCanBeKept) {
  ConsoleFixture console;
  std::string pending = answer_file("firewall");
  pending.replace(pending.find("\"pending\": null"), 15, R"("pending":{"seconds_left":40})");
  console.set("Firewall.Describe", pending);
  console.set("Firewall.Confirm", R"({"operation":"3"})");
  console.settle();
  console.press(U"5");
  EXPECT_THAT(console.screen(), HasSubstr("Keep this change?"));
  console.press(KeyKind::escape);
  EXPECT_THAT(console.screen(), HasSubstr("reverts in 40 s: k keep, r revert"));
  console.advance(10'000);
  console.press(U"2");
  EXPECT_THAT(console.screen(), HasSubstr("answer on its screen"));
  console.press(U"5");
  console.press(U"k");
  console.set("Firewall.Describe", answer_file("firewall"));
  console.advance(500);
  EXPECT_TRUE(console.called({"Firewall", "Confirm", {}}));
  EXPECT_THAT(console.screen(), HasSubstr("The change is kept."));
}

TEST(ConsoleAppTest, AnUnansweredChangeIsReportedAsReverted) {
  ConsoleFixture console;
  std::string pending = answer_file("network");
  pending.replace(pending.find("\"pending\": null"), 15, R"("pending":{"seconds_left":2})");
  console.set("Network.Describe", pending);
  console.settle();
  console.press(U"4");
  console.set("Network.Describe", answer_file("network"));
  console.advance(2500);
  EXPECT_THAT(console.screen(), HasSubstr("Nobody kept the change, so it was reverted."));
}

// Goal: the machine does not go down without the word, and its silence afterwards is no error.
TEST(ConsoleAppTest, PowerNeedsTheWord) {
  ConsoleFixture console;
  console.settle();
  console.press(U"8");
  console.press(KeyKind::down);
  console.press(KeyKind::enter);
  console.press(U"yon");
  console.press(KeyKind::enter);
  EXPECT_FALSE(console.called({"Power", "Act", {"power-off"}}));
  console.press(KeyKind::clear);
  console.press(U"of");
  console.press(KeyKind::home);
  console.press(KeyKind::erase);
  console.press(U"o");
  console.press(KeyKind::end);
  console.press(U"f");
  console.fail("Operations.Describe", Trouble::unavailable, "gone");
  console.press(KeyKind::enter);
  console.advance(500);
  EXPECT_TRUE(console.called({"Power", "Act", {"power-off"}}));
  EXPECT_THAT(console.screen(), HasSubstr("The machine is going down."));
}

// Goal: following asks only for what is new; scrolling back holds still.
TEST(ConsoleAppTest, LogFollowsFiltersAndHoldsStill) {
  ConsoleFixture console;
  console.settle();
  console.press(U"3");
  EXPECT_TRUE(console.called({"Services", "ReadLog", {"", "", "", "200"}}));
  console.set("Services.ReadLog",
              R"({"entries":[{"cursor":"c10","time_us":1795269780000000,"priority":6,)"
              R"("unit":"x","message":"newest line"}],"next":"c10"})");
  console.advance(1000);
  EXPECT_TRUE(console.called({"Services", "ReadLog", {"", "", "c9", "200"}}));
  EXPECT_THAT(console.screen(), HasSubstr("newest line"));
  console.press(U"/");
  console.press(U"lag");
  console.press(KeyKind::enter);
  console.advance(0);
  EXPECT_TRUE(console.called({"Services", "ReadLog", {"", "lag", "", "200"}}));
  console.press(U"u");
  console.press(KeyKind::down);
  console.press(KeyKind::enter);
  EXPECT_TRUE(
      console.called({"Services", "ReadLog", {"bristle-dataplane.service", "lag", "", "200"}}));
}

TEST(ConsoleAppTest, LogScrollsBackWithoutJumping) {
  ConsoleFixture console;
  std::string many;
  for (int i = 0; i < 200; ++i) {
    many += (i == 0 ? "" : ",") +
            (R"({"cursor":"c","time_us":1795269780000000,"message":"line )" + std::to_string(i)) +
            "\"}";
  }
  console.set("Services.ReadLog", R"({"entries":[)" + many + R"(],"next":"c"})");
  console.settle();
  console.press(U"3");
  console.set("Services.ReadLog", R"({"entries":[{"cursor":"d","message":"later"}],"next":"d"})");
  console.press(KeyKind::page_up);
  EXPECT_THAT(console.screen(), HasSubstr("line 182"));
  const std::string before = console.drawn().row_text(12);
  console.advance(1000);
  EXPECT_EQ(console.drawn().row_text(12), before);
  EXPECT_THAT(console.screen(), HasSubstr("newer lines below"));
  console.press(KeyKind::home);
  EXPECT_TRUE(console.called({"Services", "ReadLog", {"", "", "", "1000"}}));
  console.press(U"f");
  EXPECT_THAT(console.screen(), HasSubstr("following"));
}

TEST(ConsoleAppTest, KeysOfTheFrame) {
  ConsoleFixture console;
  console.settle();
  console.press(KeyKind::tab);
  EXPECT_THAT(console.screen(), HasSubstr("RESTARTS"));
  console.press(KeyKind::back_tab);
  console.press(KeyKind::left);
  EXPECT_THAT(console.screen(), HasSubstr("Power off"));
  console.press(U"q9");
  EXPECT_EQ(console.app.take_wish(), Wish::none);  // The machine's own console stays.
  ConsoleFixture ssh({.may_leave = true, .may_open_shell = true});
  ssh.settle();
  ssh.press(U"9");
  EXPECT_EQ(ssh.app.take_wish(), Wish::shell);
  ssh.press(U"q");
  EXPECT_EQ(ssh.app.take_wish(), Wish::leave);
}

// Goal: no size breaks the drawing. Method: every screen and dialog at many sizes.
TEST(ConsoleAppTest, EverySizeIsSurvived) {
  for (const char32_t screen : std::u32string_view(U"12345678")) {
    for (const std::u32string_view keys : {U"", U"?", U"r", U"e", U"u", U"p"}) {
      ConsoleFixture console({.may_leave = true, .may_open_shell = true});
      console.set("Health.Describe", answer_file("health-problems"));
      console.settle();
      console.press(std::u32string(1, screen) + std::u32string(keys));
      for (const auto& [rows, columns] :
           {std::pair{1, 1}, {5, 20}, {20, 72}, {24, 80}, {50, 132}, {100, 300}}) {
        EXPECT_FALSE(console.drawn(rows, columns).text().empty());
      }
    }
  }
}

TEST(ConsoleAppTest, AnswersOfClosedDialogsAreDropped) {
  ConsoleFixture console;
  console.settle();
  console.press(U"2");
  console.app.key({KeyKind::character, U'r'});
  const auto requests = console.app.take_requests();
  console.app.key({KeyKind::escape});
  for (const Request& request : requests) {
    console.app.answer(request.id, {Trouble::none, answer_file("plan"), {}});
    console.app.answer(request.id, {Trouble::none, "{}", {}});  // A second time is ignored.
  }
  EXPECT_THAT(console.screen(), Not(HasSubstr("What will happen")));
}

}  // namespace
}  // namespace ap::console
