// SPDX-License-Identifier: LicenseRef-Project
// Goal: one loop that stands still is noticed whatever the others do; an idle one is not mistaken
// for it. Method: loops played by the test.
#include "dataplane/daemon/heartbeat.h"

#include <gtest/gtest.h>

namespace dp::daemon {
namespace {

class FakeLoop final : public Turning {
 public:
  [[nodiscard]] std::uint64_t turns() const noexcept override { return turns_; }
  void wake() noexcept override { turns_ += is_stuck_ ? 0 : 1; }
  void stick() noexcept { is_stuck_ = true; }
  void go_on() noexcept { is_stuck_ = false; }

 private:
  std::uint64_t turns_ = 0;
  bool is_stuck_ = false;
};

TEST(HeartbeatTest, IdleLoopsTurnBecauseTheyAreAsked) {
  FakeLoop first;
  FakeLoop second;
  Heartbeat heartbeat({&first, &second});
  EXPECT_FALSE(heartbeat.beat()) << "nobody has turned yet";
  for (int beat = 0; beat < 5; ++beat) {
    EXPECT_TRUE(heartbeat.beat());
  }
}

TEST(HeartbeatTest, OneStuckLoopIsEnough) {
  FakeLoop first;
  FakeLoop second;
  Heartbeat heartbeat({&first, &second});
  heartbeat.beat();
  EXPECT_TRUE(heartbeat.beat());
  second.stick();
  EXPECT_TRUE(heartbeat.beat()) << "it had turned before it stuck";
  for (int beat = 0; beat < 3; ++beat) {
    EXPECT_FALSE(heartbeat.beat());
  }
  second.go_on();
  EXPECT_FALSE(heartbeat.beat());
  EXPECT_TRUE(heartbeat.beat());
}

}  // namespace
}  // namespace dp::daemon
