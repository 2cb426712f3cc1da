// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/model/session.h"

namespace cp::model {

void create_session(db::Transaction& transaction, const std::string& token_hash,
                    std::int64_t user_id, std::chrono::seconds lifetime) {
  transaction.run("DELETE FROM sessions WHERE user_id = $1 AND expires_at <= now()",
                  db::Parameters().number(user_id));
  transaction.run(
      "INSERT INTO sessions (token_hash, user_id, expires_at) "
      "VALUES ($1, $2, now() + make_interval(secs => $3))",
      db::Parameters().bytes(token_hash).number(user_id).number(lifetime.count()));
}

std::optional<User> find_session_user(db::Transaction& transaction, const std::string& token_hash) {
  const auto rows =
      transaction.run(std::string("SELECT ") + internal::kUserColumns +
                          " FROM sessions s JOIN users u ON u.id = s.user_id "
                          "WHERE s.token_hash = $1 AND s.expires_at > now() AND u.is_active",
                      db::Parameters().bytes(token_hash));
  if (rows.empty()) {
    return std::nullopt;
  }
  return internal::read_user(rows[0]);
}

void delete_session(db::Transaction& transaction, const std::string& token_hash) {
  transaction.run("DELETE FROM sessions WHERE token_hash = $1", db::Parameters().bytes(token_hash));
}

}  // namespace cp::model
