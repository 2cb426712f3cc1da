// SPDX-License-Identifier: LicenseRef-Project
// Goal: what a project may send is read, replaced and taken away through the API, and reaches the
// tenant store; what means nothing is refused with the name of the field and changes nothing.
#include "tests/integration/controlplane/installation.h"

#include <gtest/gtest.h>

#include <string>

namespace cp::test {
namespace {

constexpr const char* kPath = "/api/projects/1/limits/";

class LimitsTest : public IntegrationTest {
 protected:
  Caller caller_ = Caller::with_key(shared_installation());
};

TEST_F(LimitsTest, TheyAreKeptUntilTheyAreTakenAway) {
  EXPECT_TRUE(caller_.get(kPath).json.at("limits").is_null());
  const auto stored = caller_.send(
      "PUT", kPath, R"({"events_per_second":100,"quota_limited":["events","recordings"]})");
  EXPECT_EQ(stored.status, 200) << stored.body;
  const auto read = caller_.get(kPath);
  EXPECT_EQ(read.json, stored.json);
  EXPECT_EQ(read.json.at("limits").at("events_per_second").to_number<int>(), 100);
  EXPECT_FALSE(read.json.at("limits").as_object().contains("bytes_per_second"));
  const auto replaced = caller_.send("PUT", kPath, R"({"bytes_per_second":0})");
  EXPECT_FALSE(replaced.json.at("limits").as_object().contains("quota_limited"));
  EXPECT_EQ(caller_.send("DELETE", kPath, "").status, 200);
  EXPECT_TRUE(caller_.get(kPath).json.at("limits").is_null());
}

TEST_F(LimitsTest, WhatMeansNothingIsRefusedByItsField) {
  const struct {
    std::string body;
    std::string field;
  } cases[] = {
      {R"({"events_per_second":-1})", "events_per_second"},
      {R"({"bytes_per_second":"10"})", "bytes_per_second"},
      {R"({"quota_limited":"events"})", "quota_limited"},
      {R"({"quota_limited":["event"]})", "quota_limited"},
  };
  for (const auto& [body, field] : cases) {
    const auto answer = caller_.send("PUT", kPath, body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.json.at("attr").as_string(), field) << answer.body;
  }
  EXPECT_EQ(caller_.send("POST", kPath, "{}").status, 405);
  EXPECT_TRUE(caller_.get(kPath).json.at("limits").is_null());
  Caller nobody(shared_installation());
  EXPECT_EQ(nobody.get(kPath).status, 401);
}

}  // namespace
}  // namespace cp::test
