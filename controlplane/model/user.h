// SPDX-License-Identifier: LicenseRef-Project
// People who sign in, and their place in organizations.
#pragma once

#include "controlplane/db/database.h"

#include <cstdint>
#include <optional>
#include <string>

namespace cp::model {

/// Rank within an organization; the numbers are PostHog's.
enum class MembershipLevel : std::int16_t { member = 1, admin = 8, owner = 15 };

struct User {
  std::int64_t id = 0;
  std::string uuid;
  std::string distinct_id;
  std::string email;
  std::string first_name;
  bool is_active = true;
  std::optional<std::string> current_organization_id;
  std::optional<std::int64_t> current_project_id;
};

/// A user to be created; the password is hashed already.
struct NewUser {
  std::string email;
  std::string first_name;
  std::string password_hash;
  std::string distinct_id;
};

/// A user with what proves the password.
struct UserWithPassword {
  User user;
  std::string password_hash;
};

/// Throws db::UniqueViolation when the email (in any case) is taken.
User create_user(db::Transaction& transaction, const NewUser& user);

void add_member(db::Transaction& transaction, const std::string& organization_id,
                std::int64_t user_id, MembershipLevel level);

/// The project that `@current` means for the user.
/// The highest level the user has in any organization; nothing without a membership.
std::optional<MembershipLevel> find_highest_level(db::Transaction& transaction,
                                                  std::int64_t user_id);

void set_current_project(db::Transaction& transaction, std::int64_t user_id,
                         const std::string& organization_id, std::int64_t project_id);

/// By email in any case; inactive users included.
std::optional<UserWithPassword> find_user_by_email(db::Transaction& transaction,
                                                   const std::string& email);

/// Whether anybody exists: decides the first run.
/// The active account that was made first; nothing while there is none.
std::optional<User> find_first_user(db::Transaction& transaction);

bool has_users(db::Transaction& transaction);

namespace internal {
inline constexpr const char* kUserColumns =
    "u.id, u.uuid, u.distinct_id, u.email, u.first_name, u.is_active, u.current_organization_id, "
    "u.current_project_id";
inline constexpr std::size_t kUserColumnCount = 8;
/// Reads a user from the first columns of a row selected with kUserColumns.
User read_user(const db::Row& row);
}  // namespace internal

}  // namespace cp::model
