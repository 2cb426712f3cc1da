// SPDX-License-Identifier: LicenseRef-Project
// Goal: a policy means what it says or is refused with the name of the field; what cannot be read
// closes the project. Method: tables.
#include "dataplane/format/privacy/policy.h"

#include "dataplane/format/privacy/keyed_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace format::privacy {
namespace {

TEST(PolicyTest, ReadsEveryField) {
  PolicyComplaint complaint;
  const auto policy = read_policy(
      R"({"enabled":true,"patterns":{"email":"redact","phone":"drop","card":"quarantine","iban":"off"},)"
      R"("properties":{"mode":"allow","names":["plan","$*"],"action":"redact"},"address":"hash"})",
      complaint);
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->is_active);
  EXPECT_EQ(policy->of(Pattern::email), Action::redact);
  EXPECT_EQ(policy->of(Pattern::phone), Action::drop);
  EXPECT_EQ(policy->of(Pattern::card), Action::quarantine);
  EXPECT_EQ(policy->of(Pattern::iban), Action::keep);
  EXPECT_EQ(policy->name_mode, NameMode::allow);
  EXPECT_EQ(policy->name_action, Action::redact);
  EXPECT_TRUE(policy->names.has("plan"));
  EXPECT_TRUE(policy->names.has("$lib"));
  EXPECT_FALSE(policy->names.has("plans"));
  EXPECT_EQ(policy->address, AddressRule::hash);
  EXPECT_TRUE(read_policy("{}", complaint)->is_active);
  EXPECT_FALSE(read_policy(R"({"enabled":false})", complaint)->is_active);
}

TEST(PolicyTest, TheStandardForbidsWhatIsPersonalEverywhere) {
  const auto policy = standard_policy();
  EXPECT_TRUE(policy.is_active);
  EXPECT_FALSE(policy.is_closed);
  for (const auto pattern : {Pattern::email, Pattern::phone, Pattern::card, Pattern::iban}) {
    EXPECT_EQ(policy.of(pattern), Action::redact);
  }
  EXPECT_EQ(policy.name_mode, NameMode::deny);
  EXPECT_EQ(policy.name_action, Action::drop);
  for (const auto* name :
       {"password", "passwd", "secret", "card_number", "credit_card", "cvc", "cvv", "iban"}) {
    EXPECT_TRUE(policy.names.has(name)) << name;
  }
  EXPECT_FALSE(policy.names.has("plan"));
  EXPECT_EQ(policy.address, AddressRule::drop);
}

TEST(PolicyTest, NamesTheFieldItRefuses) {
  const auto names = [](std::size_t count) {
    std::string json = R"({"properties":{"names":["a")";
    for (std::size_t index = 1; index < count; ++index) {
      json += ",\"a\"";
    }
    return json + "]}}";
  };
  const struct {
    std::string json;
    std::string_view field;
  } cases[] = {
      {"", "privacy"},
      {"[]", "privacy"},
      {"{", "privacy"},
      {R"({"enable":true})", "enable"},
      {R"({"enabled":1})", "enabled"},
      {R"({"patterns":[]})", "patterns"},
      {R"({"patterns":{"ssn":"drop"}})", "patterns.ssn"},
      {R"({"patterns":{"email":"hide"}})", "patterns.email"},
      {R"({"patterns":{"email":true}})", "patterns.email"},
      {R"({"properties":1})", "properties"},
      {R"({"properties":{"mode":"both"}})", "properties.mode"},
      {R"({"properties":{"names":"a"}})", "properties.names"},
      {R"({"properties":{"names":["a",""]}})", "properties.names[1]"},
      {R"({"properties":{"names":[1]}})", "properties.names[0]"},
      {R"({"properties":{"names":[")" + std::string(kNameBytesMax + 1, 'a') + "\"]}}",
       "properties.names[0]"},
      {names(kNamesMax + 1), "properties.names"},
      {R"({"properties":{"action":"off"}})", "properties.action"},
      {R"({"properties":{"actions":"drop"}})", "properties.actions"},
      {R"({"address":"keep"})", "address"},
      {std::string(kPolicyBytesMax + 1, ' '), "privacy"},
  };
  for (const auto& [json, field] : cases) {
    PolicyComplaint complaint;
    EXPECT_FALSE(read_policy(json, complaint)) << json;
    EXPECT_EQ(complaint.field, field) << json;
    EXPECT_FALSE(complaint.expected.empty()) << json;
  }
  PolicyComplaint complaint;
  EXPECT_TRUE(read_policy(names(kNamesMax), complaint));
}

TEST(PolicyTest, AProjectWithoutAReadablePolicyIsClosed) {
  EXPECT_FALSE(policy_of_project(R"({"project_id":1,"remote_config":{}})"));
  EXPECT_FALSE(policy_of_project(R"({"project_id":1,"privacy":null})"));
  EXPECT_FALSE(policy_of_project(R"({"project_id":1,"privacy":{}})")->is_closed);
  for (const auto* json : {"", "x", R"({"privacy":[]})", R"({"privacy":{"later":1}})"}) {
    const auto policy = policy_of_project(json);
    ASSERT_TRUE(policy) << json;
    EXPECT_TRUE(policy->is_closed && policy->is_active) << json;
  }
}

TEST(HashKeyTest, HashesAreStableAndDependOnTheSecret) {
  EXPECT_FALSE(HashKey::from_secret(std::string(31, 'a')));
  const auto text = [](char secret, std::string_view value) {
    const auto digits = HashKey::from_secret(std::string(32, secret))->hash(value);
    return std::string(digits.data(), digits.size());
  };
  EXPECT_EQ(text('a', "192.0.2.1"), text('a', "192.0.2.1"));
  EXPECT_NE(text('a', "192.0.2.1"), text('b', "192.0.2.1"));
  EXPECT_NE(text('a', "192.0.2.1"), text('a', "192.0.2.2"));
  EXPECT_EQ(text('a', "").find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace format::privacy
