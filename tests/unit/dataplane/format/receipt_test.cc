// SPDX-License-Identifier: LicenseRef-Project
// Goal: a receipt reads back as what was written, and nothing else passes for one.
#include "dataplane/format/receipt.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

namespace format {
namespace {

std::string text_of(const Receipt& receipt) {
  std::array<char, kReceiptBytesMax> text{};
  char* end = write_receipt_segment(text.data(), receipt.shard, receipt.segment);
  end = write_receipt_record(end, receipt.offset, receipt.crc);
  return {text.data(), end};
}

TEST(ReceiptTest, ReadsBackAsWritten) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  struct Case {
    Receipt receipt;
    const char* text;
  };
  const Case cases[] = {
      {{0, 0, 4096, 0}, "0-0:4096:00000000"},
      {{0, 73113, 8192, 0x1F2E3D4C}, "0-73113:8192:1f2e3d4c"},
      {{~0U, kMax, kMax - 7, ~0U}, "4294967295-18446744073709551615:18446744073709551608:ffffffff"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(text_of(each.receipt), each.text);
    EXPECT_EQ(parse_receipt(each.text), each.receipt) << each.text;
  }
  EXPECT_EQ(text_of(cases[2].receipt).size(), kReceiptBytesMax);
}

TEST(ReceiptTest, RefusesEverythingElse) {
  for (const char* text : {"",
                           "0",
                           "0-0",
                           "0-0:4096",
                           "0-0:4096:",
                           "0-0:4096:0000000",
                           "0-0:4096:000000000",
                           "0-0:4096:0000000G",
                           "0-0:4096:0000000A",
                           "0-0:4096:+0000000",
                           "00-0:4096:00000000",
                           "0-00:4096:00000000",
                           "0-0:04096:00000000",
                           "-1-0:4096:00000000",
                           "0-0:4095:00000000",
                           "0-0:4088:00000000",
                           "0-0:4100:00000000",
                           "0:0:4096:00000000",
                           "0-0-4096:00000000",
                           " 0-0:4096:00000000",
                           "0-0:4096:00000000 ",
                           "4294967296-0:4096:00000000",
                           "0-18446744073709551616:4096:00000000",
                           "0-0:18446744073709551616:00000000",
                           "0-0:4096:00000000:0",
                           "0x0-0:4096:00000000"}) {
    EXPECT_EQ(parse_receipt(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace format
