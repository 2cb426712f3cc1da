// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/bus/vtable.h"

#include <cstring>
#include <utility>

namespace ap::bus {
namespace {

// sd-bus requires the unused parts of the union to be zero, which an initializer does not promise.
sd_bus_vtable blank(char type) {
  sd_bus_vtable entry;
  std::memset(&entry, 0, sizeof entry);
  entry.type = static_cast<std::uint8_t>(type);
  return entry;
}

// Names one after the other, each with its zero byte; the array ends with an empty name.
std::string names_of(const Member& member, bool has_result) {
  std::string names;
  for (const auto& parameter : member.parameters) {
    names += parameter + '\0';
  }
  if (has_result) {
    names += std::string("json") + '\0';
  }
  return names + '\0';
}

}  // namespace

VirtualTable::VirtualTable(const Contract& contract, sd_bus_message_handler_t handler) {
  for (const auto& method : contract.methods) {
    sd_bus_vtable entry = blank(_SD_BUS_VTABLE_METHOD);
    // polkit decides, not sd-bus's own rule of "root only".
    entry.flags = SD_BUS_VTABLE_UNPRIVILEGED;
    entry.x.method.member = keep(method.name);
    entry.x.method.signature = keep(std::string(method.parameters.size(), 's'));
    entry.x.method.result = keep("s");
    entry.x.method.handler = handler;
    entry.x.method.names = keep(names_of(method, true));
    table_of(method.noun).push_back(entry);
  }
  for (const auto& signal : contract.signals) {
    sd_bus_vtable entry = blank(_SD_BUS_VTABLE_SIGNAL);
    entry.x.signal.member = keep(signal.name);
    entry.x.signal.signature = keep(std::string(signal.parameters.size(), 's'));
    entry.x.signal.names = keep(names_of(signal, false));
    table_of(signal.noun).push_back(entry);
  }
  for (auto& [noun, entries] : interfaces_) {
    entries.push_back(blank(_SD_BUS_VTABLE_END));
  }
}

const char* VirtualTable::keep(std::string text) {
  return strings_.emplace_back(std::move(text)).c_str();
}

std::vector<sd_bus_vtable>& VirtualTable::table_of(const std::string& noun) {
  auto& table = interfaces_[noun];
  if (table.empty()) {
    sd_bus_vtable start = blank(_SD_BUS_VTABLE_START);
    start.x.start.element_size = sizeof(sd_bus_vtable);
    start.x.start.features = _SD_BUS_VTABLE_PARAM_NAMES;
    start.x.start.vtable_format_reference = &sd_bus_object_vtable_format;
    table.push_back(start);
  }
  return table;
}

}  // namespace ap::bus
