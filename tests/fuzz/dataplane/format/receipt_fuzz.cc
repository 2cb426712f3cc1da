// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever a client asks about, reading it stays inside the text, and what is accepted is
// exactly what would be written for it.
#include "dataplane/base/check.h"
#include "dataplane/format/receipt.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto receipt = format::parse_receipt(text)) {
    std::array<char, format::kReceiptBytesMax> again{};
    char* end = format::write_receipt_segment(again.data(), receipt->shard, receipt->segment);
    end = format::write_receipt_record(end, receipt->offset, receipt->crc);
    CHECK(text == std::string_view(again.data(), static_cast<std::size_t>(end - again.data())));
  }
  return 0;
}
