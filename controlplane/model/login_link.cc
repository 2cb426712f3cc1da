// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/model/login_link.h"

namespace cp::model {
namespace {

std::optional<User> read_one(const db::Rows& rows) {
  return rows.empty() ? std::nullopt : std::optional(internal::read_user(rows[0]));
}

}  // namespace

void create_login_link(db::Transaction& transaction, const std::string& token_hash,
                       std::int64_t user_id, std::chrono::seconds lifetime) {
  transaction.run("DELETE FROM login_links WHERE expires_at <= now()");
  transaction.run(
      "INSERT INTO login_links (token_hash, user_id, expires_at) "
      "VALUES ($1, $2, now() + make_interval(secs => $3))",
      db::Parameters().bytes(token_hash).number(user_id).number(lifetime.count()));
}

std::optional<User> find_login_link(db::Transaction& transaction, const std::string& token_hash) {
  return read_one(
      transaction.run(std::string("SELECT ") + internal::kUserColumns +
                          " FROM login_links l JOIN users u ON u.id = l.user_id "
                          "WHERE l.token_hash = $1 AND l.expires_at > now() AND u.is_active",
                      db::Parameters().bytes(token_hash)));
}

std::optional<User> take_login_link(db::Transaction& transaction, const std::string& token_hash) {
  return read_one(
      transaction.run(std::string("DELETE FROM login_links l USING users u "
                                  "WHERE u.id = l.user_id AND l.token_hash = $1 "
                                  "AND l.expires_at > now() AND u.is_active RETURNING ") +
                          internal::kUserColumns,
                      db::Parameters().bytes(token_hash)));
}

}  // namespace cp::model
