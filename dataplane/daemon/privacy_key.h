// SPDX-License-Identifier: LicenseRef-Project
// The installation's own secret for hashes of addresses and ids, where the operator gives none.
#pragma once

#include "dataplane/base/result.h"

#include <string>

namespace dp::daemon {

/// The secret in `privacy-key` below `directory`, made and synced when the file is not there yet.
/// Readable by this user only. Call it while nobody else does (under the event log's lock).
base::Result<std::string> load_or_make_privacy_key(const std::string& directory);

}  // namespace dp::daemon
