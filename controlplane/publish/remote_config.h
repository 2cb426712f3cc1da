// SPDX-License-Identifier: LicenseRef-Project
// What a project tells its SDKs at start-up: the RemoteConfig object (capture-protocol section 17).
#pragma once

#include "controlplane/model/project.h"

#include <string>

namespace cp::publish {

/// The object that `/array/<token>/config` answers and `/flags?config=true` merges, as compact
/// JSON. Whose quota of recordings is used up (`may_record` is false) is told to stop recording.
std::string remote_config_json(const model::Project& project, bool may_record = true);

}  // namespace cp::publish
