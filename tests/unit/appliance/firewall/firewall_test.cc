// SPDX-License-Identifier: LicenseRef-Project
// Goal: the noun's answers have the shape of the D-Bus contract.
#include "appliance/firewall/firewall.h"

#include "tests/support/fake_runner.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ap::firewall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class NoActivation final : public settings::Activation {
 public:
  std::vector<std::string> steps(const settings::Settings&, const settings::Settings&) override {
    return {"Load the new firewall rules"};
  }
  void activate(const settings::Settings&, const settings::Settings&) override {}
  std::vector<std::string> restore(const settings::Settings&, const settings::Settings&) override {
    return {};
  }
};

class FirewallTest : public ::testing::Test {
 protected:
  void expect_counter(ap::exec::Outcome outcome) {
    runner_.expect({"nft", "-j", "list", "counter", "inet", "bristle", "dropped"},
                   std::move(outcome));
  }

  support::TemporaryDirectory directory_;
  test_support::FakeRunner runner_;
  NoActivation activation_;
  Firewall firewall_{directory_.path(), runner_, activation_};
};

TEST_F(FirewallTest, DescribesRulesAndTheCounter) {
  expect_counter({0,
                  R"({"nftables":[{"metainfo":{}},{"counter":{"name":"dropped","packets":42,)"
                  R"("bytes":1}}]})",
                  ""});
  const auto text = firewall_.describe();
  EXPECT_THAT(text, HasSubstr(R"("settings":{"ssh_from":[]})"));
  EXPECT_THAT(text, HasSubstr(R"({"text":"Metrics","port":"9100","from":"10.1.1.0/24",)"
                              R"("interface":"enp0s31f6.4000"})"));
  EXPECT_THAT(text, HasSubstr(R"("loaded":true,"dropped_packets":42,"pending":null)"));
}

TEST_F(FirewallTest, SaysWhenNothingIsLoaded) {
  expect_counter({1, "", "No such file or directory"});
  EXPECT_THAT(firewall_.describe(), HasSubstr(R"("loaded":false,"dropped_packets":null)"));
  expect_counter({0, "nonsense", ""});
  EXPECT_FALSE(firewall_.verify());
}

TEST_F(FirewallTest, PlanTakesItsKeysWithAndWithoutTheTable) {
  const auto plan = firewall_.plan(R"({"ssh_from":["192.0.2.0/24"]})");
  EXPECT_EQ(plan, firewall_.plan(R"({"firewall":{"ssh_from":["192.0.2.0/24"]}})"));
  EXPECT_THAT(plan, HasSubstr(R"({"field":"firewall.ssh_from","from":[],"to":["192.0.2.0/24"]})"));
  EXPECT_THAT(plan, HasSubstr("SSH from other addresses is refused"));
  EXPECT_THAT(firewall_.plan(R"({"ssh_from":[]})"), Not(HasSubstr("refused")));
  EXPECT_THROW(firewall_.plan(R"({"ssh_from":["x"]})"), exec::Failure);
  EXPECT_THROW(firewall_.plan("nonsense"), exec::Failure);
}

}  // namespace
}  // namespace ap::firewall
