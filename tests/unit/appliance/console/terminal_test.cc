// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/terminal.h"

#include "appliance/console/worker.h"
#include "tests/unit/appliance/console/console_fixture.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <future>
#include <memory>

namespace ap::console {
namespace {

// Goal: every glyph the console draws by itself has an ASCII form. Method: all golden screens.
TEST(ConsoleTerminalTest, EveryGlyphOfTheScreensHasAnAsciiForm) {
  test_support::ConsoleFixture console({.may_leave = true, .may_open_shell = true});
  console.set("Services.ReadLog", "{}");
  console.settle();
  for (const std::u32string_view keys :
       {U"1", U"2", U"2r", U"2?", U"3", U"3u", U"4", U"4e", U"5", U"6", U"7", U"8"}) {
    console.press(KeyKind::escape);
    console.press(KeyKind::escape);
    console.press(keys);
    const Canvas canvas = console.drawn();
    for (int row = 0; row < canvas.rows(); ++row) {
      for (int column = 0; column < canvas.columns(); ++column) {
        const char32_t glyph = ascii_glyph(canvas.at(row, column).glyph);
        EXPECT_TRUE(glyph < 0x7F && (glyph != U'?' || canvas.at(row, column).glyph == U'?'))
            << canvas.row_text(row);
      }
    }
  }
}

TEST(ConsoleTerminalTest, SerialTerminalsAreTakenForAscii) {
  EXPECT_TRUE(shows_utf8("linux"));
  EXPECT_TRUE(shows_utf8("xterm-256color"));
  EXPECT_FALSE(shows_utf8("vt220"));
  EXPECT_FALSE(shows_utf8("vt102"));
  EXPECT_FALSE(shows_utf8(""));
  EXPECT_FALSE(shows_utf8(nullptr));
}

// Answers when the test lets it.
class GatedAppliance final : public Appliance {
 public:
  explicit GatedAppliance(std::shared_future<void> gate) : gate_(std::move(gate)) {}
  Answer call(const Call& call) override {
    gate_.wait();
    return {Trouble::none, call.noun, {}};
  }

 private:
  std::shared_future<void> gate_;
};

// Goal: answers come back in order and wake the loop; a worker may end while a call hangs.
TEST(ConsoleWorkerTest, AnswersInOrderAndNeverHoldsUpItsEnd) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  {
    Worker worker([opened] { return std::make_unique<GatedAppliance>(opened); });
    worker.submit({{1, {"A", "x", {}}}, {2, {"B", "x", {}}}});
    EXPECT_TRUE(worker.take_answers().empty());
    gate.set_value();
    std::vector<std::pair<std::uint64_t, Answer>> answers;
    while (answers.size() < 2) {
      pollfd waited{worker.descriptor(), POLLIN, 0};
      ASSERT_EQ(::poll(&waited, 1, 10'000), 1);
      std::ranges::move(worker.take_answers(), std::back_inserter(answers));
    }
    EXPECT_EQ(answers[0].second.text, "A");
    EXPECT_EQ(answers[1].first, 2U);
  }
  std::promise<void> never;
  const std::shared_future<void> closed = never.get_future().share();
  {
    Worker worker([closed] { return std::make_unique<GatedAppliance>(closed); });
    worker.submit({{1, {"A", "x", {}}}});
  }
  never.set_value();
}

}  // namespace
}  // namespace ap::console
