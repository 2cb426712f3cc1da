// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/network/units.h"

#include "appliance/settings/store.h"

#include <algorithm>
#include <tuple>

namespace ap::network {
namespace {

constexpr const char* kDriver = "e1000e";  // Intel I219, the port of the reference machine
constexpr const char* kEthernet = "1";     // ARPHRD_ETHER

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::string first_line(const std::filesystem::path& path) {
  const auto text = settings::read_text(path).value_or("");
  return text.substr(0, text.find('\n'));
}

/// The segmentation offload of the I219 hangs the card under load (reference 4.5); a deeper ring
/// and 30 us of moderation carry bursts on its one queue, and pause frames would let one slow
/// neighbour stop the port (5.4).
std::string link_unit(const std::string& mac) {
  const std::string match =
      mac.empty() ? std::string("Driver=") + kDriver : "PermanentMACAddress=" + mac;
  return "[Match]\n" + match + "\n\n[Link]\nName=" + settings::kPort +
         "\nTCPSegmentationOffload=no\nWakeOnLan=off\nRxBufferSize=2048\nRxCoalesceSec=30us\n"
         "RxFlowControl=no\nTxFlowControl=no\n";
}

/// Hetzner's switch drops frames to neighbours, so the address is /32 and the gateway on-link.
std::string public_unit(const settings::Settings& settings) {
  const settings::PublicPort& port = settings.public_port;
  const bool is_dynamic = port.address.empty();
  std::string text = std::string("[Match]\nName=") + settings::kPort +
                     "\n\n[Network]\nVLAN=" + settings::vlan_interface(settings) +
                     "\nLinkLocalAddressing=ipv6\nIPv6AcceptRA=no\nLLDP=no\nLLMNR=no\nDHCP=" +
                     (is_dynamic ? "ipv4" : "no") + "\n";
  for (const auto& server : port.dns) {
    text += "DNS=" + server + "\n";
  }
  if (is_dynamic) {
    text += "\n[DHCPv4]\nUseHostname=no\nUseNTP=no\nUseDomains=no\n";
  } else {
    text += "\n[Address]\nAddress=" + port.address + "/32\n\n[Route]\nGateway=" + port.gateway +
            "\nGatewayOnLink=yes\n";
  }
  if (!port.address6.empty()) {
    text += "\n[Address]\nAddress=" + port.address6 + "\n\n[Route]\nGateway=" + port.gateway6 +
            "\nGatewayOnLink=yes\n";
  }
  return text;
}

std::string vswitch_device(const settings::Settings& settings) {
  return "[NetDev]\nName=" + settings::vlan_interface(settings) +
         "\nKind=vlan\nMTUBytes=" + std::to_string(settings.vswitch.mtu) +
         "\n\n[VLAN]\nId=" + std::to_string(settings.vswitch.vlan) + "\n";
}

/// Nothing waits for this link: the box serves the public network while the vSwitch is down.
std::string vswitch_unit(const settings::Settings& settings) {
  return "[Match]\nName=" + settings::vlan_interface(settings) +
         "\n\n[Link]\nMTUBytes=" + std::to_string(settings.vswitch.mtu) +
         "\nRequiredForOnline=no\n\n[Network]\nAddress=" + settings.vswitch.address +
         "\nConfigureWithoutCarrier=yes\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nLLMNR=no\n";
}

}  // namespace

std::vector<Port> find_ports(const std::filesystem::path& root) {
  std::vector<Port> ports;
  std::error_code missing;
  for (const auto& entry :
       std::filesystem::directory_iterator(settings::below(root, "/sys/class/net"), missing)) {
    const auto& place = entry.path();
    const bool is_wireless = std::filesystem::exists(place / "wireless");
    if (first_line(place / "type") == kEthernet && !is_wireless &&
        std::filesystem::exists(place / "device")) {
      std::error_code no_driver;
      const auto driver = std::filesystem::read_symlink(place / "device/driver", no_driver);
      ports.push_back({place.filename().string(), lower(first_line(place / "address")),
                       driver.filename().string()});
    }
  }
  std::sort(ports.begin(), ports.end(), [](const Port& left, const Port& right) {
    return std::tuple(left.driver != kDriver, left.name) <
           std::tuple(right.driver != kDriver, right.name);
  });
  return ports;
}

bool is_port_replaced(const settings::Settings& settings, const std::vector<Port>& ports) {
  const std::string wanted = lower(settings.public_port.mac);
  return !wanted.empty() && !ports.empty() &&
         std::none_of(ports.begin(), ports.end(),
                      [&](const Port& port) { return port.mac == wanted; });
}

std::string public_mac(const settings::Settings& settings, const std::vector<Port>& ports) {
  const std::string wanted = lower(settings.public_port.mac);
  const bool is_any = wanted.empty() || is_port_replaced(settings, ports);
  return is_any && !ports.empty() ? ports.front().mac : wanted;
}

settings::FileSet render_units(const settings::Settings& settings, const std::string& mac) {
  const std::string folder = kUnitFolder;
  return {{folder + "10-public.link", link_unit(mac)},
          {folder + "10-public.network", public_unit(settings)},
          {folder + "20-vswitch.netdev", vswitch_device(settings)},
          {folder + "20-vswitch.network", vswitch_unit(settings)}};
}

}  // namespace ap::network
