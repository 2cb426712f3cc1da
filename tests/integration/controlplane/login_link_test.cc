// SPDX-License-Identifier: LicenseRef-Project
// Goal: a link made on the machine signs in once and within its time, is not used up by being
// looked at, and guessing is slowed down. Method: the real command and the real api.
#include "controlplane/db/database.h"
#include "tests/integration/controlplane/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cp::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class LoginLinkTest : public IntegrationTest {
 protected:
  /// A new link's path and query.
  static std::string make(const std::string& arguments = "") {
    const auto outcome = shared_installation().run("login-link" + arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    const auto link = boost::json::parse(outcome.output).as_object();
    EXPECT_EQ(link.at("expires_s").as_int64(), 900);
    const std::string url(link.at("url").as_string());
    const std::string site = "http://localhost:8000";
    EXPECT_TRUE(url.starts_with(site + "/login/link?token=")) << url;
    return url.substr(site.size());
  }

  static std::string token_of(const std::string& target) {
    return target.substr(target.find('=') + 1);
  }

  /// Presses the button, from one client address.
  static Answer use(Caller& caller, const std::string& token) {
    caller.headers.set("Content-Type", "application/x-www-form-urlencoded");
    return caller.post("/login/link", "token=" + token);
  }

  static Caller stranger(const std::string& address = "203.0.113.1") {
    Caller caller(shared_installation());
    caller.headers.set("X-Forwarded-For", address);
    return caller;
  }
};

TEST_F(LoginLinkTest, SignsInOnce) {
  const auto link = make();
  auto caller = stranger();
  const auto answer = use(caller, token_of(link));
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(answer.headers.find("Location"), "/");
  std::string session;
  for (const auto& [name, value] : answer.headers.fields()) {
    if (web::equal_ignoring_case(name, "Set-Cookie") && value.starts_with("sessionid=")) {
      session = value.substr(0, value.find(';'));
      EXPECT_THAT(value, HasSubstr("HttpOnly"));
    }
  }
  auto signed_in = stranger();
  signed_in.headers.set("Cookie", session);
  const auto me = signed_in.get("/api/users/@me/");
  ASSERT_EQ(me.status, 200);
  EXPECT_EQ(me.json.at("email"), shared_installation().connection().at("email"));

  auto second = stranger();
  const auto again = use(second, token_of(link));
  EXPECT_EQ(again.status, 410);
  EXPECT_THAT(again.body, HasSubstr("no longer works"));
  EXPECT_FALSE(again.headers.contains("Set-Cookie"));
  EXPECT_EQ(second.get(link).status, 410);
}

TEST_F(LoginLinkTest, LookingAtItChangesNothing) {
  const auto link = make(" --email admin@bristle.local");
  auto caller = stranger();
  for (int look = 0; look < 3; ++look) {
    const auto page = caller.get(link);
    EXPECT_EQ(page.status, 200);
    EXPECT_FALSE(page.headers.contains("Set-Cookie"));
    EXPECT_THAT(page.body, HasSubstr("<form method=\"post\" action=\"/login/link\">"));
    EXPECT_THAT(page.body, HasSubstr("value=\"" + token_of(link) + "\""));
    EXPECT_EQ(page.headers.find("Cache-Control"), "no-store");
  }
  EXPECT_EQ(caller.send("HEAD", link, "").status, 200);
  EXPECT_EQ(use(caller, token_of(link)).status, 303);
}

TEST_F(LoginLinkTest, AfterItsTimeItIsGone) {
  const auto link = make();
  db::Pool pool({.url = shared_installation().database_url()});
  pool.run("UPDATE login_links SET expires_at = now()");
  auto caller = stranger();
  EXPECT_EQ(caller.get(link).status, 410);
  EXPECT_EQ(use(caller, token_of(link)).status, 410);
  make();
  EXPECT_EQ(pool.run("SELECT 1 FROM login_links").size(), 1U) << "expired ones are forgotten";
}

TEST_F(LoginLinkTest, TheStoreHoldsNoToken) {
  const auto token = token_of(make());
  EXPECT_EQ(token.size(), 43U);
  db::Pool pool({.url = shared_installation().database_url()});
  for (const auto row : pool.run("SELECT l::text FROM login_links l")) {
    EXPECT_THAT(std::string(row.text(0)), Not(HasSubstr(token)));
  }
}

TEST_F(LoginLinkTest, AnythingElseIsNoLink) {
  auto caller = stranger();
  for (const char* target : {"/login/link", "/login/link?token=", "/login/link?token=%3Cscript%3E",
                             "/login/link?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    const auto answer = caller.get(target);
    EXPECT_EQ(answer.status, 410) << target;
    EXPECT_THAT(answer.body, Not(HasSubstr("script"))) << target;
  }
  EXPECT_EQ(use(caller, std::string(10'000, 'A')).status, 410);
  EXPECT_EQ(caller.send("PUT", "/login/link", "").status, 405);
  const auto link = make();
  caller.headers.set("Sec-Fetch-Site", "cross-site");
  EXPECT_EQ(use(caller, token_of(link)).status, 403);
}

TEST_F(LoginLinkTest, GuessingIsSlowedDownPerAddress) {
  const auto link = make();
  auto guesser = stranger("203.0.113.66");
  Answer answer;
  for (int guess = 0; guess <= 100; ++guess) {
    answer = use(guesser, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  }
  EXPECT_EQ(answer.status, 429);
  EXPECT_TRUE(answer.headers.contains("Retry-After"));
  EXPECT_EQ(use(guesser, token_of(link)).status, 429);
  auto other = stranger("203.0.113.67");
  EXPECT_EQ(use(other, token_of(link)).status, 303);
}

TEST_F(LoginLinkTest, UnknownAccountsAndWrongUsageAreTold) {
  const auto unknown = shared_installation().run("login-link --email nobody@example.org");
  EXPECT_EQ(unknown.exit_code, 67);
  EXPECT_EQ(unknown.output, "");
  EXPECT_THAT(unknown.errors, HasSubstr("no active account has the email nobody@example.org"));
  for (const char* command : {"login-link --email", "login-link x", "migrate now", ""}) {
    EXPECT_EQ(shared_installation().run(command).exit_code, 64) << command;
  }
  const Installation empty;
  ASSERT_EQ(empty.run("migrate").exit_code, 0);
  db::Pool({.url = empty.database_url()}).run("UPDATE users SET is_active = false");
  EXPECT_EQ(empty.run("login-link").exit_code, 67);
}

}  // namespace
}  // namespace cp::test
