// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/firewall/rules.h"

#include "appliance/settings/address.h"

namespace ap::firewall {
namespace {

/// The two families of `ssh_from`, as the elements of a set each.
struct Sources {
  std::string ipv4;
  std::string ipv6;
};

Sources sources_of(const settings::Settings& settings) {
  Sources sources;
  for (const auto& source : settings.firewall.ssh_from) {
    std::string& list = source.find(':') == std::string::npos ? sources.ipv4 : sources.ipv6;
    list += (list.empty() ? "" : ", ") + source;
  }
  return sources;
}

std::string source_set(const char* name, const char* type, const std::string& elements) {
  return std::string("  set ") + name + " {\n    type " + type +
         "\n    flags interval\n    auto-merge\n    elements = { " + elements + " }\n  }\n";
}

/// Addresses that tried too often; the sets forget them after ten minutes.
constexpr const char* kMeters = R"(  set ssh4 {
    type ipv4_addr
    size 65536
    flags dynamic
    timeout 10m
  }
  set ssh6 {
    type ipv6_addr
    size 65536
    flags dynamic
    timeout 10m
  }
  counter dropped {
  }
)";

constexpr const char* kInputHead = R"(  chain input {
    type filter hook input priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iifname "lo" accept
    ip protocol icmp icmp type {
      echo-request, destination-unreachable, time-exceeded, parameter-problem
    } limit rate 50/second accept
    icmpv6 type {
      nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, mld-listener-query
    } accept
    icmpv6 type {
      echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem
    } limit rate 50/second accept
)";

constexpr const char* kInputTail = R"(    limit rate 5/minute log prefix "bristle-drop " level info
    counter name "dropped" drop
  }
)";

/// Failed and successful attempts count alike: 20 new connections a minute from one address.
std::string ssh_chain(const std::string& network) {
  return "  chain ssh {\n    ct state new ip saddr != " + network +
         " update @ssh4 { ip saddr limit rate over 20/minute burst 20 packets } drop\n"
         "    ct state new update @ssh6 { ip6 saddr limit rate over 20/minute burst 20 packets } "
         "drop\n    accept\n  }\n";
}

std::string ssh_rules(const Sources& sources) {
  if (sources.ipv4.empty() && sources.ipv6.empty()) {
    return "    tcp dport 22 jump ssh\n";
  }
  std::string text;
  if (!sources.ipv4.empty()) {
    text += "    ip saddr @ssh_from4 tcp dport 22 jump ssh\n";
  }
  if (!sources.ipv6.empty()) {
    text += "    ip6 saddr @ssh_from6 tcp dport 22 jump ssh\n";
  }
  return text;
}

}  // namespace

std::string render_rules(const settings::Settings& settings) {
  const std::string vlan = "\"" + settings::vlan_interface(settings) + "\"";
  const std::string network = settings::network_of(settings.vswitch.address);
  const std::string host = settings::host_of(settings.vswitch.address);
  const Sources sources = sources_of(settings);

  // Declaring the table first makes deleting it right on the first load, too (nft 1.0 has no
  // `destroy`).
  std::string text = "table inet bristle {}\ndelete table inet bristle\ntable inet bristle {\n";
  text += kMeters;
  if (!sources.ipv4.empty()) {
    text += source_set("ssh_from4", "ipv4_addr", sources.ipv4);
  }
  if (!sources.ipv6.empty()) {
    text += source_set("ssh_from6", "ipv6_addr", sources.ipv6);
  }
  // Capture is not worth a connection-tracking entry, in either direction.
  text +=
      "  chain before {\n    type filter hook prerouting priority raw; policy accept;\n"
      "    iifname " +
      vlan + " ip saddr " + network + " ip daddr " + host + " tcp dport 80 notrack\n  }\n";
  text +=
      "  chain replies {\n    type filter hook output priority raw; policy accept;\n"
      "    oifname " +
      vlan + " ip saddr " + host + " ip daddr " + network + " tcp sport 80 notrack\n  }\n";
  text += kInputHead;
  if (settings.public_port.address.empty()) {
    text +=
        std::string("    iifname \"") + settings::kPort + "\" udp sport 67 udp dport 68 accept\n";
  }
  text += ssh_rules(sources);
  text += "    iifname " + vlan + " ip saddr " + network + " ip daddr " + host +
          " tcp dport { 80, 9100 } accept\n";
  text += kInputTail;
  text += ssh_chain(network);
  text +=
      "  chain forward {\n    type filter hook forward priority filter; policy drop;\n  }\n"
      "  chain output {\n    type filter hook output priority filter; policy accept;\n  }\n}\n";
  return text;
}

std::vector<Rule> rules_in_words(const settings::Settings& settings) {
  const std::string vlan = settings::vlan_interface(settings);
  const std::string network = settings::network_of(settings.vswitch.address);
  std::vector<Rule> rules;
  if (settings.firewall.ssh_from.empty()) {
    rules.push_back({"SSH by key, at most 20 new connections a minute", "22", "anywhere", ""});
  }
  for (const auto& source : settings.firewall.ssh_from) {
    rules.push_back({"SSH by key, at most 20 new connections a minute", "22", source, ""});
  }
  rules.push_back({"Capture, flags and the page", "80", network, vlan});
  rules.push_back({"Metrics", "9100", network, vlan});
  rules.push_back({"Ping and the error messages of ICMP", "", "anywhere", ""});
  if (settings.public_port.address.empty()) {
    rules.push_back({"Answers of the DHCP server", "68", "anywhere", settings::kPort});
  }
  rules.push_back({"Answers to what this server asked for", "", "anywhere", ""});
  return rules;
}

}  // namespace ap::firewall
