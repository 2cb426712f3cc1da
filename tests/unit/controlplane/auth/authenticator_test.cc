// SPDX-License-Identifier: LicenseRef-Project
// Goal: logins, sessions, CSRF tokens and keys let the right caller in and nobody else; guessing is
// slowed down. Against a throw-away cluster.
#include "controlplane/auth/authenticator.h"

#include "controlplane/auth/first_run.h"
#include "controlplane/auth/password.h"
#include "controlplane/model/project.h"
#include "tests/support/postgres.h"
#include "tests/support/schema.h"

#include <gtest/gtest.h>

namespace cp::auth {
namespace {

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    pool_.run(test_support::postgres_schema());
    auto transaction = pool_.begin();
    user_ = model::create_user(transaction, {"ada@example.org", "Ada", hash_password("pass"), "d"});
    transaction.commit();
  }

  static LoginAttempt attempt(std::string_view password, std::string_view address = "10.0.0.1") {
    return {"Ada@example.org", password, address, ""};
  }

  test_support::Postgres postgres_;
  db::Pool pool_{db::Options{.url = postgres_.url()}};
  Authenticator authenticator_{pool_, {.secret_key = "a secret key of thirty-two bytes!"}};
  model::User user_;
};

TEST_F(AuthenticatorTest, ALoginOpensASessionThatLogoutEnds) {
  const auto login = authenticator_.login(attempt("pass"));
  EXPECT_EQ(login.user.email, "ada@example.org");
  EXPECT_EQ(login.session_token.size(), 64U);
  EXPECT_EQ(authenticator_.user_of_session(login.session_token)->id, user_.id);
  EXPECT_FALSE(authenticator_.user_of_session(std::string(64, '0')).has_value());
  EXPECT_FALSE(authenticator_.user_of_session("").has_value());
  EXPECT_TRUE(pool_
                  .run("SELECT 1 FROM sessions WHERE token_hash = $1",
                       db::Parameters().bytes(login.session_token.substr(0, 32)))
                  .empty())
      << "the token itself is stored";
  authenticator_.logout(login.session_token);
  EXPECT_FALSE(authenticator_.user_of_session(login.session_token).has_value());
}

TEST_F(AuthenticatorTest, AWrongPasswordAndAnUnknownAccountLookAlike) {
  EXPECT_THROW(authenticator_.login(attempt("wrong")), InvalidCredentials);
  EXPECT_THROW(authenticator_.login({"bob@example.org", "pass", "", ""}), InvalidCredentials);
  EXPECT_THROW(authenticator_.login({std::string_view("a\0b", 3), "pass", "", ""}),
               InvalidCredentials);
  pool_.run("UPDATE users SET is_active = false");
  EXPECT_THROW(authenticator_.login(attempt("pass")), InvalidCredentials);
}

TEST_F(AuthenticatorTest, ALoginReplacesTheSessionThatCameAlong) {
  const auto first = authenticator_.login(attempt("pass"));
  auto again = attempt("pass");
  again.old_session = first.session_token;
  const auto second = authenticator_.login(again);
  EXPECT_NE(first.session_token, second.session_token);
  EXPECT_FALSE(authenticator_.user_of_session(first.session_token).has_value());
  EXPECT_TRUE(authenticator_.user_of_session(second.session_token).has_value());
}

TEST_F(AuthenticatorTest, GuessingIsLimitedPerAccountAndAddress) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_THROW(authenticator_.login(attempt("guess")), InvalidCredentials) << i;
  }
  try {
    authenticator_.login(attempt("pass"));
    FAIL() << "the eleventh attempt was admitted";
  } catch (const TooManyAttempts& error) {
    EXPECT_GT(error.retry_after(), std::chrono::minutes(14));
  }
  EXPECT_NO_THROW(authenticator_.login(attempt("pass", "10.0.0.2"))) << "another address";
  pool_.run("UPDATE login_failures SET window_ends_at = now()");
  EXPECT_NO_THROW(authenticator_.login(attempt("pass")));
}

TEST_F(AuthenticatorTest, SuccessDoesNotUseUpTheLimit) {
  for (int i = 0; i < 12; ++i) {
    EXPECT_NO_THROW(authenticator_.login(attempt("pass"))) << i;
  }
}

TEST_F(AuthenticatorTest, ACsrfTokenFitsItsSessionOnly) {
  const auto first = authenticator_.login(attempt("pass"));
  const auto second = authenticator_.login(attempt("pass"));
  const auto& token = first.csrf_token;
  EXPECT_TRUE(authenticator_.is_csrf_valid(first.session_token, token, token));
  EXPECT_FALSE(authenticator_.is_csrf_valid(second.session_token, token, token));
  EXPECT_FALSE(authenticator_.is_csrf_valid(first.session_token, token, ""));
  EXPECT_FALSE(authenticator_.is_csrf_valid(first.session_token, "", token));
  EXPECT_FALSE(authenticator_.is_csrf_valid(first.session_token, "x", "x"));
}

TEST_F(AuthenticatorTest, AKeySpeaksForItsUser) {
  const auto created = authenticator_.create_key(user_.id, "script", {"query:read"});
  EXPECT_TRUE(created.value.starts_with("phx_"));
  EXPECT_EQ(created.value.size(), 47U);
  EXPECT_EQ(created.key.mask_value, "phx_..." + created.value.substr(43));
  const auto holder = authenticator_.holder_of_key(created.value);
  ASSERT_TRUE(holder.has_value());
  EXPECT_EQ(holder->user.id, user_.id);
  EXPECT_EQ(holder->scopes, std::vector<std::string>{"query:read"});
  EXPECT_FALSE(authenticator_.holder_of_key(created.value + "x").has_value());
  EXPECT_FALSE(authenticator_.holder_of_key("phc_token").has_value());
}

}  // namespace
}  // namespace cp::auth
