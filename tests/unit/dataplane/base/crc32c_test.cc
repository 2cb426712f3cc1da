// Goal: our CRC-32C equals the published vectors of RFC 3720, appendix B.4, and can be continued.
#include "dataplane/base/crc32c.h"

#include <gtest/gtest.h>

#include <array>

namespace base {
namespace {

TEST(Crc32cTest, EqualsThePublishedVectors) {
  std::array<std::byte, 32> zeros{};
  EXPECT_EQ(crc32c(zeros), 0x8a9136aaU);
  std::array<std::byte, 32> ones{};
  ones.fill(std::byte{0xff});
  EXPECT_EQ(crc32c(ones), 0x62a8ab43U);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U);
}

TEST(Crc32cTest, LongInputsEqualTheirPieces) {
  std::array<std::byte, 300> bytes{};
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    bytes[index] = static_cast<std::byte>(index * 7);
  }
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    std::uint32_t byte_wise = 0;
    for (std::size_t index = 0; index < size; ++index) {
      byte_wise = crc32c(Bytes(bytes).subspan(index, 1), byte_wise);
    }
    ASSERT_EQ(crc32c(Bytes(bytes).first(size)), byte_wise) << size;
  }
}

TEST(Crc32cTest, ContinuesFromASeed) {
  const auto whole = crc32c(as_bytes("one two three"));
  EXPECT_EQ(crc32c(as_bytes("two three"), crc32c(as_bytes("one "))), whole);
}

}  // namespace
}  // namespace base
