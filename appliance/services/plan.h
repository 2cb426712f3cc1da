// SPDX-License-Identifier: LicenseRef-Project
// What an action on a service would do, in sentences.
#pragma once

#include "appliance/bus/system_manager.h"
#include "appliance/services/catalogue.h"

#include <string>
#include <vector>

namespace ap::services {

struct Plan {
  std::vector<std::string> steps;
  std::vector<std::string> warnings;
};

/// What `verb` does to a unit that is now as `state` says. Throws Failure `refused` when the
/// catalogue does not allow it.
Plan plan_for(const CatalogueEntry& entry, Verb verb, const bus::UnitState& state);

}  // namespace ap::services
