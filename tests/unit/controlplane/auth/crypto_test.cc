// SPDX-License-Identifier: LicenseRef-Project
// Goal: primitives agree with published vectors; passwords verify only against their own hash.
#include "controlplane/auth/crypto.h"

#include "controlplane/auth/password.h"

#include <gtest/gtest.h>

#include <set>

namespace cp::auth {
namespace {

TEST(CryptoTest, AgreesWithPublishedVectors) {
  // FIPS 180-2 appendix B.1 and RFC 4231 test case 2.
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(CryptoTest, RandomTextHasItsLengthAndAlphabet) {
  std::set<std::string> seen;
  std::set<char> letters;
  for (int i = 0; i < 200; ++i) {
    const auto text = random_base62(43);
    EXPECT_EQ(text.size(), 43U);
    letters.insert(text.begin(), text.end());
    seen.insert(text);
  }
  EXPECT_EQ(seen.size(), 200U);
  EXPECT_EQ(letters.size(), 62U);
}

TEST(CryptoTest, ComparesWholeSecrets) {
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secret1"));
  EXPECT_FALSE(equal_in_constant_time("", "x"));
}

TEST(PasswordTest, OnlyTheRightPasswordFits) {
  const auto hash = hash_password("correct horse");
  EXPECT_TRUE(hash.starts_with("scrypt$15$8$3$")) << hash;
  EXPECT_TRUE(verify_password("correct horse", hash));
  EXPECT_FALSE(verify_password("correct horse ", hash));
  EXPECT_FALSE(verify_password("", hash));
  EXPECT_NE(hash, hash_password("correct horse")) << "the salt is not random";
}

TEST(PasswordTest, ATextThatIsNoHashFitsNothing) {
  for (const char* hash : {"", "x", "scrypt$15$8$3$aa", "scrypt$99$8$3$aa$bb", "md5$15$8$3$aa$bb",
                           "scrypt$15$0$3$aa$bb", "scrypt$1x$8$3$aa$bb"}) {
    EXPECT_FALSE(verify_password("", hash)) << hash;
  }
}

}  // namespace
}  // namespace cp::auth
