// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/settings/fields.h"

#include "appliance/exec/failure.h"

#include <array>

namespace ap::settings {
namespace {

using S = Settings;

constexpr std::array kFields{
    Field{"", "hostname", [](S& s) -> Reference { return &s.hostname; }},
    Field{"public", "mac", [](S& s) -> Reference { return &s.public_port.mac; }},
    Field{"public", "address", [](S& s) -> Reference { return &s.public_port.address; }},
    Field{"public", "gateway", [](S& s) -> Reference { return &s.public_port.gateway; }},
    Field{"public", "address6", [](S& s) -> Reference { return &s.public_port.address6; }},
    Field{"public", "gateway6", [](S& s) -> Reference { return &s.public_port.gateway6; }},
    Field{"public", "dns", [](S& s) -> Reference { return &s.public_port.dns; }},
    Field{"vswitch", "vlan", [](S& s) -> Reference { return &s.vswitch.vlan; }},
    Field{"vswitch", "address", [](S& s) -> Reference { return &s.vswitch.address; }},
    Field{"vswitch", "mtu", [](S& s) -> Reference { return &s.vswitch.mtu; }},
    Field{"firewall", "ssh_from", [](S& s) -> Reference { return &s.firewall.ssh_from; }},
    Field{"time", "servers", [](S& s) -> Reference { return &s.time.servers; }},
    Field{"page", "url", [](S& s) -> Reference { return &s.page.url; }},
};

}  // namespace

std::string Field::name() const {
  return table.empty() ? std::string(key) : std::string(table) + "." + std::string(key);
}

Reference Field::read(const Settings& settings) const {
  // The table serves readers and writers alike; who came with const settings only reads.
  return reference(const_cast<Settings&>(settings));
}

std::span<const Field> fields() { return kFields; }

void refuse(const std::vector<Problem>& problems) {
  if (problems.empty()) {
    return;
  }
  std::string text;
  for (const auto& problem : problems) {
    text += (text.empty() ? "" : "; ") + problem.field + ": " + problem.text;
  }
  throw exec::Failure(exec::FailureKind::invalid, text, problems.front().field);
}

std::string_view expected_kind(const Reference& reference) {
  if (std::holds_alternative<std::string*>(reference)) {
    return "a text";
  }
  return std::holds_alternative<std::int64_t*>(reference) ? "a whole number" : "a list of texts";
}

}  // namespace ap::settings
