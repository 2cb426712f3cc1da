// SPDX-License-Identifier: LicenseRef-Project
// Who is calling: logins, sessions with their CSRF tokens, personal API keys, and the login rate
// limit.
#pragma once

#include "controlplane/db/database.h"
#include "controlplane/model/personal_api_key.h"
#include "controlplane/model/user.h"

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cp::auth {

/// No such account, a wrong password or an inactive user; which one is not told.
class InvalidCredentials : public std::runtime_error {
 public:
  InvalidCredentials() : std::runtime_error("Invalid email or password.") {}
};

/// The rate limit of the account or the address is used up.
class TooManyAttempts : public std::runtime_error {
 public:
  explicit TooManyAttempts(std::chrono::seconds retry_after)
      : std::runtime_error("too many login attempts"), retry_after_(retry_after) {}
  [[nodiscard]] std::chrono::seconds retry_after() const noexcept { return retry_after_; }

 private:
  std::chrono::seconds retry_after_;
};

/// What a browser keeps after a login.
struct Login {
  std::string session_token;  ///< for the HttpOnly cookie
  std::string csrf_token;     ///< for the readable cookie
  model::User user;
};

/// A login as it arrived.
struct LoginAttempt {
  std::string_view email;
  std::string_view password;
  std::string_view client_address;  ///< empty when unknown
  std::string_view old_session;     ///< the session cookie that came along, ended by success
};

/// Somebody opened or used a login link.
struct LinkAttempt {
  std::string_view token;
  std::string_view client_address;  ///< empty when unknown
  std::string_view old_session;     ///< the session cookie that came along, ended by success
};

/// A personal API key right after its creation: the only moment its value is known.
struct CreatedKey {
  model::PersonalApiKey key;
  std::string value;  ///< `phx_…`
};

/// Proves callers. Owner: the api process. Thread-safe.
/// Bounds: per 15 minutes 10 failures per account and address, 100 per account, 100 per address;
/// 100 login links that are no longer good per address.
/// Failure: db::Error and what the functions name.
class Authenticator {
 public:
  struct Options {
    std::string secret_key;  ///< SECRET_KEY; a new one ends no session but every CSRF token
    std::chrono::seconds session_lifetime = std::chrono::hours(24 * 14);
  };

  Authenticator(db::Pool& pool, Options options);

  /// Checks the password and opens a session of its own (rotation: never reuses a token).
  /// Throws InvalidCredentials or TooManyAttempts.
  Login login(const LoginAttempt& attempt);

  /// Whether a login link would sign somebody in; it stays as good as it is. Throws
  /// TooManyAttempts.
  bool is_link_good(const LinkAttempt& attempt);

  /// Uses a login link up and opens a session; nothing when it was used or has expired. Throws
  /// TooManyAttempts.
  std::optional<Login> login_by_link(const LinkAttempt& attempt);

  /// Ends a session; an unknown token is no error.
  void logout(std::string_view session_token);

  /// The user of a live session.
  std::optional<model::User> user_of_session(std::string_view session_token);

  /// The holder of a personal API key.
  std::optional<model::KeyHolder> holder_of_key(std::string_view key);

  /// The CSRF token that belongs to a session: an HMAC over its token, so that a planted cookie is
  /// of no use.
  [[nodiscard]] std::string csrf_token(std::string_view session_token) const;

  /// Whether header and cookie both carry the session's CSRF token.
  [[nodiscard]] bool is_csrf_valid(std::string_view session_token, std::string_view cookie,
                                   std::string_view header) const;

  /// Creates a key; the store keeps its hash only.
  CreatedKey create_key(std::int64_t user_id, const std::string& label,
                        const std::vector<std::string>& scopes);

 private:
  struct Subject;
  static std::vector<Subject> subjects_of(const LoginAttempt& attempt);
  static std::vector<Subject> subjects_of(const LinkAttempt& attempt);
  void admit(const std::vector<Subject>& subjects);
  static void forgive(db::Transaction& transaction, const std::vector<Subject>& subjects);
  Login open_session(db::Transaction& transaction, model::User user,
                     std::string_view old_session) const;

  db::Pool& pool_;
  Options options_;
};

/// The hash and the mask under which a new random key is stored, with its value.
struct KeyMaterial {
  std::string value;
  std::string hash;
  std::string mask;
};
KeyMaterial make_key_material();

}  // namespace cp::auth
