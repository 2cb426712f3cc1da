// SPDX-License-Identifier: LicenseRef-Project
// Goal: the networkd units are the reviewed ones (golden files), the port is found on the machines
// we know, and the noun's answers have the shape of the D-Bus contract.
// BRISTLE_WRITE_GOLDEN=1 writes the golden files anew.
#include "appliance/network/network.h"

#include "appliance/network/units.h"
#include "appliance/settings/files.h"
#include "tests/support/fake_runner.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ap::network {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kAddresses = R"([
{"ifname":"lo","operstate":"UNKNOWN","mtu":65536,"address":"00:00:00:00:00:00",
 "addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host"}]},
{"ifname":"enp0s31f6","operstate":"UP","mtu":1500,"address":"90:1b:0e:11:22:33",
 "addr_info":[{"family":"inet","local":"203.0.113.7","prefixlen":32,"scope":"global"},
              {"family":"inet6","local":"fe80::1","prefixlen":64,"scope":"link"}]},
{"ifname":"enp0s31f6.4000","operstate":"UP","mtu":1400,"address":"90:1b:0e:11:22:33",
 "addr_info":[{"family":"inet","local":"10.1.1.30","prefixlen":24,"scope":"global"}]}])";

settings::Settings static_settings() {
  settings::Settings settings;
  settings.public_port.mac = "90:1B:0E:11:22:33";
  settings.public_port.address = "203.0.113.7";
  settings.public_port.gateway = "203.0.113.1";
  settings.public_port.address6 = "2001:db8:7::2/64";
  return settings;
}

std::string joined(const settings::FileSet& files) {
  std::string text;
  for (const auto& [path, content] : files) {
    text += "==> " + path + "\n" + content;
  }
  return text;
}

class NoActivation final : public settings::Activation {
 public:
  std::vector<std::string> steps(const settings::Settings&, const settings::Settings&) override {
    return {};
  }
  void activate(const settings::Settings&, const settings::Settings&) override {}
  std::vector<std::string> restore(const settings::Settings&, const settings::Settings&) override {
    return {};
  }
};

/// A machine's /sys/class/net below a temporary root.
class Machine {
 public:
  void add(const std::string& name, const std::string& mac, const std::string& driver) {
    const auto place = directory_.path() / "sys/class/net" / name;
    settings::write_atomically(place / "type", "1\n");
    settings::write_atomically(place / "address", mac + "\n");
    if (!driver.empty()) {
      std::filesystem::create_directories(place / "device");
      std::filesystem::create_symlink("/sys/bus/pci/drivers/" + driver, place / "device/driver");
    }
  }
  [[nodiscard]] const std::filesystem::path& root() const { return directory_.path(); }

 private:
  support::TemporaryDirectory directory_;
};

TEST(NetworkUnitsTest, RenderedFilesAreTheReviewedOnes) {
  test_support::expect_golden("appliance/network/golden/static",
                              joined(render_units(static_settings(), "90:1b:0e:11:22:33")));
  settings::Settings other_vlan;
  other_vlan.vswitch = {4091, "10.2.0.5/16", 1300};
  test_support::expect_golden("appliance/network/golden/dhcp",
                              joined(render_units(other_vlan, "")));
}

TEST(NetworkUnitsTest, PortIsFoundByMacThenDriverThenName) {
  Machine machine;
  EXPECT_THAT(find_ports(machine.root()), IsEmpty());
  EXPECT_EQ(public_mac({}, {}), "");
  machine.add("lo", "00:00:00:00:00:00", "");
  machine.add("ens5", "52:54:00:00:00:05", "virtio_net");
  machine.add("ens4", "52:54:00:00:00:04", "virtio_net");
  EXPECT_EQ(public_mac({}, find_ports(machine.root())), "52:54:00:00:00:04");
  machine.add("ens9", "90:1B:0E:11:22:33", "e1000e");
  EXPECT_EQ(public_mac({}, find_ports(machine.root())), "90:1b:0e:11:22:33");

  settings::Settings settings;
  settings.public_port.mac = "52:54:00:00:00:05";
  EXPECT_EQ(public_mac(settings, find_ports(machine.root())), "52:54:00:00:00:05");
  settings.public_port.mac = "52:54:00:00:00:99";
  EXPECT_EQ(public_mac(settings, find_ports(machine.root())), "90:1b:0e:11:22:33");
}

class NetworkTest : public ::testing::Test {
 protected:
  void expect_links(const std::string& json) {
    runner_.expect({"ip", "-j", "address", "show"}, {0, json, ""});
  }

  support::TemporaryDirectory directory_;
  test_support::FakeRunner runner_;
  NoActivation activation_;
  Network network_{directory_.path(), runner_, activation_};
};

TEST_F(NetworkTest, DescribesSettingsAndLinks) {
  expect_links(kAddresses);
  const auto text = network_.describe();
  EXPECT_THAT(text, HasSubstr(R"("vswitch":{"vlan":4000,"address":"10.1.1.30/24","mtu":1400})"));
  EXPECT_THAT(text, HasSubstr(R"({"name":"enp0s31f6","state":"up","mac":"90:1b:0e:11:22:33",)"
                              R"("mtu":1500,"addresses":["203.0.113.7/32"]})"));
  EXPECT_THAT(text, HasSubstr(R"("pending":null)"));
}

TEST_F(NetworkTest, VerifyNamesWhatIsNotAsWanted) {
  expect_links(kAddresses);
  EXPECT_THAT(network_.verify(), IsEmpty());
  expect_links("[]");
  EXPECT_THAT(network_.verify(std::chrono::milliseconds(0)),
              ElementsAre("the interface enp0s31f6 is not there",
                          "the interface enp0s31f6.4000 is not there"));
  expect_links("[]");
  expect_links(kAddresses);
  EXPECT_THAT(network_.verify(std::chrono::minutes(1)), IsEmpty());
  settings::Settings moved = static_settings();
  moved.public_port.address = "203.0.113.8";
  moved.vswitch = {4000, "10.1.1.31/24", 1300};
  expect_links(kAddresses);
  EXPECT_THAT(differences(moved, read_links(runner_)),
              ElementsAre("the address 203.0.113.8/32 is not on enp0s31f6",
                          "the address 10.1.1.31/24 is not on enp0s31f6.4000",
                          "enp0s31f6.4000 carries 1400 bytes, not 1300"));
}

TEST_F(NetworkTest, OutputThatIsNoJsonIsAFailure) {
  expect_links("nonsense");
  EXPECT_THROW(network_.describe(), exec::Failure);
}

TEST_F(NetworkTest, PlanWarnsOfWhatPeopleFeel) {
  EXPECT_THAT(network_.plan(R"({"vswitch":{"address":"10.1.1.31/24"}})"),
              HasSubstr("clients have to follow"));
  EXPECT_THAT(network_.plan(R"({"public":{"mac":"90:1b:0e:11:22:34"}})"),
              HasSubstr("from the next boot on"));
  EXPECT_THROW(network_.plan(R"({"firewall":{"ssh_from":[]}})"), exec::Failure);
}

TEST(LinksTest, InterfacesBelongToNetworks) {
  EXPECT_EQ(network_of_link({}, "enp0s31f6"), "public");
  EXPECT_EQ(network_of_link({}, "enp0s31f6.4000"), "vswitch");
  EXPECT_EQ(network_of_link({}, "lo"), "loopback");
  EXPECT_EQ(network_of_link({}, "eth9"), "");
}

}  // namespace
}  // namespace ap::network
