// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/login_link.h"

#include "appliance/exec/failure.h"
#include "tests/support/fake_runner.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using ap::daemon::create_login_link;
using ap::exec::Failure;
using ap::exec::FailureKind;

class LoginLinkTest : public testing::Test {
 protected:
  static std::vector<std::string> command(const std::string& email = {}) {
    std::vector<std::string> arguments{
        "setpriv",       "--reuid=bristle-control",       "--regid=bristle-control",
        "--init-groups", "/usr/bin/bristle-controlplane", "login-link"};
    if (!email.empty()) {
      arguments.insert(arguments.end(), {"--email", email});
    }
    return arguments;
  }

  FailureKind kind_of(const std::string& email) {
    try {
      create_login_link(root.path(), runner, email);
    } catch (const Failure& failure) {
      return failure.kind();
    }
    ADD_FAILURE() << "nothing failed";
    return FailureKind::failed;
  }

  support::TemporaryDirectory root;
  test_support::FakeRunner runner;
};

// Goal: the subcommand runs as the product's user with the product's environment, and its answer is
// passed on.
TEST_F(LoginLinkTest, RunsTheControlplanesSubcommand) {
  std::filesystem::create_directories(root.path() / "usr/lib/bristle");
  std::ofstream(root.path() / "usr/lib/bristle/environment") << "DATABASE_URL=postgresql:///b\n";
  runner.expect(command("a@example.org"),
                {0, "{\"url\":\"http://x/login/link?token=t\",\"expires_s\":900}\n", ""});
  EXPECT_EQ(create_login_link(root.path(), runner, "a@example.org"),
            R"({"url":"http://x/login/link?token=t","expires_s":900})");
  EXPECT_THAT(runner.ran[0].environment, testing::ElementsAre("DATABASE_URL=postgresql:///b"));
}

TEST_F(LoginLinkTest, RefusesWhatIsNoAddress) {
  for (const std::string& email :
       {std::string("--help@x"), std::string("a b@x"), std::string("a\n@x"), std::string("nobody"),
        std::string(300, 'x') + "@x"}) {
    EXPECT_EQ(kind_of(email), FailureKind::invalid) << email;
  }
  EXPECT_TRUE(runner.ran.empty());
}

TEST_F(LoginLinkTest, TellsAMissingAccountFromABrokenStore) {
  runner.expect(command(), {67, "", "login-link: no account\n"});
  EXPECT_EQ(kind_of(""), FailureKind::not_found);
  runner.expect(command(), {1, "", "DATABASE_URL is missing\n"});
  EXPECT_EQ(kind_of(""), FailureKind::failed);
  runner.expect(command(), {0, "not json", ""});
  EXPECT_EQ(kind_of(""), FailureKind::failed);
}

}  // namespace
