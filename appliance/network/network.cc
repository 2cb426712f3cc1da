// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/network/network.h"

#include <boost/json.hpp>

#include <thread>

namespace ap::network {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kLookAgainAfter{250};

const std::vector<std::string>& tables() {
  static const std::vector<std::string> names{"public", "vswitch"};
  return names;
}

json::array links_of(const std::vector<Link>& links) {
  json::array list;
  for (const auto& link : links) {
    list.push_back(
        json::object{{"name", link.name},
                     {"state", link.state},
                     {"mac", link.mac},
                     {"mtu", link.mtu},
                     {"addresses", json::array(link.addresses.begin(), link.addresses.end())}});
  }
  return list;
}

}  // namespace

Network::Network(std::filesystem::path root, exec::Runner& runner, settings::Activation& activation)
    : runner_(runner), proposal_(std::move(root), runner, activation, "network", tables()) {}

std::string Network::describe() {
  json::value pending;
  if (const auto seconds_left = proposal_.seconds_left()) {
    pending = json::object{{"seconds_left", *seconds_left}};
  }
  return json::serialize(
      json::object{{"settings", json::parse(settings::to_json(proposal_.in_effect(), tables()))},
                   {"links", links_of(read_links(runner_))},
                   {"pending", std::move(pending)}});
}

std::string Network::plan(std::string_view patch) {
  settings::Plan plan = proposal_.plan(patch);
  for (const auto& change : plan.changes) {
    if (change.field == "public.mac") {
      plan.warnings.emplace_back(
          "The port is matched by its new MAC address from the next boot on");
    } else if (change.field == "vswitch.address") {
      plan.warnings.emplace_back(
          "Capture and the page move to the new address: clients have to follow");
    } else if (change.field.starts_with("public.")) {
      plan.warnings.emplace_back("A session over the public address may end; the console stays");
    }
  }
  return settings::to_json(plan);
}

std::vector<std::string> Network::verify(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto complaints = differences(proposal_.in_effect(), read_links(runner_));
    if (complaints.empty() || std::chrono::steady_clock::now() >= deadline) {
      return complaints;
    }
    std::this_thread::sleep_for(kLookAgainAfter);
  }
}

}  // namespace ap::network
