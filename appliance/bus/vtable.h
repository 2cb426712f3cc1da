// SPDX-License-Identifier: LicenseRef-Project
// The tables sd-bus wants for an object, made from the contract; for the sources of this folder.
#pragma once

#include "appliance/bus/message.h"
#include "appliance/bus/service.h"

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace ap::bus {

/// Owns one table per interface and every string they point at. Must outlive the bus it was given
/// to. Not movable in effect: sd-bus keeps the pointers.
class VirtualTable {
 public:
  VirtualTable(const Contract& contract, sd_bus_message_handler_t handler);
  VirtualTable(const VirtualTable&) = delete;
  VirtualTable& operator=(const VirtualTable&) = delete;
  VirtualTable(VirtualTable&&) = delete;
  VirtualTable& operator=(VirtualTable&&) = delete;
  ~VirtualTable() = default;

  /// Tables by noun.
  [[nodiscard]] const std::map<std::string, std::vector<sd_bus_vtable>>& interfaces() const {
    return interfaces_;
  }

 private:
  const char* keep(std::string text);
  std::vector<sd_bus_vtable>& table_of(const std::string& noun);

  std::deque<std::string> strings_;
  std::map<std::string, std::vector<sd_bus_vtable>> interfaces_;
};

}  // namespace ap::bus
