// SPDX-License-Identifier: LicenseRef-Project
// Goal: a tool gets exactly what the command says and cannot outlive, flood or outwit its caller.
// Method: real small tools of coreutils.
#include "appliance/exec/runner.h"

#include <gtest/gtest.h>

namespace {

using ap::exec::Command;
using ap::exec::Failure;
using ap::exec::FailureKind;
using ap::exec::ProcessRunner;

FailureKind kind_of(const Command& command) {
  ProcessRunner runner;
  try {
    runner.require(command);
  } catch (const Failure& failure) {
    return failure.kind();
  }
  ADD_FAILURE() << "did not fail";
  return FailureKind::failed;
}

TEST(RunnerTest, GivesInputAndCollectsBothOutputs) {
  ProcessRunner runner;
  const std::string large(300'000, 'x');  // more than a pipe holds
  EXPECT_EQ(runner.run({{"cat"}, large, {}}).output, large);
  const auto missing = runner.run({{"ls", "/nowhere"}, {}, {}});
  EXPECT_NE(missing.exit_status, 0);
  EXPECT_NE(missing.error_output.find("/nowhere"), std::string::npos);
}

TEST(RunnerTest, PassesOnlyTheNamedEnvironment) {
  ProcessRunner runner;
  const auto printed = runner.require({{"env"}, {}, {"NAME=value"}});
  EXPECT_EQ(printed, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C.UTF-8\nNAME=value\n");
}

TEST(RunnerTest, NamesWhatWentWrong) {
  EXPECT_EQ(kind_of({{"no-such-tool"}, {}, {}}), FailureKind::failed);
  EXPECT_EQ(kind_of({{"false"}, {}, {}}), FailureKind::failed);
  EXPECT_EQ(kind_of({{"yes"}, {}, {}, std::chrono::seconds(30), 65536}), FailureKind::failed);
}

TEST(RunnerTest, KillsWhatDoesNotEndInTime) {
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(kind_of({{"sleep", "60"}, {}, {}, std::chrono::milliseconds(50)}),
            FailureKind::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(30));
}

}  // namespace
