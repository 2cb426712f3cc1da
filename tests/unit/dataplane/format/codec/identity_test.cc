// SPDX-License-Identifier: LicenseRef-Project
// Goal: the vectorised uuid check agrees with the portable one on every single-byte change.
#include "dataplane/format/codec/internal/identity.h"

#include <gtest/gtest.h>

#include <string>

namespace format::codec {
namespace {

TEST(IdentityTest, VectorisedUuidCheckAgreesWithThePortableOne) {
  const std::string good = "018a981f-4b35-7c66-825e-8b0eeae65714";
  EXPECT_TRUE(is_stored_uuid(good));
  EXPECT_FALSE(is_stored_uuid(good.substr(1)));
  for (std::size_t index = 0; index < good.size(); ++index) {
    for (int byte = 0; byte < 256; ++byte) {
      auto changed = good;
      changed[index] = static_cast<char>(byte);
      ASSERT_EQ(is_stored_uuid(changed), is_stored_uuid_portable(changed)) << changed;
    }
  }
}

TEST(IdentityTest, TrimsAsciiWhiteSpaceOnly) {
  EXPECT_EQ(trim(" \t\n\v\f\ra b \r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\xc2\xa0x"), "\xc2\xa0x");
}

TEST(IdentityTest, KnowsUnicodeWhiteSpace) {
  for (const auto* text :
       {"", " ", "\t\n", "\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x8a",
        "\xe2\x80\xa8", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", " \xe3\x80\x80 "}) {
    EXPECT_TRUE(is_blank(text)) << text;
  }
  for (const auto* text : {"a", " a", "\xe2\x80\x8b", "\xe2\x80", "\xc3\xa0"}) {
    EXPECT_FALSE(is_blank(text)) << text;
  }
}

}  // namespace
}  // namespace format::codec
