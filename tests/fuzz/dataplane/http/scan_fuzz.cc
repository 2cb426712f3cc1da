// SPDX-License-Identifier: LicenseRef-Project
// Goal: the searches for the ends of lines and names find with vectors what they find byte by byte,
// from every start, and read nothing outside. Input: the bytes that are searched.
#include "dataplane/base/check.h"
#include "dataplane/http/internal/scan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace scan = dp::http::internal;
  constexpr std::size_t kBytesMax = 256;
  // An exact copy, so that the address sanitizer sees one byte too many.
  const std::vector<char> text(data, data + std::min(size, kBytesMax));
  const auto* const begin = text.data();
  const auto* const last = begin + text.size();
  for (const auto* first = begin; first != last; ++first) {
    CHECK(scan::find_control(begin, first, last) == scan::find_control_portable(first, last));
    CHECK(scan::find_token_end(begin, first, last) == scan::find_token_end_portable(first, last));
    CHECK(scan::find_line_feed(begin, first, last) == scan::find_line_feed_portable(first, last));
  }
  return 0;
}
