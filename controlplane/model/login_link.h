// SPDX-License-Identifier: LicenseRef-Project
// Links that sign a user in once.
#pragma once

#include "controlplane/model/user.h"

#include <chrono>
#include <optional>
#include <string>

namespace cp::model {

/// Adds a link and forgets those that have expired.
void create_login_link(db::Transaction& transaction, const std::string& token_hash,
                       std::int64_t user_id, std::chrono::seconds lifetime);

/// Whose link it is, while it is good. The link stays.
std::optional<User> find_login_link(db::Transaction& transaction, const std::string& token_hash);

/// Uses the link up: of two at once, one gets the user.
std::optional<User> take_login_link(db::Transaction& transaction, const std::string& token_hash);

}  // namespace cp::model
