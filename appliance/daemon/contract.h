// SPDX-License-Identifier: LicenseRef-Project
// Every method of org.bristle.Appliance1 with its permission: docs/formats/appliance-bus.md as
// code.
#pragma once

#include "appliance/bus/service.h"

#include <string>
#include <string_view>
#include <vector>

namespace ap::daemon {

/// What a call is to the service.
enum class Kind {
  reads,    ///< Changes nothing and is not audited.
  answers,  ///< Does something short and answers with its result; audited.
  starts,   ///< Starts an operation and answers with its id; audited.
};

struct MethodInfo {
  bus::Member member;
  std::string action;  ///< polkit's name of it.
  Kind kind = Kind::reads;
};

/// The table, in the order of the document.
const std::vector<MethodInfo>& methods();

/// The entry of a method that exists.
const MethodInfo& method_of(std::string_view noun, std::string_view name);

/// What the bus exports: the methods and the signal Operations.Progress(id, json).
bus::Contract contract();

}  // namespace ap::daemon
