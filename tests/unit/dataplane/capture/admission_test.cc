// SPDX-License-Identifier: LicenseRef-Project
// Goal: the lines for work and for the log are bounded, and a log that stands still takes nothing.
// Method: lengths of the lines and turns told one by one.
#include "dataplane/capture/admission.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace dp::capture {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

class AdmissionTest : public testing::Test {
 protected:
  /// A turn of `ms`; its requests left `waiting` behind, and so many flushes are done.
  void turn(std::uint64_t ms, std::uint32_t waiting = 0, std::uint64_t flushes = 0) {
    now_ += ms * kMs;
    admission_.turn_ended(now_, waiting, flushes);
  }

  Admission admission_;
  std::uint64_t now_ = 5'000 * kMs;
};

TEST_F(AdmissionTest, NobodyIsMadeToWaitLongerThanTheLimit) {
  turn(1);
  EXPECT_TRUE(admission_.admits({0, 0}));
  EXPECT_TRUE(admission_.admits({Admission::kWaitNsMax, 0}));
  EXPECT_FALSE(admission_.admits({Admission::kWaitNsMax + 1, 0}));
  EXPECT_FALSE(admission_.is_log_stuck());
}

TEST_F(AdmissionTest, ADiskThatIsSlowerThanTheLoadIsNotFedOn) {
  turn(1);
  EXPECT_TRUE(admission_.admits({0, Admission::kLogBytesMax}));
  EXPECT_FALSE(admission_.admits({0, Admission::kLogBytesMax + 1}));
}

TEST_F(AdmissionTest, ALongTurnRefusesNobody) {
  turn(10'000, 3, 7);
  turn(1, 3, 8);
  EXPECT_TRUE(admission_.admits({0, 0}));
}

TEST_F(AdmissionTest, ALogThatStandsStillTakesNothing) {
  turn(1, 3, 7);
  for (int count = 0; count < 499; ++count) {
    turn(10, 3, 7);
  }
  EXPECT_FALSE(admission_.is_log_stuck()) << "a slow flush is no reason";
  turn(20, 3, 7);
  EXPECT_TRUE(admission_.is_log_stuck());
  EXPECT_FALSE(admission_.admits({0, 0}));
  turn(1, 3, 8);
  EXPECT_FALSE(admission_.is_log_stuck()) << "a flush has ended";
  EXPECT_TRUE(admission_.admits({0, 0}));
}

TEST_F(AdmissionTest, AnIdleLogIsNotStuck) {
  for (int count = 0; count < 1000; ++count) {
    turn(10, 0, 7);
  }
  EXPECT_FALSE(admission_.is_log_stuck());
  turn(1, 1, 7);
  EXPECT_FALSE(admission_.is_log_stuck()) << "the first to wait has waited for nothing yet";
}

}  // namespace
}  // namespace dp::capture
