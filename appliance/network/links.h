// SPDX-License-Identifier: LicenseRef-Project
// The network interfaces as they are now, and whether they are as the settings want them.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/settings/settings.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ap::network {

struct Link {
  std::string name;
  std::string state;  ///< up, down or another word of `ip`.
  std::string mac;
  std::int64_t mtu = 0;
  std::vector<std::string> addresses;  ///< With prefix length, IPv4 first; no link-local ones.
};

/// Every interface, the loopback one too, in the kernel's order.
std::vector<Link> read_links(exec::Runner& runner);

/// Which network an interface belongs to: public, vswitch, loopback, or nothing we know.
std::string network_of_link(const settings::Settings& settings, const std::string& name);

/// What differs from the settings, in sentences; empty when the links are as wanted.
std::vector<std::string> differences(const settings::Settings& settings,
                                     const std::vector<Link>& links);

}  // namespace ap::network
