// Goal: a malformed setting is named with what was expected; a good one is read.
#include "dataplane/base/settings.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace base {
namespace {

TEST(SettingsTest, ReadsValuesAndFallsBack) {
  ::setenv("BRISTLE_TEST_NUMBER", "12", 1);
  ::unsetenv("BRISTLE_TEST_ABSENT");
  Settings settings;
  EXPECT_EQ(settings.number("BRISTLE_TEST_NUMBER", 1, 1, 64), 12U);
  EXPECT_EQ(settings.text("BRISTLE_TEST_ABSENT", "fallback"), "fallback");
  EXPECT_FALSE(settings.flag("BRISTLE_TEST_ABSENT", false));
  EXPECT_TRUE(settings.complaints().empty());
}

TEST(SettingsTest, NamesEveryMalformedValue) {
  for (const char* value : {"", "x", "12x", "-1", "65"}) {
    ::setenv("BRISTLE_TEST_NUMBER", value, 1);
    Settings settings;
    EXPECT_EQ(settings.number("BRISTLE_TEST_NUMBER", 1, 1, 64), 1U);
    EXPECT_EQ(settings.complaints().size(), *value == '\0' ? 0U : 1U) << value;
  }
  Settings settings;
  settings.required_text("BRISTLE_TEST_ABSENT");
  ::setenv("BRISTLE_TEST_FLAG", "yes", 1);
  settings.flag("BRISTLE_TEST_FLAG", false);
  ASSERT_EQ(settings.complaints().size(), 2U);
  EXPECT_EQ(settings.complaints()[1], "BRISTLE_TEST_FLAG: expected true or false");
}

}  // namespace
}  // namespace base
