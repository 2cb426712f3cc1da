// Goal: the elements chain is written as PostHog writes it (analytics.md 1.7).
#include "controlplane/event/elements.h"

#include <gtest/gtest.h>

#include <string>

namespace cp::event {
namespace {

TEST(ElementsTest, WritesTagClassesAndSortedAttributes) {
  EXPECT_EQ(
      elements_chain(R"([
      {"tag_name":"a","attr__href":"/x?\"y\"","attr__id":"go","attr__class":"btn  big","$el_text":"Go \"on\"",
       "nth_child":2,"nth_of_type":1,"attr__data-attr":"d","classes":["ignored"]},
      {"tag_name":"body"}])"),
      R"(a..big.btn:attr__class="btn  big"attr__data-attr="d"attr__href="/x?\"y\"")"
      R"(attr__id="go"attr_id="go"href="/x?\"y\""nth-child="2"nth-of-type="1"text="Go \"on\"";)"
      R"(body:nth-child="0"nth-of-type="0")");
}

TEST(ElementsTest, TakesClassesFromAnArrayAndDropsQuotes) {
  EXPECT_EQ(elements_chain(R"([{"tag_name":"i","attr__class":["b\"b","a"]}])"),
            R"(i.a.bb:attr__class="b\"b,a"nth-child="0"nth-of-type="0")");
}

TEST(ElementsTest, CutsTextAndLinks) {
  const std::string chain =
      elements_chain(R"([{"tag_name":"a","$el_text":")" + std::string(500, 't') + R"("}])");
  EXPECT_EQ(chain, R"(a:nth-child="0"nth-of-type="0"text=")" + std::string(400, 't') + '"');
}

TEST(ElementsTest, IsEmptyForAnythingElse) {
  for (const char* json : {"", "null", "[]", "{}", "[1,null]", "[{", "\"a\""}) {
    EXPECT_EQ(elements_chain(json), "") << json;
  }
}

}  // namespace
}  // namespace cp::event
