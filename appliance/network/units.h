// SPDX-License-Identifier: LicenseRef-Project
// The systemd-networkd units of the box, as a pure function of settings and the port that was
// found.
#pragma once

#include "appliance/settings/files.h"
#include "appliance/settings/settings.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ap::network {

inline constexpr const char* kUnitFolder = "/run/systemd/network/";

/// One physical Ethernet port of this machine.
struct Port {
  std::string name;
  std::string mac;  ///< Lower case.
  std::string driver;

  bool operator==(const Port&) const = default;
};

/// The Ethernet ports with a device behind them: e1000e first, then by name.
std::vector<Port> find_ports(const std::filesystem::path& root);

/// The address by which the public port is matched: the configured one if a port has it, else the
/// first port's. Empty when no port is there yet; the unit then matches the driver e1000e.
std::string public_mac(const settings::Settings& settings, const std::vector<Port>& ports);

/// True when the configured address belongs to none of the ports, so that another one is used.
bool is_port_replaced(const settings::Settings& settings, const std::vector<Port>& ports);

/// 10-public.link, 10-public.network, 20-vswitch.netdev and 20-vswitch.network.
settings::FileSet render_units(const settings::Settings& settings, const std::string& mac);

}  // namespace ap::network
