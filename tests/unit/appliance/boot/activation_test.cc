// SPDX-License-Identifier: LicenseRef-Project
// Goal: a change tells exactly those who read what changed, in an order that works, and its plan
// says the same in words.
#include "appliance/boot/activation.h"

#include "appliance/boot/render.h"
#include "appliance/settings/files.h"
#include "appliance/settings/store.h"
#include "tests/support/fake_runner.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ap::boot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ActivationTest : public ::testing::Test {
 protected:
  void expect_firewall() {
    const auto path = (directory_.path() / "run/bristle/firewall.nft").string();
    runner_.expect({"nft", "-c", "-f", path});
    runner_.expect({"nft", "-f", path});
  }
  void expect_sockets() {
    runner_.expect({"systemctl", "daemon-reload"});
    runner_.expect({"systemctl", "stop", "bristle-dataplane.service", "bristle-dataplane.socket",
                    "bristle-metrics.socket"});
    runner_.expect({"systemctl", "start", "bristle-dataplane.socket", "bristle-metrics.socket",
                    "bristle-dataplane.service"});
    runner_.expect({"systemctl", "try-restart", "bristle-api.service"});
  }

  support::TemporaryDirectory directory_;
  test_support::FakeRunner runner_;
  SystemActivation activation_{directory_.path(), runner_};
  settings::Settings from_;
  settings::Settings to_;
};

TEST_F(ActivationTest, NewVswitchAddressReachesFirewallLinksSocketsAndPage) {
  to_.vswitch.address = "10.1.1.31/24";
  EXPECT_THAT(activation_.steps(from_, to_),
              ElementsAre("Check and load the new firewall rules",
                          "Set up enp0s31f6 and enp0s31f6.4000 anew",
                          "Move capture, the page and the metrics to 10.1.1.31/24",
                          "Restart the API with the new page address"));
  expect_firewall();
  runner_.expect({"networkctl", "reload"});
  runner_.expect({"networkctl", "reconfigure", "enp0s31f6.4000"}, {1, "", "not known"});
  expect_sockets();
  activation_.activate(from_, to_);
  EXPECT_THAT(settings::read_text(directory_.path() / "run/bristle/environment").value_or(""),
              HasSubstr("SITE_URL=http://10.1.1.31\n"));
}

TEST_F(ActivationTest, NewVlanReplacesTheOldInterface) {
  to_.vswitch.vlan = 4001;
  expect_firewall();
  runner_.expect({"ip", "link", "delete", "enp0s31f6.4000"}, {1, "", "Cannot find device"});
  runner_.expect({"networkctl", "reload"});
  runner_.expect({"networkctl", "reconfigure", "enp0s31f6"});
  activation_.activate(from_, to_);
}

TEST_F(ActivationTest, FirewallChangeTouchesNothingElse) {
  to_.firewall.ssh_from = {"192.0.2.0/24"};
  EXPECT_THAT(activation_.steps(from_, to_), ElementsAre("Check and load the new firewall rules"));
  expect_firewall();
  activation_.activate(from_, to_);
}

TEST_F(ActivationTest, NewTimeServersReachTheClock) {
  to_.time.servers = {"192.0.2.1"};
  runner_.expect({"chronyc", "reload", "sources"});
  activation_.activate(from_, to_);
}

TEST_F(ActivationTest, NothingChangedNothingDone) {
  EXPECT_THAT(activation_.steps(from_, to_), IsEmpty());
  activation_.activate(from_, to_);
}

TEST_F(ActivationTest, ToolThatSaysNoStopsTheChange) {
  to_.vswitch.address = "10.1.1.31/24";
  const auto path = (directory_.path() / "run/bristle/firewall.nft").string();
  runner_.expect({"nft", "-c", "-f", path}, {1, "", "syntax error"});
  EXPECT_THROW(activation_.activate(from_, to_), exec::Failure);
}

TEST_F(ActivationTest, GoingBackDoesEveryStepWhateverFails) {
  to_.vswitch.address = "10.1.1.31/24";
  const auto path = (directory_.path() / "run/bristle/firewall.nft").string();
  runner_.expect({"nft", "-c", "-f", path});
  runner_.expect({"nft", "-f", path}, {1, "", "no such table"});
  runner_.expect({"networkctl", "reload"}, {1, "", "no bus"});
  runner_.expect({"networkctl", "reconfigure", "enp0s31f6.4000"});
  expect_sockets();
  EXPECT_THAT(activation_.restore(from_, to_),
              ElementsAre(HasSubstr("no such table"), HasSubstr("no bus")));
}

}  // namespace
}  // namespace ap::boot
