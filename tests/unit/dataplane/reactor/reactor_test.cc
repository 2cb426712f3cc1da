// SPDX-License-Identifier: LicenseRef-Project
// Goal: the loop polls in order, blocks when idle, wakes for timers and for stop, and shards are
// independent.
#include "dataplane/reactor/reactor.h"

#include "dataplane/sys/uring.h"

#include <gtest/gtest.h>

#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace dp::reactor {
namespace {

class LambdaPoller final : public Poller {
 public:
  explicit LambdaPoller(std::function<std::uint32_t()> work) : work_(std::move(work)) {}
  std::uint32_t poll(std::uint64_t /*now_ns*/, std::uint32_t /*budget*/) noexcept override {
    return work_();
  }

 private:
  std::function<std::uint32_t()> work_;
};

class LambdaTimer final : public TimerListener {
 public:
  explicit LambdaTimer(std::function<void()> work) : work_(std::move(work)) {}
  void timer_fired(Timer& /*timer*/) noexcept override { work_(); }
  Timer timer{*this};

 private:
  std::function<void()> work_;
};

std::uint64_t thread_cpu_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

struct Shard {
  explicit Shard(Reactor::Options options = {})
      : uring(sys::Uring::create({}).value()), reactor(*uring, clock, options) {}
  sys::SystemClock clock;
  std::unique_ptr<sys::Uring> uring;
  Reactor reactor;
};

TEST(ReactorTest, PollsInTheOrderAdded) {
  Shard shard;
  std::string order;
  LambdaPoller first([&] { return order += 'a', 0U; });
  LambdaPoller second([&] { return order += 'b', 0U; });
  shard.reactor.add_poller(first);
  shard.reactor.add_poller(second);
  shard.uring->attach_thread();
  shard.reactor.turn(0);
  shard.reactor.turn(0);
  shard.uring->shut_down();
  EXPECT_EQ(order, "abab");
  EXPECT_EQ(shard.reactor.counters().turns.load(), 2U);
}

// A full budget asks for another turn at once, although the caller allows the loop to sleep for
// ever.
TEST(ReactorTest, ComesBackAtOnceAfterAFullBudget) {
  Shard shard({-1, 8});
  int left = 5;
  LambdaPoller poller([&] {
    if (--left == 0) {
      shard.reactor.stop();
    }
    return 8U;
  });
  shard.reactor.add_poller(poller);
  shard.reactor.run();
  EXPECT_LE(left, 0);
}

// Goal: at most 1 % of a core when idle. Method: a loop with a 200 ms timer far in the future of
// its work.
TEST(ReactorTest, SleepsWhenIdle) {
  const std::uint64_t begin_ns = sys::SystemClock().monotonic_ns();
  Shard shard;
  LambdaTimer stop([&] { shard.reactor.stop(); });
  std::uint64_t cpu_ns = 0;
  shard.reactor.timers().arm(stop.timer, 300);
  std::thread thread([&] {
    shard.reactor.run();
    cpu_ns = thread_cpu_ns();
  });
  thread.join();
  EXPECT_GE(shard.clock.monotonic_ns() - begin_ns,
            299'000'000U);  // the wheel counts whole milliseconds
  EXPECT_LE(shard.reactor.counters().turns.load(), 12U);
  EXPECT_LE(cpu_ns, 50'000'000U);
}

TEST(ReactorTest, StopsFromAnotherThreadWhileAsleep) {
  Shard shard;
  std::thread thread([&] { shard.reactor.run(); });
  shard.reactor.stop();
  thread.join();
}

class AwakePoller final : public Poller {
 public:
  std::uint32_t poll(std::uint64_t /*now_ns*/, std::uint32_t /*budget*/) noexcept override {
    return 0;
  }
  [[nodiscard]] Sleep sleep_allowed() const noexcept override {
    constexpr std::uint64_t kMinuteNs = 60'000'000'000;
    return {kMinuteNs, 1, true};
  }
};

// Both what ends in the kernel and what another thread says must end the watch: a minute is longer
// than the test may take.
TEST(ReactorTest, StaysAwakeForAPollerAndSeesTimersAndOtherThreads) {
  Shard shard;
  AwakePoller awake;
  shard.reactor.add_poller(awake);
  bool has_fired = false;
  LambdaTimer timer([&] { has_fired = true; });
  shard.reactor.timers().arm(timer.timer, 5);
  shard.uring->attach_thread();
  shard.reactor.turn(0);
  while (!has_fired) {
    shard.reactor.turn(sys::EventQueue::kForever);
  }
  std::thread other([&] { shard.uring->wake(); });
  EXPECT_GE(shard.reactor.turn(sys::EventQueue::kForever), 1U);
  other.join();
  EXPECT_EQ(shard.reactor.counters().idle_waits.load(), 0U);
  shard.uring->shut_down();
}

class ReactorShardsTest : public testing::TestWithParam<std::size_t> {};

// Shards run their own timers on their own threads and never see each other's.
TEST_P(ReactorShardsTest, RunIndependently) {
  std::vector<std::unique_ptr<Shard>> shards;
  std::vector<std::unique_ptr<LambdaTimer>> timers;
  std::vector<int> fired(GetParam(), 0);
  for (std::size_t index = 0; index < GetParam(); ++index) {
    shards.push_back(std::make_unique<Shard>());
    timers.push_back(std::make_unique<LambdaTimer>([&fired, &shards, &timers, index] {
      if (++fired[index] == 20) {
        shards[index]->reactor.stop();
        return;
      }
      shards[index]->reactor.timers().arm(timers[index]->timer, 1);
    }));
    shards[index]->reactor.timers().arm(timers[index]->timer, 1);
  }
  std::vector<std::thread> threads;
  for (const auto& shard : shards) {
    threads.emplace_back([&shard] { shard->reactor.run(); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(fired, std::vector<int>(GetParam(), 20));
}

INSTANTIATE_TEST_SUITE_P(OneAndTwo, ReactorShardsTest, testing::Values(1, 2));

}  // namespace
}  // namespace dp::reactor
