// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/model/user.h"

namespace cp::model {

namespace internal {

User read_user(const db::Row& row) {
  User user;
  user.id = row.number(0);
  user.uuid = row.text(1);
  user.distinct_id = row.text(2);
  user.email = row.text(3);
  user.first_name = row.text(4);
  user.is_active = row.flag(5);
  user.current_organization_id = row.optional_text(6);
  user.current_project_id = row.optional_number(7);
  return user;
}

}  // namespace internal

User create_user(db::Transaction& transaction, const NewUser& user) {
  const auto rows = transaction.run(
      std::string("INSERT INTO users AS u (email, first_name, password_hash, distinct_id) "
                  "VALUES ($1, $2, $3, $4) RETURNING ") +
          internal::kUserColumns,
      db::Parameters()
          .text(user.email)
          .text(user.first_name)
          .text(user.password_hash)
          .text(user.distinct_id));
  return internal::read_user(rows[0]);
}

void add_member(db::Transaction& transaction, const std::string& organization_id,
                std::int64_t user_id, MembershipLevel level) {
  transaction.run(
      "INSERT INTO organization_membership (organization_id, user_id, level) VALUES ($1, $2, $3)",
      db::Parameters()
          .text(organization_id)
          .number(user_id)
          .number(static_cast<std::int64_t>(level)));
}

std::optional<MembershipLevel> find_highest_level(db::Transaction& transaction,
                                                  std::int64_t user_id) {
  const auto rows =
      transaction.run("SELECT max(level) FROM organization_membership WHERE user_id = $1",
                      db::Parameters().number(user_id));
  const auto level = rows[0].optional_number(0);
  return level ? std::optional(static_cast<MembershipLevel>(*level)) : std::nullopt;
}

void set_current_project(db::Transaction& transaction, std::int64_t user_id,
                         const std::string& organization_id, std::int64_t project_id) {
  transaction.run(
      "UPDATE users SET current_organization_id = $2, current_project_id = $3 WHERE id = $1",
      db::Parameters().number(user_id).text(organization_id).number(project_id));
}

std::optional<UserWithPassword> find_user_by_email(db::Transaction& transaction,
                                                   const std::string& email) {
  const auto rows =
      transaction.run(std::string("SELECT ") + internal::kUserColumns +
                          ", u.password_hash FROM users u WHERE lower(u.email) = lower($1)",
                      db::Parameters().text(email));
  if (rows.empty()) {
    return std::nullopt;
  }
  return UserWithPassword{internal::read_user(rows[0]),
                          std::string(rows[0].text(internal::kUserColumnCount))};
}

std::optional<User> find_first_user(db::Transaction& transaction) {
  const auto rows = transaction.run(std::string("SELECT ") + internal::kUserColumns +
                                    " FROM users u WHERE u.is_active ORDER BY u.id LIMIT 1");
  return rows.empty() ? std::nullopt : std::optional(internal::read_user(rows[0]));
}

bool has_users(db::Transaction& transaction) {
  return !transaction.run("SELECT 1 FROM users LIMIT 1").empty();
}

}  // namespace cp::model
