// SPDX-License-Identifier: LicenseRef-Project
// Goal: timers fire once, never early, in the millisecond they are due when the wheel is watched;
// the wheel names the time it may sleep. Method: the wheel against a plain sorted model over random
// operations.
#include "dataplane/reactor/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace dp::reactor {
namespace {

class Probe final : public TimerListener {
 public:
  explicit Probe(const std::uint64_t& now_ms) : now_ms_(now_ms) {}
  void timer_fired(Timer& fired) noexcept override {
    EXPECT_EQ(&fired, &timer);
    EXPECT_FALSE(timer.is_armed());
    fired_at_ms = now_ms_;
    ++fired_count;
  }
  Timer timer{*this};
  std::uint64_t fired_at_ms = 0;
  std::uint32_t fired_count = 0;

 private:
  const std::uint64_t& now_ms_;
};

class TimerWheelTest : public testing::Test {
 protected:
  void move_to(std::uint64_t now_ms) {
    now_ms_ = now_ms;
    wheel_.observe(now_ms);
    wheel_.fire_due();
  }
  std::uint64_t now_ms_ = 1'000'003;
  TimerWheel wheel_{now_ms_};
};

TEST_F(TimerWheelTest, FiresEachDelayExactlyWhenDue) {
  const std::uint64_t start = now_ms_;
  constexpr std::uint64_t kDelays[] = {
      1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097, 60'000, 262'143, 262'144, 262'145, 3'600'000};
  for (const std::uint64_t delay : kDelays) {
    Probe probe(now_ms_);
    wheel_.arm(probe.timer, delay);
    const std::uint64_t armed_at = now_ms_;
    while (probe.fired_count == 0) {
      const std::uint64_t idle = wheel_.idle_ms();
      ASSERT_LE(now_ms_ + idle, armed_at + delay);
      ASSERT_GT(idle, 0U);
      move_to(now_ms_ + idle);
    }
    EXPECT_EQ(probe.fired_at_ms, armed_at + delay) << delay;
  }
  EXPECT_GT(now_ms_, start);
  EXPECT_EQ(wheel_.idle_ms(), ~std::uint64_t{0});
}

TEST_F(TimerWheelTest, SleepsThroughLongDelaysInFewSteps) {
  Probe probe(now_ms_);
  wheel_.arm(probe.timer, 60'000);
  int steps = 0;
  while (probe.fired_count == 0) {
    move_to(now_ms_ + wheel_.idle_ms());
    ++steps;
  }
  EXPECT_LE(steps, 4);
}

TEST_F(TimerWheelTest, DisarmedAndDestroyedTimersStaySilent) {
  Probe probe(now_ms_);
  wheel_.arm(probe.timer, 10);
  TimerWheel::disarm(probe.timer);
  {
    Probe gone(now_ms_);
    wheel_.arm(gone.timer, 10);
  }
  move_to(now_ms_ + 100);
  EXPECT_EQ(probe.fired_count, 0U);
}

TEST_F(TimerWheelTest, ListenerMayRearmItself) {
  class Periodic final : public TimerListener {
   public:
    explicit Periodic(TimerWheel& wheel) : wheel_(wheel) { wheel.arm(timer_, 64); }
    void timer_fired(Timer& timer) noexcept override {
      ++count;
      wheel_.arm(timer, 64);
    }
    int count = 0;

   private:
    TimerWheel& wheel_;
    Timer timer_{*this};
  };
  Periodic periodic(wheel_);
  for (int tick = 0; tick < 640; ++tick) {
    move_to(now_ms_ + 1);
  }
  EXPECT_EQ(periodic.count, 10);
}

TEST_F(TimerWheelTest, AgreesWithAPlainModel) {
  std::mt19937_64 random(7);
  std::vector<std::unique_ptr<Probe>> probes;
  std::vector<std::uint64_t> due(200, 0);
  std::vector<std::uint32_t> expected(200, 0);
  for (std::size_t index = 0; index < due.size(); ++index) {
    probes.push_back(std::make_unique<Probe>(now_ms_));
  }
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t index = random() % probes.size();
    if (random() % 4 == 0) {
      TimerWheel::disarm(probes[index]->timer);
      due[index] = 0;
    } else {
      const std::uint64_t delay = 1 + random() % (std::uint64_t{1} << (1 + random() % 20));
      wheel_.arm(probes[index]->timer, delay);
      due[index] = now_ms_ + delay;
    }
    move_to(now_ms_ + random() % (random() % 50 == 0 ? 5000 : 3));
    for (std::size_t each = 0; each < due.size(); ++each) {
      if (due[each] != 0 && due[each] <= now_ms_) {
        ++expected[each];
        due[each] = 0;
      }
      ASSERT_EQ(probes[each]->fired_count, expected[each]) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace dp::reactor
