// SPDX-License-Identifier: LicenseRef-Project
// Goal: the rendered documents are exactly those of flags-protocol sections 3 and 9 and
// capture-protocol section 17.
#include "dataplane/flags/document.h"

#include "dataplane/flags/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace dp::flags {
namespace {

TEST(DocumentTest, EmptyEvaluationHasTheFieldsOfItsFamily) {
  const struct {
    Family family;
    std::string flags;
  } cases[] = {
      {Family::decide_1, R"("featureFlags":[])"},
      {Family::decide_2, R"("featureFlags":{})"},
      {Family::legacy,
       R"("errorsWhileComputingFlags":false,"featureFlags":{},"featureFlagPayloads":{})"},
      {Family::detailed, R"("errorsWhileComputingFlags":false,"flags":{})"},
      {Family::typed, R"("errorsWhileComputingFlags":false,"flags":{})"},
  };
  std::string out;
  for (const auto& item : cases) {
    render_empty_evaluation(out, item.family, {"id", 17, ""});
    EXPECT_EQ(out, "{" + item.flags + R"(,"requestId":"id","evaluatedAt":17})");
    render_empty_evaluation(out, item.family, {"id", 17, R"("a":1)"});
    EXPECT_EQ(out, "{" + item.flags + R"(,"requestId":"id","evaluatedAt":17,"a":1})");
  }
}

TEST(DocumentTest, FindsTheRemoteConfigOfAProject) {
  EXPECT_EQ(remote_config_of(R"({"project_id":1,"remote_config":{"a":{"b":1}},"more":2})"),
            R"({"a":{"b":1}})");
  EXPECT_EQ(remote_config_of(R"({"project_id":1})"), std::nullopt);
  EXPECT_EQ(remote_config_of(R"({"remote_config":[]})"), std::nullopt);
  EXPECT_EQ(remote_config_of(""), std::nullopt);
}

TEST(DocumentTest, FieldsAreTheObjectWithoutItsBraces) {
  EXPECT_EQ(fields_of(R"({"a":1,"b":{}})"), R"("a":1,"b":{})");
  EXPECT_EQ(fields_of("{ \n\"a\":1 }"), R"("a":1)");
  EXPECT_EQ(fields_of("{}"), "");
  EXPECT_EQ(fields_of("{  }"), "");
}

TEST(DocumentTest, EntityTagsFollowTheContent) {
  std::string one;
  std::string two;
  render_entity_tag(one, "content");
  render_entity_tag(two, "content.");
  EXPECT_NE(one, two);
  EXPECT_TRUE(matches_entity_tag(one, one));
  EXPECT_TRUE(matches_entity_tag("W/" + one, one));
  EXPECT_TRUE(matches_entity_tag("\"x\", " + one + " ", one));
  EXPECT_TRUE(matches_entity_tag("*", one));
  EXPECT_FALSE(matches_entity_tag(two, one));
  EXPECT_FALSE(matches_entity_tag("", one));
}

TEST(DocumentTest, RequestIdsAreDistinctVersion4Uuids) {
  RequestIds ids(1);
  std::set<std::string> seen;
  std::string id;
  for (int round = 0; round < 1000; ++round) {
    ids.next(id);
    EXPECT_TRUE(is_uuid(id)) << id;
    EXPECT_EQ(id[14], '4') << id;
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_TRUE(seen.insert(id).second) << id;
  }
  EXPECT_FALSE(is_uuid("0191d5c0-7b1e-7a3c-9a50-00000000000"));
  EXPECT_FALSE(is_uuid("0191d5c0-7b1e-7a3c-9a50-00000000000g"));
  EXPECT_FALSE(is_uuid("0191d5c007b1e-7a3c-9a50-000000000000"));
}

}  // namespace
}  // namespace dp::flags
