// SPDX-License-Identifier: LicenseRef-Project
// Goal: a project's privacy policy is read, replaced and taken away through the API; what a shard
// could not read is refused with the name of the field and changes nothing.
#include "dataplane/format/privacy/policy.h"
#include "tests/integration/controlplane/installation.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <string>

namespace cp::test {
namespace {

constexpr const char* kPath = "/api/projects/1/privacy/";

class PrivacyTest : public IntegrationTest {
 protected:
  Caller caller_ = Caller::with_key(shared_installation());
};

TEST_F(PrivacyTest, APolicyIsKeptUntilItIsTakenAway) {
  EXPECT_TRUE(caller_.get(kPath).json.at("policy").is_null());
  const auto stored = caller_.send(
      "PUT", kPath,
      R"({"patterns":{"email":"redact"},"properties":{"mode":"deny","names":["pin"]}})");
  EXPECT_EQ(stored.status, 200) << stored.body;
  const auto read = caller_.get(kPath);
  EXPECT_EQ(read.json, stored.json);
  EXPECT_EQ(read.json.at("installation_default").as_string(), "standard");
  EXPECT_EQ(read.json.at("standard"), boost::json::parse(format::privacy::kStandardPolicyJson));
  EXPECT_EQ(read.json.at("policy").at("patterns").at("email").as_string(), "redact");
  EXPECT_EQ(caller_.send("DELETE", kPath, "").status, 200);
  EXPECT_TRUE(caller_.get(kPath).json.at("policy").is_null());
}

// What the page sends for the profile "standard".
TEST_F(PrivacyTest, TheStandardIsTakenAsItIsShown) {
  const auto standard = caller_.get(kPath).json.at("standard");
  const auto stored = caller_.send("PUT", kPath, boost::json::serialize(standard));
  EXPECT_EQ(stored.status, 200) << stored.body;
  EXPECT_EQ(stored.json.at("policy"), standard);
  EXPECT_EQ(caller_.send("DELETE", kPath, "").status, 200);
}

TEST_F(PrivacyTest, ABadPolicyIsRefusedByItsField) {
  const struct {
    std::string body;
    std::string field;
  } cases[] = {
      {R"({"patterns":{"email":"hide"}})", "patterns.email"},
      {R"({"properties":{"names":["a",""]}})", "properties.names[1]"},
      {R"({"adress":"drop"})", "adress"},
  };
  for (const auto& [body, field] : cases) {
    const auto answer = caller_.send("PUT", kPath, body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.json.at("attr").as_string(), field) << answer.body;
  }
  EXPECT_EQ(caller_.send("PUT", kPath, "[]").status, 400);
  EXPECT_EQ(caller_.send("POST", kPath, "{}").status, 405);
  EXPECT_TRUE(caller_.get(kPath).json.at("policy").is_null());
}

TEST_F(PrivacyTest, StrangersDoNotSeeIt) {
  Caller nobody(shared_installation());
  EXPECT_EQ(nobody.get(kPath).status, 401);
}

}  // namespace
}  // namespace cp::test
