// SPDX-License-Identifier: LicenseRef-Project
// Goal: the funnel of one actor is evaluated by the rules of analytics.md 4.4 (worked expectation 7
// of section 8). Method: events written as "<seconds><letters>", A is the first step; the result as
// steps and times.
#include "controlplane/query/funnel_steps.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace cp::query {
namespace {

std::vector<FunnelEvent> events_of(const std::string& text) {
  std::vector<FunnelEvent> events;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    FunnelEvent event;
    for (const char byte : word) {
      if (byte >= '0' && byte <= '9') {
        event.micros = event.micros * 10 + (byte - '0');
      }
      if (byte >= 'A') {
        event.steps |= 1U << static_cast<unsigned>(byte - 'A');
      }
    }
    events.push_back(event);
  }
  return events;
}

// "2: 1 3": two steps reached, at these times.
std::string outcome(const std::string& events, std::size_t steps, std::int64_t window) {
  const FunnelProgress progress = evaluate_funnel(events_of(events), steps, window);
  std::string text = std::to_string(progress.steps_reached) + ":";
  for (std::size_t step = 0; step < progress.steps_reached; ++step) {
    text += " " + std::to_string(progress.times[step]);
  }
  return text;
}

TEST(FunnelStepsTest, FollowsTheRules) {
  struct Case {
    const char* name;
    const char* events;
    std::size_t steps;
    const char* outcome;
  };
  constexpr std::int64_t kWindow = 10;
  const std::vector<Case> cases = {
      {"no events", "", 2, "0:"},
      {"only the second step", "1B", 2, "0:"},
      {"only the first step", "1A 2A", 2, "1: 1"},
      {"in order", "1A 3B", 2, "2: 1 3"},
      {"out of order", "1B 3A", 2, "1: 3"},
      {"events in between do not matter", "1A 2C 3B", 2, "2: 1 3"},
      {"the window's edge is inside", "1A 11B", 2, "2: 1 11"},
      {"just beyond the window", "1A 12B", 2, "1: 1"},
      {"re-entry after the window", "1A 12A 15B", 2, "2: 12 15"},
      {"the newest first step counts", "1A 2A 5B", 2, "2: 2 5"},
      {"the window counts from the first step", "1A 8B 12C", 3, "2: 1 8"},
      {"deeper progress keeps its own entry", "1A 2B 3A 4C", 3, "3: 1 2 4"},
      {"a later attempt may get further", "1A 2B 20A 21B 22C", 3, "3: 20 21 22"},
      {"one event can not be two steps of an attempt", "1AB", 2, "1: 1"},
      {"an event of both steps needs a second one", "1AB 2AB", 2, "2: 1 2"},
      {"an event of both steps completes an older attempt", "1A 3AB", 2, "2: 1 3"},
      {"the same event three times over", "1ABC 2ABC 3ABC", 3, "3: 1 2 3"},
      {"equal times in reversed order", "5B 5A", 2, "2: 5 5"},
      {"equal times, three steps", "5C 5B 5A", 3, "3: 5 5 5"},
      {"equal times, one event is used once", "5A 5AB", 2, "2: 5 5"},
      {"equal times, same steps twice", "5AB 5AB", 2, "2: 5 5"},
      {"it stops at the first completion", "1A 2B 3A 4B", 2, "2: 1 2"},
      {"the first attempt of the best depth is timed", "1A 3B 5A 9B", 3, "2: 1 3"},
      {"one step", "4A", 1, "1: 4"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(outcome(each.events, each.steps, kWindow), each.outcome) << each.name;
  }
}

TEST(FunnelStepsTest, TakesTwentySteps) {
  std::string events;
  for (int step = 0; step < 20; ++step) {
    events += std::to_string(step) + static_cast<char>('A' + step) + " ";
  }
  EXPECT_EQ(evaluate_funnel(events_of(events), 20, 100).steps_reached, 20U);
}

}  // namespace
}  // namespace cp::query
