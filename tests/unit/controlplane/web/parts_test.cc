// SPDX-License-Identifier: LicenseRef-Project
// Goal: URLs, headers and content codings are read and written as their specifications say.
#include "controlplane/web/compression.h"
#include "controlplane/web/message.h"
#include "controlplane/web/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cp::web {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(UrlTest, DecodesPercentEscapesAndKeepsMalformedOnes) {
  EXPECT_EQ(percent_decode("a%20b%2Fc"), "a b/c");
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41"), "%zzA");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
}

TEST(UrlTest, ParsesQueryStringsAndWritesThemBack) {
  EXPECT_THAT(parse_query("a=1&b=&c&&d=%26+x=y"),
              ElementsAre(Pair("a", "1"), Pair("b", ""), Pair("c", ""), Pair("d", "& x=y")));
  const QueryParameters parameters{{"q", "SELECT 'ä' & 1+1"}, {"empty", ""}};
  EXPECT_EQ(parse_query(format_query(parameters)), parameters);
}

TEST(HeadersTest, ComparesNamesWithoutCase) {
  Headers headers{{"Set-Cookie", "a"}, {"Set-Cookie", "b"}, {"X", "1"}};
  EXPECT_EQ(headers.find("set-cookie"), "a");
  headers.set("x", "2");
  EXPECT_EQ(headers.find("X"), "2");
  EXPECT_EQ(headers.fields().size(), 3U);
  headers.erase("SET-COOKIE");
  EXPECT_FALSE(headers.contains("Set-Cookie"));
}

TEST(CompressionTest, ChoosesTheBestAcceptedCoding) {
  EXPECT_EQ(choose_encoding("gzip, deflate, br"), Encoding::gzip);
  EXPECT_EQ(choose_encoding("gzip;q=0.1, zstd"), Encoding::zstd);
  EXPECT_EQ(choose_encoding("zstd;q=0, gzip;q=0.0, deflate"), Encoding::deflate);
  EXPECT_EQ(choose_encoding("br"), Encoding::identity);
  EXPECT_EQ(choose_encoding(""), Encoding::identity);
}

TEST(CompressionTest, RoundTripsWholeAndStreamedBodies) {
  std::string text;
  for (int line = 0; line < 50'000; ++line) {
    text += "line " + std::to_string(line * 7919 % 1000) + "\n";
  }
  for (const auto encoding :
       {Encoding::identity, Encoding::gzip, Encoding::deflate, Encoding::zstd}) {
    EXPECT_EQ(decompress(encoding, compress(encoding, text), text.size()), text);
    Compressor compressor(encoding);
    std::string packed;
    for (std::size_t at = 0; at < text.size(); at += 10'000) {
      packed += compressor.write(std::string_view(text).substr(at, 10'000), at % 3 == 0);
    }
    packed += compressor.finish();
    EXPECT_EQ(decompress(encoding, packed, text.size()), text);
    EXPECT_EQ(decompress(encoding, packed, text.size() - 1), std::nullopt) << "bounded";
    if (encoding != Encoding::identity) {
      EXPECT_LT(packed.size(), text.size() / 2);
      packed.resize(packed.size() / 2);
      EXPECT_EQ(decompress(encoding, packed, text.size()), std::nullopt) << "cut off";
      EXPECT_EQ(decompress(encoding, "not packed at all", 100), std::nullopt);
    }
  }
}

}  // namespace
}  // namespace cp::web
