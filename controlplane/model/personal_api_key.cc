// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/model/personal_api_key.h"

namespace cp::model {
namespace {

constexpr const char* kColumns =
    "id, label, mask_value, array_to_string(scopes, ','), "
    "to_char(created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
    "to_char(last_used_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";

/// Scopes are `object:action` or `*`, so they never hold a comma.
std::vector<std::string> split_scopes(std::string_view text) {
  std::vector<std::string> scopes;
  while (!text.empty()) {
    const auto comma = text.find(',');
    scopes.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return scopes;
}

std::string join_scopes(const std::vector<std::string>& scopes) {
  std::string text;
  for (const auto& scope : scopes) {
    text += text.empty() ? "" : ",";
    text += scope;
  }
  return text;
}

PersonalApiKey read_key(const db::Row& row) {
  PersonalApiKey key;
  key.id = row.text(0);
  key.label = row.text(1);
  key.mask_value = row.text(2);
  key.scopes = split_scopes(row.text(3));
  key.created_at = row.text(4);
  key.last_used_at = row.optional_text(5);
  return key;
}

}  // namespace

PersonalApiKey create_personal_api_key(db::Transaction& transaction, std::int64_t user_id,
                                       const NewPersonalApiKey& key) {
  const auto rows = transaction.run(
      std::string("INSERT INTO personal_api_keys (id, user_id, label, key_hash, mask_value, scopes)"
                  " VALUES ($1, $2, $3, $4, $5, string_to_array($6, ',')) RETURNING ") +
          kColumns,
      db::Parameters()
          .text(key.id)
          .number(user_id)
          .text(key.label)
          .bytes(key.key_hash)
          .text(key.mask_value)
          .text(join_scopes(key.scopes)));
  return read_key(rows[0]);
}

std::vector<PersonalApiKey> list_personal_api_keys(db::Transaction& transaction,
                                                   std::int64_t user_id) {
  std::vector<PersonalApiKey> keys;
  for (const auto row : transaction.run(
           std::string("SELECT ") + kColumns +
               " FROM personal_api_keys WHERE user_id = $1 ORDER BY created_at DESC, id",
           db::Parameters().number(user_id))) {
    keys.push_back(read_key(row));
  }
  return keys;
}

std::optional<PersonalApiKey> find_personal_api_key(db::Transaction& transaction,
                                                    std::int64_t user_id, const std::string& id) {
  const auto rows = transaction.run(
      std::string("SELECT ") + kColumns + " FROM personal_api_keys WHERE user_id = $1 AND id = $2",
      db::Parameters().number(user_id).text(id));
  if (rows.empty()) {
    return std::nullopt;
  }
  return read_key(rows[0]);
}

bool delete_personal_api_key(db::Transaction& transaction, std::int64_t user_id,
                             const std::string& id) {
  return transaction
             .run("DELETE FROM personal_api_keys WHERE user_id = $1 AND id = $2",
                  db::Parameters().number(user_id).text(id))
             .affected() > 0;
}

std::optional<KeyHolder> find_key_holder(db::Transaction& transaction,
                                         const std::string& key_hash) {
  const auto rows =
      transaction.run(std::string("SELECT ") + internal::kUserColumns +
                          ", array_to_string(k.scopes, ','), "
                          "k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 hour' "
                          "FROM personal_api_keys k JOIN users u ON u.id = k.user_id "
                          "WHERE k.key_hash = $1 AND u.is_active",
                      db::Parameters().bytes(key_hash));
  if (rows.empty()) {
    return std::nullopt;
  }
  if (rows[0].flag(internal::kUserColumnCount + 1)) {
    transaction.run("UPDATE personal_api_keys SET last_used_at = now() WHERE key_hash = $1",
                    db::Parameters().bytes(key_hash));
  }
  return KeyHolder{internal::read_user(rows[0]),
                   split_scopes(rows[0].text(internal::kUserColumnCount))};
}

}  // namespace cp::model
