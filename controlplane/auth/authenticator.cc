// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/auth/authenticator.h"

#include "controlplane/auth/crypto.h"
#include "controlplane/auth/password.h"
#include "controlplane/model/login_failure.h"
#include "controlplane/model/login_link.h"
#include "controlplane/model/session.h"

#include <algorithm>
#include <cctype>

namespace cp::auth {
namespace {

constexpr std::size_t kSessionBytes = 32;
constexpr std::size_t kKeyCharacters = 43;  // 256 bits in base 62
constexpr std::chrono::seconds kLoginWindow = std::chrono::minutes(15);
constexpr std::size_t kPasswordBytesMax = 4096;

}  // namespace

KeyMaterial make_key_material() {
  KeyMaterial material;
  material.value = "phx_" + random_base62(kKeyCharacters);
  material.hash = sha256(material.value);
  material.mask = "phx_..." + material.value.substr(material.value.size() - 4);
  return material;
}

/// One counter of the rate limit.
struct Authenticator::Subject {
  std::string hash;
  std::int64_t attempts_max;
};

/// The counters one attempt touches. Hashed: the table then holds no addresses of people.
std::vector<Authenticator::Subject> Authenticator::subjects_of(const LoginAttempt& attempt) {
  std::string email(attempt.email);
  std::ranges::transform(email, email.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string address(attempt.client_address);
  std::vector<Subject> subjects = {{sha256("pair\n" + email + "\n" + address), 10},
                                   {sha256("account\n" + email), 100}};
  if (!address.empty()) {
    subjects.push_back({sha256("address\n" + address), 100});
  }
  return subjects;
}

std::vector<Authenticator::Subject> Authenticator::subjects_of(const LinkAttempt& attempt) {
  return {{sha256("link\n" + std::string(attempt.client_address)), 100}};
}

Authenticator::Authenticator(db::Pool& pool, Options options)
    : pool_(pool), options_(std::move(options)) {}

/// Counts the attempt before the password is looked at, so that parallel tries cannot outrun the
/// limit.
void Authenticator::admit(const std::vector<Subject>& subjects) {
  auto transaction = pool_.begin();
  std::optional<std::chrono::seconds> retry_after;
  for (const auto& subject : subjects) {
    const auto counted = model::count_login_attempt(transaction, subject.hash, kLoginWindow);
    if (counted.count > subject.attempts_max) {
      retry_after = std::max(retry_after.value_or(std::chrono::seconds(1)), counted.window_ends_in);
    }
  }
  transaction.commit();
  if (retry_after) {
    throw TooManyAttempts(*retry_after);
  }
}

void Authenticator::forgive(db::Transaction& transaction, const std::vector<Subject>& subjects) {
  for (const auto& subject : subjects) {
    model::forgive_login_attempt(transaction, subject.hash);
  }
  model::delete_ended_login_windows(transaction);
}

Login Authenticator::login(const LoginAttempt& attempt) {
  if (attempt.email.find('\0') != std::string_view::npos ||
      attempt.password.size() > kPasswordBytesMax) {
    throw InvalidCredentials();
  }
  admit(subjects_of(attempt));
  std::optional<model::UserWithPassword> account;
  {
    auto transaction = pool_.begin();
    account = model::find_user_by_email(transaction, std::string(attempt.email));
  }
  if (!account || !account->user.is_active) {
    verify_nothing(attempt.password);
    throw InvalidCredentials();
  }
  if (!verify_password(attempt.password, account->password_hash)) {
    throw InvalidCredentials();
  }
  auto transaction = pool_.begin();
  forgive(transaction, subjects_of(attempt));
  auto login = open_session(transaction, account->user, attempt.old_session);
  transaction.commit();
  return login;
}

/// Always a new token, and the one that came along ends: a planted session is of no use.
Login Authenticator::open_session(db::Transaction& transaction, model::User user,
                                  std::string_view old_session) const {
  Login login;
  login.session_token = to_hex(random_bytes(kSessionBytes));
  login.csrf_token = csrf_token(login.session_token);
  login.user = std::move(user);
  if (!old_session.empty()) {
    model::delete_session(transaction, sha256(old_session));
  }
  model::create_session(transaction, sha256(login.session_token), login.user.id,
                        options_.session_lifetime);
  return login;
}

bool Authenticator::is_link_good(const LinkAttempt& attempt) {
  admit(subjects_of(attempt));
  auto transaction = pool_.begin();
  const bool is_good = model::find_login_link(transaction, sha256(attempt.token)).has_value();
  if (is_good) {
    forgive(transaction, subjects_of(attempt));
    transaction.commit();
  }
  return is_good;
}

std::optional<Login> Authenticator::login_by_link(const LinkAttempt& attempt) {
  admit(subjects_of(attempt));
  auto transaction = pool_.begin();
  auto user = model::take_login_link(transaction, sha256(attempt.token));
  if (!user) {
    return std::nullopt;
  }
  forgive(transaction, subjects_of(attempt));
  auto login = open_session(transaction, std::move(*user), attempt.old_session);
  transaction.commit();
  return login;
}

void Authenticator::logout(std::string_view session_token) {
  auto transaction = pool_.begin();
  model::delete_session(transaction, sha256(session_token));
  transaction.commit();
}

std::optional<model::User> Authenticator::user_of_session(std::string_view session_token) {
  if (session_token.size() != kSessionBytes * 2) {
    return std::nullopt;
  }
  auto transaction = pool_.begin();
  return model::find_session_user(transaction, sha256(session_token));
}

std::optional<model::KeyHolder> Authenticator::holder_of_key(std::string_view key) {
  if (!key.starts_with("phx_") || key.size() > 128) {
    return std::nullopt;
  }
  auto transaction = pool_.begin();
  auto holder = model::find_key_holder(transaction, sha256(key));
  transaction.commit();
  return holder;
}

std::string Authenticator::csrf_token(std::string_view session_token) const {
  return to_hex(hmac_sha256(options_.secret_key, "csrf\n" + std::string(session_token)));
}

bool Authenticator::is_csrf_valid(std::string_view session_token, std::string_view cookie,
                                  std::string_view header) const {
  const auto expected = csrf_token(session_token);
  return equal_in_constant_time(cookie, expected) && equal_in_constant_time(header, expected);
}

CreatedKey Authenticator::create_key(std::int64_t user_id, const std::string& label,
                                     const std::vector<std::string>& scopes) {
  const auto material = make_key_material();
  auto transaction = pool_.begin();
  CreatedKey created;
  created.key = model::create_personal_api_key(
      transaction, user_id, {random_base62(16), label, material.hash, material.mask, scopes});
  created.value = material.value;
  transaction.commit();
  return created;
}

}  // namespace cp::auth
