// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/network/links.h"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>

namespace ap::network {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kTimeout{5'000};

std::string text_of(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_of(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

std::vector<std::string> addresses_of(const json::object& link) {
  std::vector<std::string> addresses;
  const json::value* list = link.if_contains("addr_info");
  if (list == nullptr || !list->is_array()) {
    return addresses;
  }
  for (const auto& item : list->get_array()) {
    if (item.is_object() && text_of(item.get_object(), "scope") != "link") {
      addresses.push_back(text_of(item.get_object(), "local") + "/" +
                          std::to_string(number_of(item.get_object(), "prefixlen")));
    }
  }
  return addresses;
}

Link link_of(const json::object& object) {
  std::string state = text_of(object, "operstate");
  std::transform(state.begin(), state.end(), state.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return {text_of(object, "ifname"), std::move(state), text_of(object, "address"),
          number_of(object, "mtu"), addresses_of(object)};
}

const Link* find_link(const std::vector<Link>& links, const std::string& name) {
  const auto found =
      std::find_if(links.begin(), links.end(), [&](const Link& link) { return link.name == name; });
  return found == links.end() ? nullptr : &*found;
}

/// Complains when `address` is wanted on `name` and not there.
void want_address(const std::vector<Link>& links, const std::string& name,
                  const std::string& address, std::vector<std::string>& complaints) {
  const Link* link = find_link(links, name);
  if (link == nullptr) {
    complaints.push_back("the interface " + name + " is not there");
  } else if (std::find(link->addresses.begin(), link->addresses.end(), address) ==
             link->addresses.end()) {
    complaints.push_back("the address " + address + " is not on " + name);
  }
}

}  // namespace

std::vector<Link> read_links(exec::Runner& runner) {
  const std::string output = runner.require({{"ip", "-j", "address", "show"}, {}, {}, kTimeout});
  boost::system::error_code error;
  const json::value document = json::parse(output, error);
  if (error || !document.is_array()) {
    throw exec::Failure(exec::FailureKind::failed, "ip printed something that is not its JSON");
  }
  std::vector<Link> links;
  for (const auto& item : document.get_array()) {
    if (item.is_object() && item.get_object().contains("ifname")) {
      links.push_back(link_of(item.get_object()));
    }
  }
  return links;
}

std::string network_of_link(const settings::Settings& settings, const std::string& name) {
  if (name == settings::kPort) {
    return "public";
  }
  if (name == settings::vlan_interface(settings)) {
    return "vswitch";
  }
  return name == "lo" ? "loopback" : "";
}

std::vector<std::string> differences(const settings::Settings& settings,
                                     const std::vector<Link>& links) {
  std::vector<std::string> complaints;
  if (find_link(links, settings::kPort) == nullptr) {
    complaints.push_back(std::string("the interface ") + settings::kPort + " is not there");
  } else if (!settings.public_port.address.empty()) {
    want_address(links, settings::kPort, settings.public_port.address + "/32", complaints);
  }
  const std::string vlan = settings::vlan_interface(settings);
  want_address(links, vlan, settings.vswitch.address, complaints);
  const Link* vswitch = find_link(links, vlan);
  if (vswitch != nullptr && vswitch->mtu != settings.vswitch.mtu) {
    complaints.push_back(vlan + " carries " + std::to_string(vswitch->mtu) + " bytes, not " +
                         std::to_string(settings.vswitch.mtu));
  }
  return complaints;
}

}  // namespace ap::network
