// Goal: properties are stored as analytics.md 1.1, 1.5 and 1.7 say, and untouched when no rule
// applies.
#include "controlplane/event/properties.h"

#include <gtest/gtest.h>

#include <string>

namespace cp::event {
namespace {

struct Case {
  const char* name;
  PropertiesInput input;
  const char* json;
  const char* chain;
  PersonMode mode;
};

TEST(PropertiesTest, AppliesEveryRule) {
  constexpr PersonMode kFull = PersonMode::full;
  constexpr PersonMode kPropertyless = PersonMode::propertyless;
  const Case cases[] = {
      {"nothing to do",
       {R"({"a":1,"b":{"$set":{}},"$set":{"x":1}})"},
       R"({"a":1,"b":{"$set":{}},"$set":{"x":1}})",
       "",
       kFull},
      {"no properties", {""}, "{}", "", kFull},
      {"heatmap data is a part of its own",
       {R"({"a":1,"$heatmap_data":{"/":[{"x":1}]},"$heatmap_date":2})"},
       R"({"a":1,"$heatmap_date":2})",
       "",
       kFull},
      {"an internal event has no client's address",
       {R"({"capture_internal":1})", "", "", true, "1.2.3.4"},
       R"({"capture_internal":1,"$ip":"127.0.0.1"})",
       "",
       kFull},
      {"what the AI gateway vouches for",
       {R"({"$ai_gateway_verified":true,"$ai_model":"m"})", "", "", false, "", true},
       R"({"$ai_model":"m"})",
       "",
       kFull},
      {"the same name in other events",
       {R"({"$ai_gateway_verified":true})"},
       R"({"$ai_gateway_verified":true})",
       "",
       kFull},
      {"no properties but a set", {"", R"({"a":1})"}, R"({"$set":{"a":1}})", "", kFull},
      {"top-level set wins",
       {R"({"$set":{"a":1,"b":[1,{"c":2}]},"k":"v"})", R"({"a":2,"d":3})", R"({"e":4})"},
       R"({"k":"v","$set":{"b":[1,{"c":2}],"a":2,"d":3},"$set_once":{"e":4}})",
       "",
       kFull},
      {"empty sets", {R"({"$set":{}})", "{}", "{}"}, R"({"$set":{},"$set_once":{}})", "", kFull},
      {"set that is no object", {R"({"$set":5})", R"({"a":1})"}, R"({"$set":{"a":1}})", "", kFull},
      {"profile flag true", {R"({"$process_person_profile":true,"a":1})"}, R"({"a":1})", "", kFull},
      {"profile flag false",
       {R"({"$set":{"a":1},"$process_person_profile":false,"$unset":["b"],"$group_0":"g","$group_5":"h"})",
        R"({"a":1})", R"({"b":1})"},
       R"({"$process_person_profile":false,"$group_5":"h"})",
       "",
       kPropertyless},
      {"session id",
       {R"({"$session_id":"018A981F-4B2E-7BD3-BB30-6617BF488869"})"},
       R"({"$session_id":"018a981f-4b2e-7bd3-bb30-6617bf488869"})",
       "",
       kFull},
      {"session id that is no uuid",
       {R"({"$session_id":"ABC"})"},
       R"({"$session_id":"ABC"})",
       "",
       kFull},
      {"address kept",
       {R"({"a":1})", "", "", true, "1.2.3.4"},
       R"({"a":1,"$ip":"1.2.3.4"})",
       "",
       kFull},
      {"address of the event wins",
       {R"({"$ip":"5.6.7.8"})", "", "", true, "1.2.3.4"},
       R"({"$ip":"5.6.7.8"})",
       "",
       kFull},
      {"address unknown", {R"({"a":1})", "", "", true, ""}, R"({"a":1})", "", kFull},
      {"address discarded",
       {R"({"$ip":"5.6.7.8","a":"}\",{"})", "", "", false, "1.2.3.4"},
       R"({"a":"}\",{"})",
       "",
       kFull},
      {"chain",
       {R"({"$elements_chain":"a.b:href=\"x\"\u00e9\ud83d\ude00\ud83d","$elements":[{}]})"},
       "{}",
       "a.b:href=\"x\"\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD",
       kFull},
      {"chain that is no string", {R"({"$elements_chain":5})"}, "{}", "", kFull},
      {"elements",
       {R"({"a":[],"$elements":[{"tag_name":"a","nth_child":1,"nth_of_type":2}]})"},
       R"({"a":[]})",
       R"(a:nth-child="1"nth-of-type="2")",
       kFull},
      {"elements beside an empty chain",
       {R"({"$elements_chain":"","$elements":[{"tag_name":"b"}]})"},
       "{}",
       R"(b:nth-child="0"nth-of-type="0")",
       kFull},
  };
  PropertiesEditor editor;
  for (const auto& [name, input, json, chain, mode] : cases) {
    const auto stored = editor.edit(input);
    EXPECT_EQ(stored.json, json) << name;
    EXPECT_EQ(stored.elements_chain, chain) << name;
    EXPECT_EQ(stored.person_mode, mode) << name;
  }
}

TEST(PropertiesTest, CopiesNothingWhenNothingChanges) {
  const std::string json =
      R"({"$lib":"web","$current_url":"https://a/?b=\"{c}\"","n":[1,2,{"x":"]"}]})";
  PropertiesEditor editor;
  EXPECT_EQ(editor.edit({json}).json.data(), json.data());
}

// The codec renders valid objects; a broken one must still be harmless.
TEST(PropertiesTest, StaysInsideBrokenText) {
  const std::string json =
      R"({"$set":{"a":1},"$elements":[{"x":"y\\"}],"$ip":"1.2.3.4","é":"\ud83d"})";
  PropertiesEditor editor;
  for (std::size_t size = 0; size <= json.size(); ++size) {
    const std::string cut = json.substr(0, size);
    const auto stored = editor.edit({cut, R"({"b":2})"});
    EXPECT_TRUE(stored.json.starts_with('{') && stored.json.ends_with('}')) << cut;
  }
}

}  // namespace
}  // namespace cp::event
