// SPDX-License-Identifier: LicenseRef-Project
// Goal: the first start makes one account and tells its secrets once, whatever crashes in between;
// later starts change nothing but the url. Against a throw-away cluster.
#include "controlplane/auth/first_run.h"

#include "controlplane/auth/authenticator.h"
#include "tests/support/postgres.h"
#include "tests/support/schema.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace cp::auth {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

class FirstRunTest : public testing::Test {
 protected:
  FirstRunTest() {
    pool_.run(test_support::postgres_schema());
    fs::create_directory(file_.parent_path());
  }

  FirstRunOutcome run(const std::string& url = "http://localhost:8000") {
    return run_first_time(pool_, {.connection_file = file_, .site_url = url});
  }
  [[nodiscard]] boost::json::object connection() const {
    return boost::json::parse(read(file_)).as_object();
  }
  [[nodiscard]] fs::path pending() const { return fs::path(file_).concat(".pending"); }

  test_support::Postgres postgres_;
  db::Pool pool_{db::Options{.url = postgres_.url()}};
  fs::path file_ = postgres_.directory() / "home" / "connection.json";
};

TEST_F(FirstRunTest, TheFileOpensTheAccount) {
  EXPECT_EQ(run(), FirstRunOutcome::created);
  const auto told = connection();
  EXPECT_EQ(told.at("url").as_string(), "http://localhost:8000");
  EXPECT_EQ(told.at("project_id").to_number<int>(), 1);
  EXPECT_EQ(told.at("project_token").as_string().size(), 47U);
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(fs::exists(pending()));

  Authenticator authenticator(pool_, {.secret_key = "k"});
  const auto text = [&](const char* key) { return std::string(told.at(key).as_string()); };
  const auto email = text("email");
  const auto password = text("password");
  const auto login = authenticator.login({email, password, "", ""});
  EXPECT_EQ(login.user.current_project_id, 1);
  EXPECT_EQ(authenticator.holder_of_key(text("personal_api_key"))->user.id, login.user.id);
}

TEST_F(FirstRunTest, LaterStartsChangeTheUrlOnly) {
  run();
  const auto before = read(file_);
  EXPECT_EQ(run(), FirstRunOutcome::unchanged);
  EXPECT_EQ(read(file_), before);
  auto expected = connection();
  EXPECT_EQ(run("http://localhost:9000"), FirstRunOutcome::url_changed);
  expected["url"] = "http://localhost:9000";
  EXPECT_EQ(connection(), expected);
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(pool_.run("SELECT 1 FROM users").size(), 1U);
}

TEST_F(FirstRunTest, ACrashAfterTheCommitIsFinished) {
  run();
  const auto told = read(file_);
  fs::rename(file_, pending());  // what a crash between commit and rename leaves
  EXPECT_EQ(run(), FirstRunOutcome::finished);
  EXPECT_EQ(read(file_), told);
  EXPECT_FALSE(fs::exists(pending()));
}

TEST_F(FirstRunTest, ACrashBeforeTheCommitIsRedone) {
  for (const char* left_over :
       {"", "{\"project_token\": \"phc_ha", "{\"project_token\": \"phc_x\"}"}) {
    pool_.run("TRUNCATE organizations, users CASCADE");
    write(pending(), left_over);
    EXPECT_EQ(run(), FirstRunOutcome::created) << left_over;
    EXPECT_EQ(pool_.run("SELECT 1 FROM projects").size(), 1U);
    EXPECT_FALSE(fs::exists(pending()));
  }
}

TEST_F(FirstRunTest, ALostFileIsReportedAndNothingCreated) {
  run();
  fs::remove(file_);
  EXPECT_EQ(run(), FirstRunOutcome::file_missing);
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_EQ(pool_.run("SELECT 1 FROM users").size(), 1U);
}

}  // namespace
}  // namespace cp::auth
