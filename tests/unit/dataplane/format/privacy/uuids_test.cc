// SPDX-License-Identifier: LicenseRef-Project
// Goal: a place is within a UUID exactly where the portable search says so, whatever byte differs
// and however near the ends of the text are.
#include "dataplane/format/privacy/internal/uuids.h"

#include <gtest/gtest.h>

#include <string>

namespace format::privacy::internal {
namespace {

constexpr std::string_view kUuid = "018A981f-4b35-7c66-825e-8b0eeae65714";

TEST(UuidsTest, EveryPlaceOfAUuidIsWithinIt) {
  for (const std::string before : {"", "\"", "id=", "x:", " "}) {
    for (const std::string behind : {"", "\"", "/a", " 12"}) {
      for (std::size_t room = 0; room < 80; ++room) {
        const auto text = std::string(room, '.') + before + std::string(kUuid) + behind;
        const auto begin = room + before.size();
        for (std::size_t place = 0; place < text.size(); ++place) {
          const auto is_within = place >= begin && place < begin + kUuid.size();
          ASSERT_EQ(is_in_uuid(text, place), is_within) << text << " at " << place;
          ASSERT_EQ(is_in_uuid_portable(text, place), is_within) << text << " at " << place;
          ASSERT_EQ(is_uuid_at(text, place), place == begin) << text << " at " << place;
        }
      }
    }
  }
}

TEST(UuidsTest, WhatReachesIntoItMakesItNone) {
  for (const std::string before : {"a", "0", "-", "\\", "1 ", "x "}) {
    const auto text = before + std::string(kUuid) + std::string(64, '.');
    EXPECT_FALSE(is_in_uuid(text, before.size() + 9)) << text;
    EXPECT_FALSE(is_in_uuid_portable(text, before.size() + 9)) << text;
  }
  const auto longer = std::string(64, '.') + std::string(kUuid) + "0";
  EXPECT_FALSE(is_in_uuid(longer, 64 + 9));
  EXPECT_FALSE(is_uuid_at(longer, 64));
}

TEST(UuidsTest, AgreesWithThePortableSearchOnEveryByte) {
  for (std::size_t place = 0; place < kUuid.size(); ++place) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string text = std::string(40, '"') + std::string(kUuid) + std::string(40, '"');
      text[40 + place] = static_cast<char>(byte);
      ASSERT_EQ(is_uuid_at(text, 40), is_uuid_at_portable(text, 40)) << text;
      ASSERT_EQ(is_in_uuid(text, 54), is_in_uuid_portable(text, 54)) << text;
    }
  }
}

}  // namespace
}  // namespace format::privacy::internal
