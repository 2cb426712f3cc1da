// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/dispatcher.h"

#include "appliance/exec/failure.h"
#include "tests/support/fake_system_manager.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;

using ap::bus::Caller;
using ap::bus::Decision;
using testing::HasSubstr;

class NoTools final : public ap::exec::Runner {
 public:
  ap::exec::Outcome run(const ap::exec::Command& command) override {
    throw ap::exec::Failure(ap::exec::FailureKind::failed,
                            command.arguments[0] + " is not installed");
  }
};

// Collects answers; polkit says what `decision` is.
class FakePort final : public ap::bus::Port {
 public:
  void answer(std::uint64_t ticket, std::string text) override { put(ticket, std::move(text)); }
  void fail(std::uint64_t ticket, const ap::exec::Failure& failure) override {
    put(ticket, std::string("failed: ") + failure.what());
  }
  void deny(std::uint64_t ticket, const std::string& text) override {
    put(ticket, "denied: " + text);
  }
  void authorize(const Caller& /*caller*/, const std::string& action,
                 std::function<void(Decision)> done) override {
    asked.push_back(action);
    done(decision);
  }
  void emit(const std::string& /*noun*/, const std::string& /*name*/,
            std::vector<std::string> arguments) override {
    const std::lock_guard lock(mutex_);
    signals_.push_back(arguments.at(1));
    changed_.notify_all();
  }

  std::string wait_for(std::uint64_t ticket) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return answers_.contains(ticket); });
    return answers_.at(ticket);
  }

  std::string wait_for_end() {
    std::unique_lock lock(mutex_);
    const auto has_ended = [this] {
      return !signals_.empty() && signals_.back().find(R"("state":"running")") == std::string::npos;
    };
    changed_.wait(lock, has_ended);
    return signals_.back();
  }

  Decision decision = Decision::allowed;
  std::vector<std::string> asked;

 private:
  void put(std::uint64_t ticket, std::string text) {
    const std::lock_guard lock(mutex_);
    answers_[ticket] = std::move(text);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, std::string> answers_;
  std::vector<std::string> signals_;
};

// Hands out one manager that outlives the pieces of work.
class SharedManager final : public ap::bus::SystemManager {
 public:
  explicit SharedManager(test_support::FakeSystemManager& manager) : manager_(manager) {}
  ap::bus::UnitState unit(const std::string& name) override { return manager_.unit(name); }
  std::vector<std::string> failed_units() override { return manager_.failed_units(); }
  std::string run_job(const std::string& name, ap::bus::Job job,
                      std::chrono::milliseconds timeout) override {
    return manager_.run_job(name, job, timeout);
  }
  void reset_failed(const std::string& name) override { manager_.reset_failed(name); }
  void isolate(const std::string& target) override { manager_.isolate(target); }

 private:
  test_support::FakeSystemManager& manager_;
};

class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest() { manager.add("bristle-api.service"); }

  std::string call(const std::string& noun, const std::string& method,
                   const std::vector<std::string>& arguments, std::uint32_t uid = 4242424) {
    const std::uint64_t ticket = next_ticket++;
    dispatcher.handle({ticket, noun, method, arguments, {":1.5", uid}});
    return port.wait_for(ticket);
  }

  json::array audit_entries() { return json::parse(audit.read("100")).at("entries").as_array(); }

  support::TemporaryDirectory root;
  NoTools runner;
  test_support::FakeSystemManager manager;
  ap::daemon::Nouns nouns{{root.path(), runner,
                           [this] { return std::make_unique<SharedManager>(manager); },
                           [] { return std::make_unique<test_support::FakeJournal>(); },
                           [](std::chrono::milliseconds) {}}};
  ap::daemon::Audit audit{root.path()};
  FakePort port;
  std::uint64_t next_ticket = 1;
  ap::daemon::Dispatcher dispatcher{port, nouns, audit, "9"};
};

TEST_F(DispatcherTest, AsksPolkitForTheMethodsAction) {
  call("Services", "Describe", {});
  call("Power", "Plan", {"reboot"});
  EXPECT_THAT(port.asked,
              testing::ElementsAre("org.bristle.appliance1.read", "org.bristle.appliance1.read"));
  call("Services", "Describe", {}, 0);
  EXPECT_EQ(port.asked.size(), 2U) << "root is not asked about";
}

TEST_F(DispatcherTest, RunsAnActionAndWritesItDown) {
  EXPECT_EQ(call("Services", "Act", {"bristle-api.service", "restart"}), R"({"operation":"9-1"})");
  EXPECT_THAT(port.wait_for_end(), HasSubstr("was restarted and is running"));
  EXPECT_EQ(manager.jobs.size(), 1U);
  const auto entries = audit_entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].at("action").as_string(), "restart");
  EXPECT_EQ(entries[0].at("argument").as_string(), "bristle-api.service");
  EXPECT_EQ(entries[0].at("uid").to_number<int>(), 4242424);
  EXPECT_THAT(call("Operations", "Describe", {"9-1"}), HasSubstr(R"("state":"done")"));
}

// Goal: reads leave no line; refusals and denials of actions do.
TEST_F(DispatcherTest, WritesDownWhatWasRefused) {
  call("Services", "Plan", {"nothing", "stop"});
  EXPECT_TRUE(audit_entries().empty());
  EXPECT_THAT(call("Services", "Act", {"nothing", "stop"}), HasSubstr("failed: "));
  port.decision = Decision::denied;
  EXPECT_THAT(call("Power", "Act", {"reboot"}), HasSubstr("denied: "));
  EXPECT_THAT(call("Health", "Describe", {}), HasSubstr("denied: "));
  port.decision = Decision::unavailable;
  EXPECT_THAT(call("Users", "CreateLoginLink", {""}), HasSubstr("polkit does not answer"));
  const auto entries = audit_entries();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].at("result").as_string(), "denied");
  EXPECT_TRUE(manager.targets.empty());
}

// Goal: power is written down before it happens.
TEST_F(DispatcherTest, WritesPowerDownFirst) {
  call("Power", "Act", {"power-off"});
  port.wait_for_end();
  EXPECT_THAT(manager.targets, testing::ElementsAre("poweroff.target"));
  const auto entries = audit_entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].at("result").as_string(), "started");
}

TEST_F(DispatcherTest, BoundsArguments) {
  EXPECT_THAT(call("Services", "Plan", {std::string(17'000, 'x'), "start"}),
              HasSubstr("at most 16 KiB"));
}

// Goal: a failure of a noun, of whatever kind, is an answer.
TEST_F(DispatcherTest, AnswersWhenANounFails) {
  EXPECT_THAT(call("Users", "CreateLoginLink", {""}), HasSubstr("setpriv is not installed"));
  EXPECT_THAT(call("Network", "Describe", {}), HasSubstr("failed: "));
  EXPECT_THAT(call("Network", "Apply", {"{broken"}), HasSubstr("failed: "));
  EXPECT_THAT(call("Power", "Act", {"explode"}), HasSubstr("reboot or power-off"));
}

// Goal: each method of the contract has something behind it.
TEST_F(DispatcherTest, AnswersEveryMethodOfTheContract) {
  for (const auto& info : ap::daemon::methods()) {
    SCOPED_TRACE(info.member.noun + "." + info.member.name);
    const std::vector<std::string> arguments(info.member.parameters.size(), "x");
    // A method without an entry in its table says so in the words of std::map.
    EXPECT_THAT(call(info.member.noun, info.member.name, arguments),
                testing::Not(HasSubstr("map::at")));
  }
}

}  // namespace
