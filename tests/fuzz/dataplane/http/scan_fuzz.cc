// SPDX-License-Identifier: LicenseRef-Project
// Goal: the searches for the ends of lines find with vectors what they find byte by byte, from
// every start and up to every end, and read nothing outside. Input: the bytes that are searched.
#include "dataplane/base/check.h"
#include "dataplane/http/internal/scan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace scan = dp::http::internal;
  constexpr std::size_t kBytesMax = 256;
  size = std::min(size, kBytesMax);
  for (std::size_t begin = 0; begin <= std::min<std::size_t>(size, 33); ++begin) {
    // An exact copy, so that the address sanitizer sees one byte too many.
    const std::vector<char> text(data + begin, data + size);
    const auto* const first = text.data();
    for (std::size_t bytes = 0; bytes <= text.size(); ++bytes) {
      const auto* const last = first + bytes;
      CHECK(scan::find_control(first, last) == scan::find_control_portable(first, last));
      CHECK(scan::find_line_feed(first, last) == scan::find_line_feed_portable(first, last));
    }
  }
  return 0;
}
