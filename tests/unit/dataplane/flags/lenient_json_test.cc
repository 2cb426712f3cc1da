// SPDX-License-Identifier: LicenseRef-Project
// Goal: everything upstream's lenient reader accepts is accepted, everything else is refused, and
// hostile text neither overruns nor recurses without bound. Method: tables of texts against the
// fields they hold.
#include "dataplane/flags/lenient_json.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace dp::flags {
namespace {

/// The fields as `name=value:kind;`, or "refused".
std::string fields_in(std::string_view text) {
  constexpr std::string_view kKinds = "oasnb0";
  std::string found;
  JsonFields fields(text);
  while (const auto field = fields.next()) {
    found += std::string(field->name) + "=" + std::string(field->value) + ":" +
             kKinds[static_cast<std::size_t>(field->kind)] + ";";
  }
  return fields.is_complete() ? found : "refused";
}

TEST(LenientJsonTest, ReadsWhatUpstreamReads) {
  const struct {
    std::string_view text;
    std::string_view fields;
  } cases[] = {
      {R"({})", ""},
      {R"( {"a":"b"} )", "a=b:s;"},
      {R"({"a":1,"b":-2.5e3,"c":true,"d":null})", "a=1:n;b=-2.5e3:n;c=true:b;d=null:0;"},
      {R"({"a":{"b":[1,{"c":"}"}]},"d":[]})", R"(a={"b":[1,{"c":"}"}]}:o;d=[]:a;)"},
      {R"({"a":"x\"y","b":1})", R"(a=x\"y:s;b=1:n;)"},
      {R"({a:'b',$c:.5,"d":+1.,})", "a=b:s;$c=.5:n;d=+1.:n;"},
      {R"({"a":NaN,"b":-Infinity,"c":0xFf})", "a=NaN:n;b=-Infinity:n;c=0xFf:n;"},
      {"{/* one */\"a\":1,// two\n\"b\":[1,2,],}", "a=1:n;b=[1,2,]:a;"},
      {"\xEF\xBB\xBF{\"a\":1}", "a=1:n;"},
  };
  for (const auto& item : cases) {
    EXPECT_EQ(fields_in(item.text), item.fields) << item.text;
  }
}

TEST(LenientJsonTest, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      " ",
                                      "x",
                                      "[]",
                                      "\"a\"",
                                      "1",
                                      "{",
                                      "{\"a\"",
                                      "{\"a\":",
                                      "{\"a\":1",
                                      "{\"a\":1,,}",
                                      "{,}",
                                      "{\"a\" 1}",
                                      "{\"a\":1}x",
                                      "{\"a\":1 \"b\":2}",
                                      "{\"a\":tru}",
                                      "{\"a\":1e}",
                                      "{\"a\":--1}",
                                      "{\"a\":.}",
                                      "{\"a\":[}",
                                      "{\"a\":[1 2]}",
                                      "{\"a\":{\"b\"}}",
                                      "{\"a\":\"b",
                                      "{\"a\":\"b\\",
                                      "{\"a\":/",
                                      "{\"a\":1/*",
                                      "{:1}"}) {
    EXPECT_EQ(fields_in(text), "refused") << text;
  }
}

TEST(LenientJsonTest, NestingIsBounded) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_NE(fields_in(nested(100)), "refused");
  EXPECT_EQ(fields_in(nested(1'000'000)), "refused");
}

TEST(LenientJsonTest, UnescapesTextValues) {
  const struct {
    std::string_view value;
    std::string_view text;
  } cases[] = {
      {"plain", "plain"},
      {R"(a\n\t\"\\\/b)", "a\n\t\"\\/b"},
      {R"(\u0041\u00e9\u20ac)", "Aé€"},
      {R"(\ud83d\ude00)", "😀"},
      {R"(\ud83dx)", "\xEF\xBF\xBDx"},
      {R"(\u00)",
       "\xEF\xBF\xBD"
       "00"},
      {R"(\u)", "\xEF\xBF\xBD"},
  };
  std::string out;
  for (const auto& item : cases) {
    unescape_json(item.value, out);
    EXPECT_EQ(out, item.text) << item.value;
  }
}

}  // namespace
}  // namespace dp::flags
