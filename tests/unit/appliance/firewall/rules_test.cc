// SPDX-License-Identifier: LicenseRef-Project
// Goal: the rendered rules are the ones that were reviewed (golden files), nft accepts them, and in
// a network namespace of our own they let in and keep out whom they should.
// BRISTLE_WRITE_GOLDEN=1 writes the golden files anew.
#include "appliance/firewall/rules.h"

#include "appliance/exec/runner.h"
#include "appliance/settings/files.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ap::firewall {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

settings::Settings static_settings() {
  settings::Settings settings;
  settings.public_port.address = "203.0.113.7";
  settings.public_port.gateway = "203.0.113.1";
  settings.firewall.ssh_from = {"198.51.100.0/24", "192.0.2.7", "2001:db8:1::/48"};
  settings.vswitch.vlan = 4091;
  settings.vswitch.address = "10.2.0.5/16";
  return settings;
}

/// True when nft can talk to this kernel.
bool can_run_nft() {
  exec::ProcessRunner runner;
  return access("/usr/sbin/nft", X_OK) == 0 &&
         runner.run({{"nft", "list", "tables"}, {}, {}}).exit_status == 0;
}

TEST(FirewallRulesTest, RenderedTextIsTheReviewedOne) {
  test_support::expect_golden("appliance/firewall/golden/default.nft", render_rules({}));
  test_support::expect_golden("appliance/firewall/golden/static.nft",
                              render_rules(static_settings()));
}

TEST(FirewallRulesTest, NftAcceptsEveryRuleset) {
  if (!can_run_nft()) {
    GTEST_SKIP() << "nft cannot read this kernel's tables here (needs nftables and root)";
  }
  const support::TemporaryDirectory directory;
  exec::ProcessRunner runner;
  settings::Settings overlapping = static_settings();
  overlapping.firewall.ssh_from = {"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3"};
  const std::string texts[] = {
      render_rules({}), render_rules(static_settings()), render_rules(overlapping),
      settings::read_text("systemd/firewall-minimal.nft").value_or("missing")};
  for (const auto& text : texts) {
    const auto path = directory.path() / "rules.nft";
    settings::write_atomically(path, text);
    const auto outcome = runner.run({{"nft", "-c", "-f", path.string()}, {}, {}});
    EXPECT_EQ(outcome.exit_status, 0) << outcome.error_output << text;
  }
}

TEST(FirewallRulesTest, WordsNameWhatMayComeIn) {
  std::vector<std::string> lines;
  for (const auto& rule : rules_in_words(static_settings())) {
    lines.push_back(rule.port + " " + rule.from + " " + rule.interface);
  }
  EXPECT_THAT(lines, ElementsAre("22 198.51.100.0/24 ", "22 192.0.2.7 ", "22 2001:db8:1::/48 ",
                                 "80 10.2.0.0/16 enp0s31f6.4091", "9100 10.2.0.0/16 enp0s31f6.4091",
                                 " anywhere ", " anywhere "));
  EXPECT_EQ(rules_in_words({}).front().from, "anywhere");
}

/// Runs the script that builds the namespaces and tries the ports; it prints one line per attempt.
TEST(FirewallRulesTest, LetsInAndKeepsOutInANetworkOfItsOwn) {
  if (geteuid() != 0 || !can_run_nft()) {
    GTEST_SKIP() << "needs root and nftables to make network namespaces";
  }
  const support::TemporaryDirectory directory;
  settings::Settings settings;
  settings.public_port.address = "203.0.113.7";
  settings.public_port.gateway = "203.0.113.1";
  settings.firewall.ssh_from = {"203.0.113.0/24", "10.1.1.0/24"};
  const auto path = directory.path() / "rules.nft";
  settings::write_atomically(path, render_rules(settings));
  exec::ProcessRunner runner;
  const auto outcome =
      runner.run({{"python3", "tests/unit/appliance/firewall/try_ports", path.string()}, {}, {}});
  if (outcome.exit_status == 77) {
    GTEST_SKIP() << outcome.output;
  }
  EXPECT_EQ(outcome.exit_status, 0) << outcome.error_output;
  EXPECT_EQ(outcome.output,
            "vswitch peer 10.1.1.7: 80 connected\n"
            "tracked connections of port 80: 0\n"
            "vswitch peer 10.1.1.7: ping answered\n"
            "vswitch peer 10.1.1.7: 9100 connected\n"
            "vswitch peer 10.1.1.7: 22 connected\n"
            "vswitch peer 10.1.1.7: 8123 dropped\n"
            "vswitch peer 10.9.9.9: 80 dropped\n"
            "vswitch peer 10.9.9.9: 9100 dropped\n"
            "vswitch peer 10.9.9.9: 22 dropped\n"
            "public peer 203.0.113.1: ping answered\n"
            "public peer 203.0.113.1: 22 connected\n"
            "public peer 203.0.113.1: 80 dropped\n"
            "public peer 10.1.1.9: 80 dropped\n"
            "public peer 10.1.1.9: 9100 dropped\n"
            "public peer 198.51.100.4: 22 dropped\n");
}

}  // namespace
}  // namespace ap::firewall
