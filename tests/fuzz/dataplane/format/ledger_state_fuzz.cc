// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever lies where the worker leaves its word on the ledger, reading it stays inside the
// text, and what is accepted reads the same once it is written again.
#include "dataplane/base/check.h"
#include "dataplane/format/ledger_state.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto state = format::decode_ledger_state(text)) {
    const auto written = format::encode_ledger_state(*state);
    const auto again = format::decode_ledger_state(written);
    CHECK(again.has_value() && format::encode_ledger_state(*again) == written);
  }
  return 0;
}
