// SPDX-License-Identifier: LicenseRef-Project
// Projects' privacy policies as JSON, for the API and for publication. Their meaning is
// dataplane/format/privacy's.
#pragma once

#include "controlplane/db/database.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cp::model {

/// The project's policy; nothing when the installation decides.
std::optional<std::string> find_privacy_policy(db::Transaction& transaction,
                                               std::int64_t project_id);

/// Replaces the project's policy by `json`, which must be valid; nothing takes it away.
void set_privacy_policy(db::Transaction& transaction, std::int64_t project_id,
                        const std::optional<std::string>& json);

/// Every policy by project, for publication.
std::map<std::int64_t, std::string> list_privacy_policies(db::Transaction& transaction);

}  // namespace cp::model
