// SPDX-License-Identifier: LicenseRef-Project
// Goal: every address of flags-protocol sections 2.1 and 3 chooses the family of the table. Method:
// that table.
#include "dataplane/flags/family.h"

#include <gtest/gtest.h>

namespace dp::flags {
namespace {

TEST(FamilyTest, AddressDecidesFamilyAndConfig) {
  const struct {
    bool is_decide;
    std::string_view query;
    Family family;
    bool with_config;
  } cases[] = {
      {false, "", Family::detailed, true},
      {false, "ver=1.2&_=5", Family::detailed, true},
      {false, "v=2", Family::detailed, false},
      {false, "v=2&config=true", Family::detailed, true},
      {false, "version=2", Family::detailed, false},
      {false, "v=3", Family::typed, false},
      {false, "v=4", Family::detailed, false},
      {false, "v=1", Family::legacy, false},
      {false, "v=x", Family::legacy, false},
      {false, "v=", Family::detailed, true},
      {false, "config=true", Family::legacy, true},
      {false, "config=false", Family::legacy, false},
      {true, "", Family::decide_1, true},
      {true, "v=0", Family::decide_1, true},
      {true, "v=-3", Family::decide_1, true},
      {true, "v=2", Family::decide_2, true},
      {true, "v=3", Family::legacy, true},
      {true, "v=3&config=false", Family::legacy, false},
      {true, "v=4", Family::detailed, true},
  };
  for (const auto& item : cases) {
    const auto wish = read_wish(item.is_decide, item.query);
    EXPECT_EQ(static_cast<int>(wish.family), static_cast<int>(item.family))
        << item.is_decide << " " << item.query;
    EXPECT_EQ(wish.with_config, item.with_config) << item.is_decide << " " << item.query;
  }
}

TEST(FamilyTest, FirstParameterOfANameWins) {
  EXPECT_EQ(query_parameter("a=1&b=2&a=3", "a"), "1");
  EXPECT_EQ(query_parameter("a=1&b=2", "b"), "2");
  EXPECT_EQ(query_parameter("a&b", "a"), "");
  EXPECT_EQ(query_parameter("ab=1", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("", "a"), std::nullopt);
}

}  // namespace
}  // namespace dp::flags
