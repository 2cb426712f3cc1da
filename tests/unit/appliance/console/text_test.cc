// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/text.h"

#include <gtest/gtest.h>

#include <string>

namespace ap::console {
namespace {

// Goal: nothing a terminal obeys survives decoding. Method: a table of hostile bytes.
TEST(ConsoleTextTest, DecodeNeutralizesEverythingATerminalObeys) {
  struct Case {
    std::string bytes;
    std::string shown;
  };
  for (const Case& c : {
           Case{"\x1b[2J\x1b]0;title\x07", "^[[2J^[]0;title^G"},
           Case{"a\tb\nc\r", "a b c "},
           Case{"\x7f\x00x", "^?"},  // The literal ends at its zero byte.
           Case{"\xc2\x9b"
                "2J",
                "·2J"},  // C1 CSI as UTF-8.
           Case{"\x9b"
                "2J",
                "·2J"},                                 // The same as a bare byte.
           Case{"a\u202eb\u2066c\u200fd", "abcd"},      // Bidirectional controls.
           Case{"e\u0301", "e"},                        // A combining mark.
           Case{"\xc0\xaf\xed\xa0\x80\xf5", "······"},  // Overlong, surrogate, beyond Unicode.
           Case{"\xe6\x9d", "··"},                      // Cut in the middle.
           Case{"\U000f0000\ue000", ""},                // Private use.
           Case{"José 東京", "José 東京"},
       }) {
    EXPECT_EQ(encode(decode(c.bytes)), c.shown);
    for (const char32_t glyph : decode(c.bytes)) {
      EXPECT_GE(columns(glyph), 1);
      EXPECT_TRUE(glyph >= 0x20 && glyph != 0x7f && !(glyph >= 0x80 && glyph < 0xa0));
    }
  }
}

// Goal: the same for every two-byte string there is.
TEST(ConsoleTextTest, DecodeIsSafeForAllPairsOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
      for (const char32_t glyph : decode(bytes)) {
        ASSERT_TRUE(glyph >= 0x20 && glyph != 0x7f && !(glyph >= 0x80 && glyph < 0xa0))
            << first << " " << second;
      }
    }
  }
}

TEST(ConsoleTextTest, ClipsAndWrapsByColumns) {
  EXPECT_EQ(clipped("abcdef", 6), "abcdef");
  EXPECT_EQ(clipped("abcdef", 4), "abc…");
  EXPECT_EQ(clipped("東京都", 5), "東京…");
  EXPECT_EQ(clipped("東京都", 4), "東…");
  EXPECT_EQ(clipped("abc", 0), "");
  EXPECT_EQ(wrapped("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapped("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(wrapped("", 5), (std::vector<std::string>{""}));
  EXPECT_EQ(columns("東京x"), 5);
}

TEST(ConsoleTextTest, NumbersReadLikeWords) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(981234112), "981,234,112");
  EXPECT_EQ(size_text(480103981056.0), "480 GB");
  EXPECT_EQ(size_text(2100000000.0), "2.1 GB");
  EXPECT_EQ(size_text(999.0), "999 B");
  EXPECT_EQ(size_text(999999.0), "1 MB");
  EXPECT_EQ(size_text(-5.0), "0 B");
  EXPECT_EQ(memory_text(67185000000.0), "62.6 GiB");
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(725), "12 min 5 s");
  EXPECT_EQ(duration_text(273840), "3 d 4 h");
  EXPECT_EQ(duration_text(3600), "1 h");
  EXPECT_EQ(duration_text(-3), "0 s");
  EXPECT_EQ(clock_text(1'795'269'780'000'000), "14:03:00");
  EXPECT_EQ(date_text(1'795'269'780'000'000), "Nov 21 14:03");
  EXPECT_EQ(iso_text("2026-11-21T14:03:22.1Z"), "Nov 21 14:03:22");
  EXPECT_EQ(iso_text("yesterday"), "yesterday");
  EXPECT_EQ(iso_text("2026-99-21T14:03:22Z"), "2026-99-21T14:03:22Z");
}

}  // namespace
}  // namespace ap::console
