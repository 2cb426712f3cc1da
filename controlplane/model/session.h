// SPDX-License-Identifier: LicenseRef-Project
// Signed-in browsers. The store knows only the hash of a session's token.
#pragma once

#include "controlplane/model/user.h"

#include <chrono>

namespace cp::model {

/// Inserts a session that ends after `lifetime`; removes the user's expired ones.
void create_session(db::Transaction& transaction, const std::string& token_hash,
                    std::int64_t user_id, std::chrono::seconds lifetime);

/// The active user of a session that has not expired.
std::optional<User> find_session_user(db::Transaction& transaction, const std::string& token_hash);

/// Ends a session; nothing happens when there is none.
void delete_session(db::Transaction& transaction, const std::string& token_hash);

}  // namespace cp::model
