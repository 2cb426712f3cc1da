// SPDX-License-Identifier: LicenseRef-Project
// Goal: the seed is what the operator said, else what the rescue system knows; a wrong value is
// named. Method: `ip` by a fake runner, a home directory made for the test.
#include "appliance/flash/options.h"

#include "appliance/exec/failure.h"
#include "appliance/settings/settings.h"
#include "tests/support/fake_runner.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace {

using ap::exec::Failure;
using ap::flash::make_seed;
using ap::flash::Options;
using ap::flash::parse_options;

Options parse(std::vector<std::string> words) {
  words.insert(words.begin(), "bristle-flash");
  std::vector<char*> arguments;
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  return parse_options(static_cast<int>(words.size()), arguments.data());
}

void expect_network(test_support::FakeRunner& runner) {
  runner.expect({"ip", "-json", "-4", "route", "show", "default"},
                {0, R"([{"dst":"default","gateway":"203.0.113.1","dev":"eth0"}])", ""});
  runner.expect({"ip", "-json", "address", "show", "dev", "eth0"},
                {0, R"([{"address":"52:54:00:12:34:56","addr_info":[
                  {"family":"inet","local":"203.0.113.30","prefixlen":26,"scope":"global"},
                  {"family":"inet6","local":"2001:db8:1::2","prefixlen":64,"scope":"global"},
                  {"family":"inet6","local":"fe80::1","prefixlen":64,"scope":"link"}]}])",
                 ""});
}

class OptionsTest : public testing::Test {
 protected:
  OptionsTest() {
    std::filesystem::create_directory(directory_.path() / ".ssh");
    std::ofstream(directory_.path() / ".ssh/authorized_keys")
        << "# rescue\ncommand=\"x\" ssh-ed25519 AAAAC3 operator@desk\nnonsense\n";
  }
  support::TemporaryDirectory directory_;
  test_support::FakeRunner runner_;
};

TEST_F(OptionsTest, TakesNetworkAndKeysFromTheRescueSystem) {
  expect_network(runner_);
  const auto seed =
      make_seed(runner_, parse({"--image", "i", "/dev/sda", "/dev/sdb"}), directory_.path());
  const auto settings = ap::settings::parse_toml(seed.settings).settings;
  EXPECT_EQ(settings.public_port.mac, "52:54:00:12:34:56");
  EXPECT_EQ(settings.public_port.address, "203.0.113.30");
  EXPECT_EQ(settings.public_port.gateway, "203.0.113.1");
  EXPECT_EQ(settings.public_port.address6, "2001:db8:1::2/64");
  EXPECT_EQ(settings.vswitch.address, "10.1.1.30/24");
  EXPECT_EQ(seed.authorized_keys, "ssh-ed25519 AAAAC3 operator@desk\n");
}

TEST_F(OptionsTest, FlagsWinOverWhatWasFound) {
  expect_network(runner_);
  const auto seed = make_seed(runner_,
                              parse({"--image", "i", "--address", "198.51.100.7", "--vlan", "4001",
                                     "--ssh-key", "ssh-ed25519 BBBB other", "/dev/sda"}),
                              directory_.path());
  const auto settings = ap::settings::parse_toml(seed.settings).settings;
  EXPECT_EQ(settings.public_port.address, "198.51.100.7");
  EXPECT_EQ(settings.vswitch.vlan, 4001);
  EXPECT_EQ(seed.authorized_keys, "ssh-ed25519 BBBB other\n");
}

TEST_F(OptionsTest, AnAnswersFileStandsForTheRescueSystem) {
  const auto path = directory_.path() / "answers.toml";
  std::ofstream(path) << "version = 1\nhostname = \"box\"\n";
  const auto seed = make_seed(runner_, parse({"--image", "i", "--seed", path.string(), "/dev/sda"}),
                              directory_.path());
  EXPECT_EQ(ap::settings::parse_toml(seed.settings).settings.hostname, "box");
}

TEST_F(OptionsTest, NamesAWrongValue) {
  struct Case {
    std::vector<std::string> words;
    const char* expected;
  };
  const Case cases[] = {
      {{"/dev/sda"}, "--image"},
      {{"--image", "i"}, "one disk"},
      {{"--image", "i", "a", "b", "c"}, "one disk"},
      {{"--image"}, "value is missing"},
      {{"--colour", "red"}, "unknown option"},
      {{"--image", "i", "--no-rescue", "--address", "300.1.1.1", "a"}, "300.1.1.1"},
      {{"--image", "i", "--no-rescue", "--vlan", "many", "a"}, "many"},
      {{"--image", "i", "--no-rescue", "--ssh-key", "nowhere", "a"}, "nowhere"},
  };
  for (const auto& test : cases) {
    try {
      make_seed(runner_, parse(test.words), directory_.path());
      ADD_FAILURE() << "accepted; expected a complaint with " << test.expected;
    } catch (const Failure& failure) {
      EXPECT_THAT(failure.what(), testing::HasSubstr(test.expected));
    }
  }
}

}  // namespace
