// SPDX-License-Identifier: LicenseRef-Project
// Goal: the real api proves callers by cookie and by key, refuses the rest with the documented
// body, and shows nobody another's project.
#include "controlplane/db/database.h"
#include "tests/integration/controlplane/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cp::test {
namespace {

using testing::HasSubstr;

class AccountTest : public IntegrationTest {};

/// `{"type","code","detail","attr"}` with these values; `attr` "" stands for null.
void expect_error(const Answer& answer, int status, const std::string& code,
                  const std::string& attr = "") {
  EXPECT_EQ(answer.status, status) << answer.body;
  ASSERT_TRUE(answer.json.is_object()) << answer.body;
  const auto& error = answer.json.as_object();
  EXPECT_EQ(error.size(), 4U);
  EXPECT_EQ(error.at("code").as_string(), code);
  EXPECT_TRUE(error.at("type").is_string());
  EXPECT_FALSE(error.at("detail").as_string().empty());
  if (attr.empty()) {
    EXPECT_TRUE(error.at("attr").is_null()) << answer.body;
  } else {
    EXPECT_EQ(error.at("attr").as_string(), attr) << answer.body;
  }
}

TEST_F(AccountTest, ALoginGivesCookiesThatWorkUntilLogout) {
  auto& installation = shared_installation();
  auto caller = Caller::signed_in(installation);
  const auto me = caller.get("/api/users/@me/");
  ASSERT_EQ(me.status, 200) << me.body;
  EXPECT_EQ(me.json.at("email").as_string(), "admin@bristle.local");
  EXPECT_EQ(me.json.at("team").at("api_token"), installation.connection().at("project_token"));
  EXPECT_TRUE(me.json.at("organization").at("name").is_string());

  const auto csrf = std::string(caller.headers.find("X-CSRFToken").value());
  caller.headers.erase("X-CSRFToken");
  expect_error(caller.post("/api/logout", ""), 403, "permission_denied");
  caller.headers.set("X-CSRFToken", std::string(csrf.size(), '0'));
  expect_error(caller.post("/api/logout", ""), 403, "permission_denied");
  caller.headers.set("X-CSRFToken", csrf);
  EXPECT_EQ(caller.post("/api/logout", "").status, 204);
  expect_error(caller.get("/api/users/@me/"), 401, "not_authenticated");
}

TEST_F(AccountTest, TheSessionCookieIsOutOfReachOfScripts) {
  auto& installation = shared_installation();
  const auto connection = installation.connection();
  Caller caller(installation);
  const auto answer =
      caller.post("/api/login/",
                  boost::json::serialize(boost::json::object{
                      {"email", connection.at("email")}, {"password", connection.at("password")}}));
  EXPECT_EQ(answer.body, R"({"success":true})");
  std::vector<std::string> cookies;
  for (const auto& [name, value] : answer.headers.fields()) {
    if (name == "Set-Cookie") {
      cookies.push_back(value);
    }
  }
  ASSERT_EQ(cookies.size(), 2U);
  EXPECT_THAT(cookies[0], testing::AllOf(HasSubstr("sessionid="), HasSubstr("; HttpOnly"),
                                         HasSubstr("SameSite=Lax")));
  EXPECT_THAT(cookies[1],
              testing::AllOf(HasSubstr("csrftoken="), testing::Not(HasSubstr("HttpOnly"))));
}

TEST_F(AccountTest, BadLoginsAreRefusedInTheDocumentedWords) {
  Caller caller(shared_installation());
  const auto wrong = caller.post("/api/login", R"({"email":"admin@bristle.local","password":"x"})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.body, R"({"type":"validation_error","code":"invalid_credentials",)"
                        R"("detail":"Invalid email or password.","attr":null})");
  const struct {
    const char* body;
    const char* code;
    const char* attr;
  } cases[] = {
      {"", "parse_error", ""},
      {"{", "parse_error", ""},
      {"[]", "invalid", ""},
      {"{}", "required", "email"},
      {R"({"email":1,"password":"x"})", "invalid", "email"},
      {R"({"email":" ","password":"x"})", "blank", "email"},
      {R"({"email":"a@b.c"})", "required", "password"},
      {R"({"email":"a\u0000@b.c","password":"x"})", "null_characters_not_allowed", "email"},
  };
  for (const auto& [body, code, attr] : cases) {
    SCOPED_TRACE(body);
    expect_error(caller.post("/api/login", body), 400, code, attr);
  }
  expect_error(caller.get("/api/login"), 405, "method_not_allowed");
  caller.headers.set("Sec-Fetch-Site", "cross-site");
  expect_error(caller.post("/api/login", "{}"), 403, "permission_denied");
}

TEST_F(AccountTest, GuessingIsThrottledPerAddress) {
  Caller caller(shared_installation());
  caller.headers.set("X-Forwarded-For", "1.2.3.4, 10.9.8.7");
  const std::string guess = R"({"email":"admin@bristle.local","password":"guess"})";
  for (int i = 0; i < 10; ++i) {
    expect_error(caller.post("/api/login", guess), 400, "invalid_credentials");
  }
  const auto throttled = caller.post("/api/login", guess);
  expect_error(throttled, 429, "throttled");
  EXPECT_TRUE(throttled.headers.contains("Retry-After"));
  caller.headers.set("X-Forwarded-For", "10.9.8.7, 10.9.8.6");
  expect_error(caller.post("/api/login", guess), 400, "invalid_credentials");
}

TEST_F(AccountTest, NobodyIsServedWithoutProof) {
  Caller caller(shared_installation());
  for (const char* target : {"/api/users/@me/", "/api/projects/", "/api/projects/@current/",
                             "/api/personal_api_keys/", "/livestream/events"}) {
    expect_error(caller.get(target), 401, "not_authenticated");
  }
  caller.headers.set("Authorization", "Bearer phx_nonsense");
  expect_error(caller.get("/api/users/@me/"), 401, "authentication_failed");
  caller.headers.set("Authorization", "Basic abc");
  expect_error(caller.get("/api/users/@me/"), 401, "not_authenticated");
}

TEST_F(AccountTest, AKeyIsShownOnceAndEndsWithItsDeletion) {
  auto& installation = shared_installation();
  auto caller = Caller::signed_in(installation);
  const auto created =
      caller.post("/api/personal_api_keys/", R"({"label":"script","scopes":["query:read"]})");
  ASSERT_EQ(created.status, 201) << created.body;
  const std::string value(created.json.at("value").as_string());
  const std::string id(created.json.at("id").as_string());
  EXPECT_TRUE(value.starts_with("phx_"));
  EXPECT_THAT(caller.get("/api/personal_api_keys/").body, testing::Not(HasSubstr(value)));
  EXPECT_TRUE(caller.get("/api/personal_api_keys/" + id + "/").json.at("value").is_null());

  Caller script(installation);
  script.headers.set("Authorization", "Bearer " + value);
  EXPECT_EQ(script.get("/api/projects/@current/events/").status, 200);
  expect_error(script.get("/api/projects/@current/"), 403, "permission_denied");
  expect_error(script.get("/api/personal_api_keys/"), 403, "permission_denied");
  expect_error(script.send("PATCH", "/api/projects/@current/", "{}"), 403, "permission_denied");

  EXPECT_EQ(caller.send("DELETE", "/api/personal_api_keys/" + id + "/", "").status, 204);
  expect_error(script.get("/api/projects/@current/events/"), 401, "authentication_failed");
  expect_error(caller.send("DELETE", "/api/personal_api_keys/" + id + "/", ""), 404, "not_found");
}

TEST_F(AccountTest, ABadKeyRequestNamesItsField) {
  auto caller = Caller::with_key(shared_installation());
  const struct {
    const char* body;
    const char* code;
    const char* attr;
  } cases[] = {
      {R"({"scopes":["*"]})", "required", "label"},
      {R"({"label":"x"})", "required", "scopes"},
      {R"({"label":"x","scopes":"*"})", "not_a_list", "scopes"},
      {R"({"label":"x","scopes":[1]})", "invalid", "scopes"},
      {R"({"label":"x","scopes":["query"]})", "invalid_input", "scopes"},
      {R"({"label":"x","scopes":["query:all"]})", "invalid_input", "scopes"},
      {R"({"label":"a label of more than forty characters, too long","scopes":["*"]})",
       "max_length", "label"},
  };
  for (const auto& [body, code, attr] : cases) {
    SCOPED_TRACE(body);
    expect_error(caller.post("/api/personal_api_keys/", body), 400, code, attr);
  }
}

TEST_F(AccountTest, AProjectOfOthersIsNotThere) {
  auto& installation = shared_installation();
  db::Pool pool({.url = installation.database_url()});
  pool.run("INSERT INTO organizations (name) VALUES ('theirs')");
  const auto theirs = pool.run(
      "INSERT INTO projects (organization_id, name, api_token) "
      "SELECT id, 'theirs', 'phc_theirs' FROM organizations WHERE name = 'theirs' RETURNING id");
  const auto id = std::string(theirs[0].text(0));
  auto caller = Caller::with_key(installation);
  for (const std::string& path :
       {"/api/projects/" + id + "/", "/api/environments/" + id + "/",
        "/api/projects/" + id + "/events/", std::string("/api/projects/999999/"),
        std::string("/api/projects/x/")}) {
    SCOPED_TRACE(path);
    expect_error(caller.get(path), 404, "not_found");
  }
  expect_error(caller.post("/api/projects/" + id + "/query/", "{}"), 404, "not_found");
  EXPECT_THAT(caller.get("/api/projects/").body, testing::Not(HasSubstr("phc_theirs")));
}

TEST_F(AccountTest, AProjectIsChangedFieldByField) {
  auto caller = Caller::signed_in(shared_installation());
  const auto changed = caller.send("PATCH", "/api/projects/@current/",
                                   R"({"name":"Renamed","timezone":"Europe/Berlin"})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.json.at("name").as_string(), "Renamed");
  const auto read = caller.get("/api/environments/@current/");
  EXPECT_EQ(read.json.at("timezone").as_string(), "Europe/Berlin");
  EXPECT_EQ(read.json.at("week_start_day").to_number<int>(), 0);
  const struct {
    const char* body;
    const char* attr;
  } cases[] = {
      {R"({"name":""})", "name"},
      {R"({"timezone":"Mars"})", "timezone"},
      {R"({"week_start_day":2})", "week_start_day"},
      {R"({"week_start_day":"1"})", "week_start_day"},
      {R"({"autocapture_opt_out":"no"})", "autocapture_opt_out"},
      {R"({"session_recording_opt_in":1})", "session_recording_opt_in"},
      {R"({"heatmaps_opt_in":"yes"})", "heatmaps_opt_in"},
      {R"({"cookieless_server_hash_mode":2})", "cookieless_server_hash_mode"},
  };
  for (const auto& [body, attr] : cases) {
    const auto answer = caller.send("PATCH", "/api/projects/@current/", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.json.at("attr").as_string(), attr);
  }
  caller.send("PATCH", "/api/projects/@current/", R"({"timezone":"UTC"})");
}

TEST_F(AccountTest, ALostDatabaseIsSaidAndRecoveredFrom) {
  auto& installation = shared_installation();
  auto caller = Caller::with_key(installation);
  ASSERT_EQ(caller.get("/api/users/@me/").status, 200);
  Installation::postgres().stop();
  expect_error(caller.get("/api/users/@me/"), 503, "unavailable");
  EXPECT_EQ(caller.get("/_readiness").status, 503);
  EXPECT_EQ(caller.get("/").status, 200) << "the page needs no database";
  Installation::postgres().start();
  EXPECT_EQ(caller.get("/api/users/@me/").status, 200);
}

}  // namespace
}  // namespace cp::test
