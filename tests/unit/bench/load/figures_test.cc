// SPDX-License-Identifier: LicenseRef-Project
// Goal: a run whose figures would deceive is refused, for each reason of performance.md 4.2, and a
// sound one is not.
#include "bench/load/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A window of 1,000 requests answered within 1 ms, sent 5 us late.
Figures sound() {
  Figures figures;
  for (int count = 0; count < 1000; ++count) {
    figures.latency.record(1000);
    figures.lag.record(5);
  }
  figures.intended = figures.answered_ok = figures.statuses[200] = 1000;
  figures.seconds = 1;
  figures.busy_share = 0.5;
  return figures;
}

Options open_loop() {
  Options options;
  options.rate = 1000;
  return options;
}

TEST(FiguresTest, SoundRunIsReported) { EXPECT_THAT(objections(sound(), open_loop()), IsEmpty()); }

TEST(FiguresTest, LateSendsMakeARunVoid) {
  auto figures = sound();
  for (int count = 0; count < 20; ++count) {
    figures.lag.record(101);  // more than a tenth of 1 ms, at the 99th percentile
  }
  EXPECT_THAT(objections(figures, open_loop()), ElementsAre(HasSubstr("sent late")));
}

TEST(FiguresTest, BusyCoreMakesARunVoid) {
  auto figures = sound();
  figures.busy_share = 0.81;
  EXPECT_THAT(objections(figures, open_loop()), ElementsAre(HasSubstr("81 % busy")));
}

TEST(FiguresTest, TakenConnectionsMakeARunVoidUnlessAllowed) {
  auto figures = sound();
  figures.waited = 1;
  auto options = open_loop();
  EXPECT_THAT(objections(figures, options), ElementsAre(HasSubstr("no free connection")));
  options.allows_waiting = true;
  EXPECT_THAT(objections(figures, options), IsEmpty());
}

TEST(FiguresTest, AnswersThatAreNot2xxMakeARunVoidUnlessCounted) {
  auto figures = sound();
  figures.statuses[503] = 3;
  auto options = open_loop();
  EXPECT_THAT(objections(figures, options), ElementsAre(HasSubstr(R"("503":3)")));
  options.allows_refusals = true;
  EXPECT_THAT(objections(figures, options), IsEmpty());
}

TEST(FiguresTest, MissingAnswersMakeARunVoid) {
  auto figures = sound();
  figures.unanswered = 1;
  EXPECT_THAT(objections(figures, open_loop()), ElementsAre(HasSubstr("1 were not answered")));
  figures.unanswered = 0;
  figures.failed = 2;
  EXPECT_THAT(objections(figures, open_loop()), ElementsAre(HasSubstr("2 requests failed")));
}

TEST(FiguresTest, NoAnswerAtAllMakesARunVoidUnlessCounted) {
  Figures figures;
  figures.lag.record(50);
  auto options = open_loop();
  EXPECT_THAT(objections(figures, options), ElementsAre(HasSubstr("nothing was answered")));
  options.allows_refusals = true;  // an overloaded server may do that: it is the figure
  EXPECT_THAT(objections(figures, options), IsEmpty());
}

TEST(FiguresTest, ClosedLoopTellsNoLatency) {
  Corpus corpus;
  corpus.requests.resize(1);
  Options options;
  EXPECT_THAT(to_json(sound(), options, corpus), testing::Not(HasSubstr("latency")));
  EXPECT_THAT(to_json(sound(), open_loop(), corpus), HasSubstr(R"("p99":1000)"));
}

TEST(FiguresTest, VoidRunTellsOnlyWhy) {
  EXPECT_EQ(void_to_json({R"(a "b")", "c"}), R"({"void":["a \"b\"","c"]})");
}

}  // namespace
}  // namespace load
