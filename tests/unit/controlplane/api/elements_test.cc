// SPDX-License-Identifier: LicenseRef-Project
// Goal: a stored elements chain comes back as the list it was made from, whatever its values hold.
#include "controlplane/api/internal/elements.h"

#include <gtest/gtest.h>

namespace cp::api {
namespace {

TEST(ElementsTest, AChainBecomesItsElements) {
  const auto elements = elements_of_chain(
      R"(a.big.link:attr__class="big link"attr_id="go"href="/a;b:c"nth-child="2"nth-of-type="1")"
      R"(text="say \"hi\"";div;body:nth-child="0")");
  ASSERT_EQ(elements.size(), 3U);
  const auto& link = elements[0];
  EXPECT_EQ(link.at("tag_name").as_string(), "a");
  EXPECT_EQ(boost::json::serialize(link.at("attr_class")), R"(["big","link"])");
  EXPECT_EQ(link.at("attr_id").as_string(), "go");
  EXPECT_EQ(link.at("href").as_string(), "/a;b:c");
  EXPECT_EQ(link.at("text").as_string(), "say \"hi\"");
  EXPECT_EQ(link.at("nth_child").to_number<int>(), 2);
  EXPECT_EQ(link.at("nth_of_type").to_number<int>(), 1);
  EXPECT_EQ(boost::json::serialize(link.at("attributes")), R"({"attr__class":"big link"})");
  EXPECT_EQ(elements[1].at("tag_name").as_string(), "div");
  EXPECT_TRUE(elements[1].at("attr_class").is_null());
  EXPECT_EQ(elements[2].at("tag_name").as_string(), "body");
  EXPECT_EQ(elements[2].at("order").to_number<int>(), 2);
}

TEST(ElementsTest, ADamagedChainGivesWhatComesBefore) {
  EXPECT_TRUE(elements_of_chain("").empty());
  for (const char* chain : {"a;b:text=\"open", "a;b:text", "a;b:=", "a;b:x=\"\\\""}) {
    EXPECT_EQ(elements_of_chain(chain).size(), 1U) << chain;
  }
  EXPECT_EQ(elements_of_chain(";;").size(), 2U);
}

}  // namespace
}  // namespace cp::api
