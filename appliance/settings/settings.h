// SPDX-License-Identifier: LicenseRef-Project
// What the operator decides about one appliance: the content of appliance.toml, schema version 1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ap::settings {

/// Name of the public port, whatever the firmware called it.
inline constexpr const char* kPort = "enp0s31f6";

/// Seconds in which a change of network or firewall has to be confirmed.
inline constexpr int kConfirmWithinSeconds = 60;

/// The port that faces the internet. An empty `address` means DHCP, an empty `mac` the first port.
struct PublicPort {
  std::string mac;
  std::string address;
  std::string gateway;
  std::string address6;
  std::string gateway6 = "fe80::1";
  std::vector<std::string> dns = {"185.12.64.1", "185.12.64.2", "2a01:4ff:ff00::add:1",
                                  "2a01:4ff:ff00::add:2"};

  bool operator==(const PublicPort&) const = default;
};

/// The private network, an 802.1Q VLAN on the same port.
struct Vswitch {
  std::int64_t vlan = 4000;
  std::string address = "10.1.1.30/24";
  std::int64_t mtu = 1400;

  bool operator==(const Vswitch&) const = default;
};

/// Who may try to log in. Empty: everybody with a key.
struct Firewall {
  std::vector<std::string> ssh_from;

  bool operator==(const Firewall&) const = default;
};

struct Time {
  std::vector<std::string> servers = {"ntp1.hetzner.de", "ntp2.hetzner.com", "ntp3.hetzner.net"};

  bool operator==(const Time&) const = default;
};

/// Address under which people open the page. Empty: the vSwitch address.
struct Page {
  std::string url;

  bool operator==(const Page&) const = default;
};

/// Everything of appliance.toml. The defaults are those of a box without a seed.
struct Settings {
  std::string hostname = "bristle";
  PublicPort public_port;
  Vswitch vswitch;
  Firewall firewall;
  Time time;
  Page page;

  bool operator==(const Settings&) const = default;
};

/// One value that is wrong, by the name an operator knows it under (`vswitch.vlan`).
struct Problem {
  std::string field;
  std::string text;  ///< Names the value and what was expected.
};

/// One difference between two settings; the values as JSON.
struct Change {
  std::string field;
  std::string from;
  std::string to;
};

/// Settings and what is odd about them, in sentences.
struct Parsed {
  Settings settings;
  std::vector<std::string> warnings;
};

/// Every wrong value of `settings`; empty when they can be used.
std::vector<Problem> problems_of(const Settings& settings);

/// What can be used but is unusual, in sentences.
std::vector<std::string> warnings_of(const Settings& settings);

/// Reads the text of an appliance.toml of at most 64 KiB; keys it lacks keep their defaults and
/// unknown keys become warnings. Throws Failure `invalid` that names every wrong key.
Parsed parse_toml(std::string_view text);

/// The text of an appliance.toml with every key in it.
std::string to_toml(const Settings& settings);

/// A JSON object of the tables `tables` (empty: of everything), keys as in appliance.toml.
std::string to_json(const Settings& settings, const std::vector<std::string>& tables = {});

/// `settings` with the keys of the JSON object `patch` replaced, which may name keys of `tables`
/// only. Throws Failure `invalid` that names the key.
Parsed patched(const Settings& settings, std::string_view patch,
               const std::vector<std::string>& tables);

/// What differs, in the order of appliance.toml.
std::vector<Change> difference(const Settings& from, const Settings& to);

/// Name of the VLAN's interface.
std::string vlan_interface(const Settings& settings);

/// Address under which people open the page, without a slash at its end.
std::string page_url(const Settings& settings);

}  // namespace ap::settings
