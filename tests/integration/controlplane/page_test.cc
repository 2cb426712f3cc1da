// SPDX-License-Identifier: LicenseRef-Project
// Goal: the page's files come with the right caching, compression and protection; page routes get
// the page, unknown API routes an API error.
#include "tests/integration/controlplane/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cp::test {
namespace {

using testing::HasSubstr;

class PageTest : public IntegrationTest {
 protected:
  static Answer get(const std::string& target, const std::string& accept_encoding = "",
                    const std::string& if_none_match = "") {
    Caller caller(shared_installation());
    if (!accept_encoding.empty()) {
      caller.headers.set("Accept-Encoding", accept_encoding);
    }
    if (!if_none_match.empty()) {
      caller.headers.set("If-None-Match", if_none_match);
    }
    return caller.get(target);
  }
  static std::string header(const Answer& answer, const char* name) {
    return std::string(answer.headers.find(name).value_or("(none)"));
  }
};

TEST_F(PageTest, HashedFilesAreKeptForEver) {
  const auto answer = get("/assets/app-1a2b.js");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "code");
  EXPECT_EQ(header(answer, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_THAT(header(answer, "Cache-Control"), HasSubstr("immutable"));
}

TEST_F(PageTest, TheBestReadyMadeVariantIsChosen) {
  const struct {
    const char* accepted;
    const char* body;
    const char* encoding;
  } cases[] = {
      {"gzip, deflate, br", "br", "br"},    {"gzip", "gz", "gzip"},
      {"br;q=0, gzip;q=0.5", "gz", "gzip"}, {"br;q=0.0", "code", "(none)"},
      {"identity", "code", "(none)"},
  };
  for (const auto& [accepted, body, encoding] : cases) {
    const auto answer = get("/assets/app-1a2b.js", accepted);
    EXPECT_EQ(answer.body, body) << accepted;
    EXPECT_EQ(header(answer, "Content-Encoding"), encoding) << accepted;
    EXPECT_EQ(header(answer, "Vary"), "Accept-Encoding");
  }
}

TEST_F(PageTest, PageRoutesGetThePageRevalidated) {
  const auto root = get("/");
  EXPECT_THAT(root.body, HasSubstr("<html>"));
  EXPECT_EQ(header(root, "Cache-Control"), "no-cache");
  EXPECT_EQ(get("/trends").body, root.body);
  EXPECT_EQ(get("/funnel/?state=1").body, root.body);
  const auto again = get("/", "", header(root, "ETag"));
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
}

TEST_F(PageTest, WhatLooksLikeAFileAndIsNoneIsNotFound) {
  for (const char* target : {"/assets/gone-9f.js", "/favicon.ico", "/../connection.json",
                             "/assets/%2e%2e/%2e%2e/connection.json", "/app.js.map"}) {
    EXPECT_EQ(get(target).status, 404) << target;
  }
}

TEST_F(PageTest, UnknownApiRoutesAreApiErrors) {
  for (const char* target : {"/api", "/api/nonsense/", "/livestream/nonsense"}) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_EQ(answer.json.at("code").as_string(), "not_found");
  }
}

TEST_F(PageTest, EveryAnswerIsProtected) {
  for (const char* target : {"/", "/assets/app-1a2b.js", "/api/users/@me/"}) {
    const auto answer = get(target);
    EXPECT_EQ(header(answer, "X-Content-Type-Options"), "nosniff") << target;
    EXPECT_EQ(header(answer, "Referrer-Policy"), "same-origin") << target;
    EXPECT_THAT(header(answer, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
    EXPECT_FALSE(answer.headers.contains("Access-Control-Allow-Origin"));
  }
  // The hash of `let a = 1;`, the page's one inline script.
  EXPECT_THAT(header(get("/"), "Content-Security-Policy"),
              HasSubstr("'sha256-xY6QKfH9PRsQnLz56nj6MBwiK5oHg+im1Jkpdp1x/Ck='"));
}

}  // namespace
}  // namespace cp::test
