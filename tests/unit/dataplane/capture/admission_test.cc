// SPDX-License-Identifier: LicenseRef-Project
// Goal: waiting lines are bounded by time, bursts refuse nobody, and what costs no more than its
// refusal is served whatever happens. Method: turns told one by one.
#include "dataplane/capture/admission.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace dp::capture {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::size_t kHeavy = Admission::kLightBodyBytes + 1;

class AdmissionTest : public testing::Test {
 protected:
  /// A turn of `ms`; its requests left `waiting` behind, and so many flushes are done.
  void turn(std::uint64_t ms, std::uint32_t waiting = 0, std::uint64_t flushes = 0) {
    const auto began = now_;
    now_ += ms * kMs;
    admission_.turn_ended(began, now_, waiting, flushes);
  }
  /// Whether a body is taken so long after its turn began.
  [[nodiscard]] bool admits(std::size_t bytes, std::uint64_t ms_into_turn) const {
    return admission_.admits(bytes, now_, now_ + ms_into_turn * kMs);
  }

  Admission admission_;
  std::uint64_t now_ = 5'000 * kMs;
};

TEST_F(AdmissionTest, OneLongTurnRefusesNobodyInIt) {
  turn(1);
  EXPECT_FALSE(admission_.is_alert());
  EXPECT_TRUE(admits(kHeavy, 10'000));
}

TEST_F(AdmissionTest, AfterALongTurnTheNextIsBounded) {
  turn(200);
  EXPECT_TRUE(admission_.is_alert());
  EXPECT_TRUE(admits(kHeavy, 0));
  EXPECT_TRUE(admits(kHeavy, 50));
  EXPECT_FALSE(admits(kHeavy, 51));
  EXPECT_TRUE(admits(Admission::kLightBodyBytes, 10'000)) << "refusing would cost as much";
}

TEST_F(AdmissionTest, ItEndsWithAShortTurnOnly) {
  turn(51);
  turn(40);
  EXPECT_TRUE(admission_.is_alert());
  turn(26);
  EXPECT_TRUE(admission_.is_alert());
  turn(25);
  EXPECT_FALSE(admission_.is_alert());
  turn(50);
  EXPECT_FALSE(admission_.is_alert()) << "as long as allowed begins nothing";
}

TEST_F(AdmissionTest, ALogThatStandsStillRefusesEverything) {
  turn(1, 3, 7);
  for (int count = 0; count < 499; ++count) {
    turn(10, 3, 7);
  }
  EXPECT_TRUE(admits(0, 0)) << "a slow flush is no reason";
  turn(20, 3, 7);
  EXPECT_FALSE(admits(0, 0));
  turn(1, 3, 8);
  EXPECT_TRUE(admits(kHeavy, 0)) << "a flush has ended";
}

TEST_F(AdmissionTest, AnIdleLogIsNotStuck) {
  for (int count = 0; count < 1000; ++count) {
    turn(10, 0, 7);
  }
  EXPECT_FALSE(admission_.is_alert());
  turn(1, 1, 7);
  EXPECT_FALSE(admission_.is_alert()) << "the first to wait has waited for nothing yet";
}

}  // namespace
}  // namespace dp::capture
