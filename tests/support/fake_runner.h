// SPDX-License-Identifier: LicenseRef-Project
// A Runner for tests: expected argument vectors with canned outcomes, in order; anything else fails
// the test.
#pragma once

#include "appliance/exec/runner.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace test_support {

/// Answers each command with the outcome that `expect` gave it. Every expectation must be used.
class FakeRunner final : public ap::exec::Runner {
 public:
  FakeRunner() = default;
  FakeRunner(const FakeRunner&) = delete;
  FakeRunner& operator=(const FakeRunner&) = delete;
  FakeRunner(FakeRunner&&) = delete;
  FakeRunner& operator=(FakeRunner&&) = delete;
  ~FakeRunner() override {
    for (const auto& [arguments, outcome] : expected_) {
      ADD_FAILURE() << "never run: " << joined(arguments);
    }
  }

  /// The next command must have these arguments; it ends with `outcome`.
  void expect(std::vector<std::string> arguments, ap::exec::Outcome outcome = {}) {
    expected_.emplace_back(std::move(arguments), std::move(outcome));
  }

  ap::exec::Outcome run(const ap::exec::Command& command) override {
    ran.push_back(command);
    if (expected_.empty() || expected_.front().first != command.arguments) {
      ADD_FAILURE() << "unexpected command: " << joined(command.arguments) << "; expected "
                    << (expected_.empty() ? "none" : joined(expected_.front().first));
      throw ap::exec::Failure(ap::exec::FailureKind::failed, "unexpected command");
    }
    ap::exec::Outcome outcome = std::move(expected_.front().second);
    expected_.pop_front();
    return outcome;
  }

  std::vector<ap::exec::Command> ran;  ///< Every command so far, with its input and time limit.

 private:
  static std::string joined(const std::vector<std::string>& arguments) {
    std::string text;
    for (const auto& argument : arguments) {
      text += (text.empty() ? "" : " ") + argument;
    }
    return text;
  }

  std::deque<std::pair<std::vector<std::string>, ap::exec::Outcome>> expected_;
};

}  // namespace test_support
