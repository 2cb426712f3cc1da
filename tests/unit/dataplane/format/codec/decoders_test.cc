// SPDX-License-Identifier: LicenseRef-Project
// Goal: base64, form, gzip and LZ-string decoders accept what real encoders make and stay within
// bounds on everything else. Method: vectors made with the npm package lz-string 1.5.0 and with
// libdeflate, tables of edge cases.
#include "dataplane/format/codec/base64.h"
#include "dataplane/format/codec/form.h"
#include "dataplane/format/codec/gzip.h"
#include "dataplane/format/codec/lz_string.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <string>
#include <vector>

namespace format::codec {
namespace {

constexpr std::size_t kPadding = 64;

std::string gzip(std::string_view text) {
  auto* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

std::optional<std::string> base64_of(std::string_view text) {
  std::vector<char> out;
  std::string_view decoded;
  return decode_base64(text, kPadding, out, decoded) ? std::optional(std::string(decoded))
                                                     : std::nullopt;
}

TEST(Base64Test, DecodesStandardBase64Only) {
  const std::vector<std::pair<std::string, std::optional<std::string>>> cases = {
      {"", ""},
      {"YQ==", "a"},
      {"YWI=", "ab"},
      {"YWJj", "abc"},
      {"+/+/", "\xfb\xff\xbf"},
      {"YWJj YWJj", std::nullopt},
      {"YWJ", std::nullopt},
      {"Y===", std::nullopt},
      {"====", std::nullopt},
      {"YQ==YQ==", std::nullopt},
      {"-_-_", std::nullopt},
      {"YW=j", std::nullopt},
  };
  for (const auto& [text, decoded] : cases) {
    EXPECT_EQ(base64_of(text), decoded) << text;
  }
}

TEST(Base64Test, GuessesFromTheFirst128Bytes) {
  EXPECT_TRUE(looks_like_base64("YWJj"));
  EXPECT_FALSE(looks_like_base64(""));
  EXPECT_FALSE(looks_like_base64("YWJ"));
  EXPECT_FALSE(looks_like_base64("YW j"));
  EXPECT_TRUE(looks_like_base64_with_spaces("YW j"));
  EXPECT_FALSE(looks_like_base64(R"({"a":1})"));
  EXPECT_TRUE(looks_like_base64(std::string(128, 'A') + "{{{{"));
}

TEST(FormTest, CutsPairs) {
  std::string_view rest = "a=1&&b&c=d=e";
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"a", "1"}, {"", ""}, {"b", ""}, {"c", "d=e"}};
  for (const auto& [name, value] : pairs) {
    const auto pair = next_pair(rest);
    EXPECT_EQ(pair.name, name);
    EXPECT_EQ(pair.value, value);
  }
  EXPECT_TRUE(rest.empty());
}

TEST(FormTest, LooksForKnownKeysAtTheStart) {
  EXPECT_TRUE(looks_like_form("data=x"));
  EXPECT_TRUE(looks_like_form("ver=1&ip=1"));
  EXPECT_TRUE(looks_like_form("_=1"));
  EXPECT_TRUE(looks_like_form("x&compression=gzip"));
  EXPECT_FALSE(looks_like_form("mydata=x"));
  EXPECT_FALSE(looks_like_form(R"({"data=":1})"));
  EXPECT_FALSE(looks_like_form(std::string(200, 'x') + "&data=1"));
  EXPECT_FALSE(looks_like_form(""));
}

TEST(FormTest, DecodesValues) {
  std::vector<char> out;
  EXPECT_EQ(decode_form_value("a%20b+c%3d%3D", kPadding, out), "a b c==");
  EXPECT_EQ(decode_form_value("100%", kPadding, out), "100%");
  EXPECT_EQ(decode_form_value("%2", kPadding, out), "%2");
  EXPECT_EQ(decode_form_value("%zz%20", kPadding, out), "%zz ");
  EXPECT_EQ(decode_form_value("", kPadding, out), "");
}

TEST(QueryTest, ReadsTheKnownParameters) {
  const auto query =
      scan_query("ip=1&_=1694769302325&ver=1.78.5&compression=GZIP-JS&beacon=1&data=abc");
  EXPECT_EQ(query.sent_at_ms, 1'694'769'302'325);
  EXPECT_EQ(query.compression, Compression::gzip);
  EXPECT_TRUE(query.is_beacon);
  EXPECT_EQ(query.data, "abc");
}

TEST(QueryTest, IgnoresWhatHasTheWrongType) {
  for (const auto* text : {"", "_=abc", "_=1672574410", "beacon=true", "beacon=2",
                           "compression=foobar", "&&=&", "_=99999999999999999999"}) {
    const auto query = scan_query(text);
    EXPECT_EQ(query.sent_at_ms, 0) << text;
    EXPECT_FALSE(query.is_beacon) << text;
    EXPECT_EQ(query.compression, Compression::none) << text;
  }
}

class GzipDecoderTest : public ::testing::Test {
 protected:
  GzipDecoder::Status decode(std::string_view compressed, std::size_t bytes_max = 1'000'000) {
    return decoder_.decode(compressed, bytes_max, kPadding, out_, decoded_);
  }

  GzipDecoder decoder_;
  std::vector<char> out_;
  std::string_view decoded_;
};

TEST_F(GzipDecoderTest, DecodesEverySize) {
  for (const std::size_t size : {0U, 1U, 5U, 4096U, 300'000U, 10U}) {
    const std::string text(size, 'x');
    ASSERT_EQ(decode(gzip(text)), GzipDecoder::Status::ok) << size;
    EXPECT_EQ(decoded_, text);
    EXPECT_GE(out_.size(), size + kPadding);
  }
}

TEST_F(GzipDecoderTest, JoinsMembersAndIgnoresWhatFollows) {
  ASSERT_EQ(decode(gzip("hello ") + gzip(std::string(50'000, 'y')) + gzip("") + "trailing"),
            GzipDecoder::Status::ok);
  EXPECT_EQ(decoded_, "hello " + std::string(50'000, 'y'));
}

TEST_F(GzipDecoderTest, BoundsTheResult) {
  EXPECT_EQ(decode(gzip(std::string(1000, 'x')), 1000), GzipDecoder::Status::ok);
  EXPECT_EQ(decode(gzip(std::string(1001, 'x')), 1000), GzipDecoder::Status::too_large);
  EXPECT_EQ(decode(gzip(std::string(600, 'x')) + gzip(std::string(600, 'x')), 1000),
            GzipDecoder::Status::too_large);
  const auto bomb = gzip(std::string(50'000'000, '\0'));
  EXPECT_EQ(decode(bomb), GzipDecoder::Status::too_large);
  EXPECT_LE(out_.size(), 1'000'000 + kPadding);
}

TEST_F(GzipDecoderTest, DoesNotTrustTheClaimedSize) {
  auto liar = gzip(std::string(100'000, 'x'));
  for (const auto claimed : {'\0', '\x7f', '\xff'}) {
    std::fill(liar.end() - 4, liar.end(), claimed);
    EXPECT_NE(decode(liar), GzipDecoder::Status::ok);
    EXPECT_LE(out_.size(), 1'000'000 + kPadding);
  }
}

TEST_F(GzipDecoderTest, RefusesBrokenStreams) {
  const auto good = gzip("some text that is long enough to be compressed, compressed, compressed");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(decode(std::string_view(good).substr(0, size)), GzipDecoder::Status::invalid);
  }
  for (std::size_t index = 10; index < good.size(); ++index) {
    auto broken = good;
    broken[index] = static_cast<char>(broken[index] ^ 0x55);
    EXPECT_NE(decode(broken), GzipDecoder::Status::ok) << index;
  }
}

struct LzResult {
  LzStatus status;
  std::string text;
};

LzResult lz_of(std::string_view text, std::size_t bytes_max = 1'000'000) {
  std::vector<char> out;
  std::string_view decoded;
  const auto status = decode_lz_string(text, bytes_max, kPadding, out, decoded);
  return {status, std::string(status == LzStatus::ok ? decoded : std::string_view{})};
}

constexpr std::string_view kLongLz =
    "IYSwpg9gtgnjUTCYBzUlb0ct5pwSVXXyyNwwO2L00JxLuotPpsrIdqvMZ645sWTXt07tWzPuOH8JIgZNGCpY"
    "odPVrVK5UsUL5c2TI3a9hk1t0HjmnfqOnrjqw8v2Ld87bM2nbrz9XT18XDx9nd29/EMjAsOjgiIDQqKDwmOT"
    "YlLjU+LSE9MSMpMyy0oqSquKaorrChoKm/Ja8ttyOnK7snqy+8ur65vbu/sraxtbO3oGJ4emxwcmRmfGhqdH"
    "Z9ZXFuY3VpfnNteWFrdPjw/3d7bOTo4O9nfOHm4vH28unu6vn++uXgD/n9fj9vl9Ph93m9XoCQeCobDgWDIT"
    "CgaCIdC4SiscjMUiMYj0Qi0fDUdj8cTyXiiWTcYTSTiCSSKbSmVT6SyaYzKXTmdSGayeWzeey+Rz+ZyBVzBd"
    "yhfK5YrZcqZarpeqpZrJdqJbrxfqxYbRcaRabheaFSqNTqDSaLUq1Vq9UazZbHTaXfarU7ba6HdbnXa3QHfV"
    "73YG/d6PUH/T7PcG4zGoxGwyH47Ho5Hw6GE5nU4ms2mk9n08mcxmU7nKxXy2XSyXi0XCwX83mq7WG822zX60"
    "3W9W642W+3e8Oe0Pu4OuwPO/2O32RxOZwvx9P52Op3PR5PZ4u19vlxvd6ut0v1zuV5u96f92eD+fDxej5fj1"
    "eT9eP++v2+f6+/y+AOfICnxAx8wIfCD7ygu8YNvOCbwQz9f0A0DINgxDv3/YDwOg+CkKw1DcIw5DsLQvDMJQ"
    "nD0PwyiyOIgiqPIkjCOoijSKImj2NY5jGPo2iOLYlimIYujOKEviuOE/juJEgSeNEwTeLEpTFIU+S5NkmTpK"
    "kySJPE5S1M0nT9NUjTtL0lT1K03SDLMmzTOskyrOMyyjIswzzNsxzXM8hyXI8+znPcuynLcrz/JCnzArCvzg"
    "u8gLQt8oLwriiL4sihKosS6Kkpi5LYpSwqCuK/LSry8rcsqnLquy2qsvqzLGoy5r0tatL2tSzqirKqq6qatq"
    "upKiqaoalqOu64a+rGwaepG/rxqG3rRqHIA=";

std::string long_text() {
  std::string text;
  for (std::uint64_t index = 0; index < 20'000; ++index) {
    text += static_cast<char>('a' + (index * index * 7 + index) % 26);
  }
  return text;
}

TEST(LzStringTest, DecodesWhatTheOriginalEncodes) {
  const std::vector<std::pair<std::string_view, std::string>> cases = {
      {"N4IgpgbmB2AuIC4QEMQBoSwPYGsaJAAcALAYwH1kAjU9EAEwEsBnWR6U2cx+ggVxABfIA===",
       R"({"event":"a","token":"phc_abc","distinct_id":"u"})"},
      {"N4IghgDglg+g1gUwJ4gFwgC4gDQgEZgYDGAFmgNqgIBuCAdlunQCcC2CABIDUEADDiABMoAZwxQ6RDDCgC0IAK6B"
       "eDcAAeyAC+2KrQZyW7bgEZ+Q0eMnTZ6Jao1b6jEHs5cATMZFiJUmXOvrNIDT2umzOAMzupl4Wvir+djpModwALJGe"
       "5j5WcWoAumpAA==",
       R"({"api_key":"t","batch":[{"event":"näme €0","distinct_id":"u😀"},)"
       R"({"event":"näme €1","distinct_id":"u😀"},{"event":"näme €2","distinct_id":"u😀"},)"
       R"({"event":"näme €3","distinct_id":"u😀"},{"event":"näme €4","distinct_id":"u😀"}]})"},
      {"Q===", ""},
      {"IY18ZZA=", std::string(32, 'a')},
      {kLongLz, long_text()},
  };
  for (const auto& [encoded, text] : cases) {
    const auto result = lz_of(encoded);
    EXPECT_EQ(result.status, LzStatus::ok);
    EXPECT_EQ(result.text, text);
  }
}

TEST(LzStringTest, RefusesBrokenTextAndBoundsTheResult) {
  EXPECT_EQ(lz_of("").status, LzStatus::invalid);
  EXPECT_EQ(lz_of("{}{}").status, LzStatus::invalid);
  EXPECT_EQ(lz_of(kLongLz.substr(0, 500)).status, LzStatus::invalid);
  EXPECT_EQ(lz_of(kLongLz, 20'000).status, LzStatus::ok);
  EXPECT_EQ(lz_of(kLongLz, 19'999).status, LzStatus::too_large);
  for (std::size_t size = 0; size < kLongLz.size(); size += 7) {
    static_cast<void>(lz_of(std::string(kLongLz.substr(size)), 100'000));
  }
}

}  // namespace
}  // namespace format::codec
