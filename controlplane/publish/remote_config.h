// SPDX-License-Identifier: LicenseRef-Project
// What a project tells its SDKs at start-up: the RemoteConfig object (capture-protocol section 17).
#pragma once

#include "controlplane/model/project.h"

#include <string>

namespace cp::publish {

/// The object that `/array/<token>/config` answers and `/flags?config=true` merges, as compact
/// JSON.
std::string remote_config_json(const model::Project& project);

}  // namespace cp::publish
