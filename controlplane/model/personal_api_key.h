// SPDX-License-Identifier: LicenseRef-Project
// Personal API keys (`phx_…`): what programs sign in with. The store knows only the hash of a key.
#pragma once

#include "controlplane/model/user.h"

#include <vector>

namespace cp::model {

struct PersonalApiKey {
  std::string id;
  std::string label;
  std::string mask_value;  ///< `phx_...abcd`, all that can still be shown
  std::vector<std::string> scopes;
  std::string created_at;  ///< ISO 8601, UTC
  std::optional<std::string> last_used_at;
};

/// A key to be created; `key_hash` are the 32 bytes of SHA-256.
struct NewPersonalApiKey {
  std::string id;
  std::string label;
  std::string key_hash;
  std::string mask_value;
  std::vector<std::string> scopes;
};

/// Whom a key speaks for, and what it may do.
struct KeyHolder {
  User user;
  std::vector<std::string> scopes;
};

PersonalApiKey create_personal_api_key(db::Transaction& transaction, std::int64_t user_id,
                                       const NewPersonalApiKey& key);

/// The user's keys, newest first.
std::vector<PersonalApiKey> list_personal_api_keys(db::Transaction& transaction,
                                                   std::int64_t user_id);

/// One of the user's keys.
std::optional<PersonalApiKey> find_personal_api_key(db::Transaction& transaction,
                                                    std::int64_t user_id, const std::string& id);

/// False when the user has no such key.
bool delete_personal_api_key(db::Transaction& transaction, std::int64_t user_id,
                             const std::string& id);

/// The active holder of a key. Notes the use, at most once an hour per key, so that reading stays
/// reading.
std::optional<KeyHolder> find_key_holder(db::Transaction& transaction, const std::string& key_hash);

}  // namespace cp::model
