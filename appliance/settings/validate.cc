// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/settings/address.h"
#include "appliance/settings/settings.h"

#include <algorithm>

namespace ap::settings {
namespace {

constexpr std::size_t kListItemsMax = 32;
constexpr std::size_t kUrlBytesMax = 255;
constexpr std::size_t kHostnameBytesMax = 63;  // Linux keeps 64; one DNS label is enough for a box.

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_domain_name(std::string_view text) {
  if (text.size() > 253) {
    return false;
  }
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(dot + 1);
  }
}

/// http:// or https:// and characters that need no quoting in an environment file.
bool is_page_url(std::string_view text) {
  constexpr std::string_view kAlsoAllowed = "-._~:/[]";
  const auto rest = text.substr(std::min(text.find("://"), text.size()));
  return text.size() <= kUrlBytesMax &&
         (text.starts_with("http://") || text.starts_with("https://")) && rest.size() > 3 &&
         rest[3] != '/' && std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter_or_digit(c) || kAlsoAllowed.find(c) != std::string_view::npos;
         });
}

bool is_station(std::uint32_t address) {
  const auto first = address >> 24U;
  return first != 0 && first != 127 && first < 224;
}

/// An address inside its network that is neither the network's own nor everybody's.
bool is_host_prefix(std::string_view text) {
  const auto prefix = parse_ipv4_prefix(text);
  if (!prefix || prefix->length < 8 || prefix->length > 30 || !is_station(prefix->address)) {
    return false;
  }
  const std::uint32_t host_bits = ~std::uint32_t{0} >> prefix->length;
  const std::uint32_t host = prefix->address & host_bits;
  return host != 0 && host != host_bits;
}

/// Collects complaints in one form: the value, and what was expected instead.
class Complaints {
 public:
  void expect(bool is_good, const char* field, const std::string& value, const char* expected) {
    if (!is_good) {
      problems_.push_back({field, "'" + value + "' is wrong; expected " + expected});
    }
  }

  template <typename Rule>
  void expect_each(const std::vector<std::string>& values, const char* field, Rule rule,
                   const char* expected) {
    expect(values.size() <= kListItemsMax, field, std::to_string(values.size()) + " items",
           "at most 32 items");
    for (const auto& value : values) {
      expect(rule(value), field, value, expected);
    }
  }

  std::vector<Problem> take() { return std::move(problems_); }

 private:
  std::vector<Problem> problems_;
};

void check_public_port(const PublicPort& port, Complaints& complaints) {
  const auto address = parse_ipv4(port.address);
  const auto gateway = parse_ipv4(port.gateway);
  complaints.expect(port.mac.empty() || is_mac(port.mac), "public.mac", port.mac,
                    "the address of one network card, like 90:1b:0e:11:22:33, or nothing");
  complaints.expect(port.address.empty() || (address && is_station(*address)), "public.address",
                    port.address, "an IPv4 address without a prefix length, or nothing for DHCP");
  if (port.address.empty()) {
    complaints.expect(port.gateway.empty() || (gateway && is_station(*gateway)), "public.gateway",
                      port.gateway, "an IPv4 address, or nothing with DHCP");
  } else {
    complaints.expect(gateway && is_station(*gateway) && gateway != address, "public.gateway",
                      port.gateway, "the IPv4 address of the gateway, as public.address is set");
  }
  complaints.expect(port.address6.empty() || is_ipv6_prefix(port.address6), "public.address6",
                    port.address6, "an IPv6 address with its prefix, like 2001:db8::2/64");
  complaints.expect(is_ipv6(port.gateway6), "public.gateway6", port.gateway6,
                    "an IPv6 address, fe80::1 at Hetzner");
  complaints.expect_each(
      port.dns, "public.dns", [](const auto& text) { return parse_ipv4(text) || is_ipv6(text); },
      "addresses of resolvers");
}

}  // namespace

std::vector<Problem> problems_of(const Settings& settings) {
  Complaints complaints;
  complaints.expect(settings.hostname.size() <= kHostnameBytesMax && is_label(settings.hostname),
                    "hostname", settings.hostname,
                    "1 to 63 letters, digits and hyphens, no hyphen at either end");
  check_public_port(settings.public_port, complaints);
  const Vswitch& vswitch = settings.vswitch;
  complaints.expect(vswitch.vlan >= 1 && vswitch.vlan <= 4094, "vswitch.vlan",
                    std::to_string(vswitch.vlan), "a VLAN id from 1 to 4094");
  complaints.expect(is_host_prefix(vswitch.address), "vswitch.address", vswitch.address,
                    "an IPv4 address of one host with its prefix length, like 10.1.1.30/24");
  complaints.expect(vswitch.mtu >= 576 && vswitch.mtu <= 1500, "vswitch.mtu",
                    std::to_string(vswitch.mtu), "576 to 1500 bytes");
  complaints.expect_each(settings.firewall.ssh_from, "firewall.ssh_from", is_source,
                         "addresses or networks, like 203.0.113.7 or 2001:db8::/48");
  complaints.expect_each(
      settings.time.servers, "time.servers",
      [](const auto& text) { return is_domain_name(text) || parse_ipv4(text) || is_ipv6(text); },
      "names or addresses of time servers");
  complaints.expect(settings.page.url.empty() || is_page_url(settings.page.url), "page.url",
                    settings.page.url,
                    "http:// or https:// and a host, like https://bristle.example.com");
  return complaints.take();
}

std::vector<std::string> warnings_of(const Settings& settings) {
  std::vector<std::string> warnings;
  const Vswitch& vswitch = settings.vswitch;
  if (vswitch.vlan < 4000 || vswitch.vlan > 4091) {
    warnings.push_back("vswitch.vlan: Hetzner's vSwitches have the ids 4000 to 4091, not " +
                       std::to_string(vswitch.vlan));
  }
  if (vswitch.mtu > 1400) {
    warnings.push_back("vswitch.mtu: Hetzner's vSwitches carry 1400 bytes, not " +
                       std::to_string(vswitch.mtu));
  }
  if (settings.public_port.address.empty() && !settings.public_port.gateway.empty()) {
    warnings.emplace_back("public.gateway: not used, as the address comes by DHCP");
  }
  if (settings.public_port.dns.empty() && !settings.public_port.address.empty()) {
    warnings.emplace_back("public.dns: without a resolver, names of time servers do not work");
  }
  return warnings;
}

}  // namespace ap::settings
