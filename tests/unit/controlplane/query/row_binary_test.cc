// SPDX-License-Identifier: LicenseRef-Project
// Goal: RowBinary is read as ClickHouse writes it, and never beyond its end.
#include "controlplane/query/internal/row_binary.h"

#include <gtest/gtest.h>

#include <string>

namespace cp::query {
namespace {

TEST(RowBinaryTest, ReadsLengthsTextAndNumbers) {
  const std::string bytes(
      "\x03"
      "abc"
      "\xAC\x02"
      "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
      "\x05\x00\x00\x00",
      18);
  RowBinaryReader reader(bytes);
  EXPECT_EQ(reader.text(), "abc");
  EXPECT_EQ(reader.length(), 300U);
  EXPECT_EQ(reader.number<std::int64_t>(), -1);
  EXPECT_EQ(reader.number<std::uint32_t>(), 5U);
  EXPECT_TRUE(reader.is_done());
}

TEST(RowBinaryTest, RefusesWhatIsCutShort) {
  EXPECT_THROW(RowBinaryReader("\x05"
                               "ab")
                   .text(),
               std::runtime_error);
  EXPECT_THROW(RowBinaryReader("abc").number<std::uint32_t>(), std::runtime_error);
  EXPECT_THROW(RowBinaryReader("\x80").length(), std::runtime_error);
  EXPECT_THROW(RowBinaryReader(std::string(11, '\xFF')).length(), std::runtime_error);
  EXPECT_THROW(RowBinaryReader("").length(), std::runtime_error);
}

}  // namespace
}  // namespace cp::query
