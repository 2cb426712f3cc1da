// SPDX-License-Identifier: LicenseRef-Project
// What projects may send, as JSON: for the API and for publication. Its fields are told in
// dataplane/format/tenant_store.h.
#pragma once

#include "controlplane/db/database.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cp::model {

/// The project's limits; nothing when the installation decides.
std::optional<std::string> find_project_limits(db::Transaction& transaction,
                                               std::int64_t project_id);

/// Replaces the project's limits by `json`, which must be valid; nothing takes them away.
void set_project_limits(db::Transaction& transaction, std::int64_t project_id,
                        const std::optional<std::string>& json);

/// A project's limits and what of them its SDKs are told.
struct PublishedLimits {
  std::string json;
  bool is_recording_used_up = false;  ///< The quota of recordings.
};

/// All limits by project, for publication.
std::map<std::int64_t, PublishedLimits> list_project_limits(db::Transaction& transaction);

}  // namespace cp::model
