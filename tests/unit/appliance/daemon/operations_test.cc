// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/operations.h"

#include "appliance/daemon/workers.h"
#include "appliance/exec/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

using ap::daemon::Operations;
using ap::daemon::Progress;
using ap::daemon::Workers;
using ap::exec::Failure;
using ap::exec::FailureKind;
using testing::HasSubstr;

const auto kIgnoreSignal = [](const std::string&, const std::string&) {};
const auto kIgnoreEnd = [](bool, const std::string&) {};

// Goal: whoever has the id sees the steps, and the listener is told of each change in order.
TEST(OperationsTest, TellsProgressAndResult) {
  std::promise<void> ended;
  std::mutex mutex;
  std::vector<std::string> told;
  Operations operations("7", [&](const std::string& id, const std::string& text) {
    const std::lock_guard lock(mutex);
    told.push_back(id + " " + text);
    if (text.find("done") != std::string::npos) {
      ended.set_value();
    }
  });
  const std::string id = operations.start(
      [](const Progress& progress) {
        progress(0.5, "Half");
        return std::string("Finished");
      },
      kIgnoreEnd);
  EXPECT_EQ(id, "7-1");
  ended.get_future().wait();
  EXPECT_EQ(operations.describe(id),
            R"({"id":"7-1","state":"done","progress":1E0,"step":"Half","result":"Finished"})");
  const std::lock_guard lock(mutex);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_THAT(told[0], HasSubstr(R"("state":"running","progress":5E-1,"step":"Half")"));
}

// Goal: what work throws is its result, and is told before the operation counts as ended.
TEST(OperationsTest, KeepsWhatWentWrong) {
  std::promise<std::string> result;
  std::string id;
  {
    Operations operations("1", kIgnoreSignal);
    id = operations.start(
        [](const Progress&) -> std::string { throw Failure(FailureKind::failed, "mdadm said no"); },
        [&result](bool has_failed, const std::string& text) {
          result.set_value(has_failed ? "failed: " + text : text);
        });
  }
  EXPECT_EQ(result.get_future().get(), "failed: mdadm said no");
}

TEST(OperationsTest, RefusesMoreThanItsBound) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  Operations operations("1", kIgnoreSignal);
  const auto wait = [opened](const Progress&) {
    opened.wait();
    return std::string("x");
  };
  for (std::size_t index = 0; index < Operations::kRunningMax; ++index) {
    operations.start(wait, kIgnoreEnd);
  }
  EXPECT_THROW(operations.start(wait, kIgnoreEnd), Failure);
  gate.set_value();
}

TEST(OperationsTest, DoesNotKnowOtherIds) {
  Operations operations("1", kIgnoreSignal);
  EXPECT_THROW(operations.describe("1-1"), Failure);
}

TEST(OperationsTest, ForgetsTheOldestThatHasEnded) {
  Operations operations("1", kIgnoreSignal);
  const auto run_one = [&operations] {
    std::promise<void> ended;
    const std::string id =
        operations.start([](const Progress&) { return std::string("x"); },
                         [&ended](bool, const std::string&) { ended.set_value(); });
    ended.get_future().wait();
    return id;
  };
  const std::string first = run_one();
  for (std::size_t index = 0; index < Operations::kKeptMax + 5; ++index) {
    run_one();
  }
  EXPECT_THROW(operations.describe(first), Failure);
}

TEST(WorkersTest, RunEverythingBeforeTheyEnd) {
  std::atomic<int> done = 0;
  {
    Workers workers(2, 100);
    for (int index = 0; index < 50; ++index) {
      EXPECT_TRUE(workers.submit([&done] { ++done; }));
    }
  }
  EXPECT_EQ(done, 50);
}

TEST(WorkersTest, SayWhenTooMuchWaits) {
  std::promise<void> gate;
  std::promise<void> begun;
  const std::shared_future<void> opened = gate.get_future().share();
  Workers workers(1, 1);
  EXPECT_TRUE(workers.submit([opened, &begun] {
    begun.set_value();
    opened.wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(workers.submit([] {}));
  EXPECT_FALSE(workers.submit([] {}));
  gate.set_value();
}

}  // namespace
