// SPDX-License-Identifier: LicenseRef-Project
// Goal: any text is either refused as invalid or becomes settings that print and read back the
// same; the same for a JSON change of them. Input: one byte that chooses, then the text.
#include "appliance/exec/failure.h"
#include "appliance/settings/settings.h"
#include "dataplane/base/check.h"

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const auto parsed = data[0] == 'j'
                            ? ap::settings::patched({}, text, {"public", "vswitch", "firewall"})
                            : ap::settings::parse_toml(text);
    const auto again = ap::settings::parse_toml(ap::settings::to_toml(parsed.settings));
    CHECK(again.settings == parsed.settings);
    CHECK(ap::settings::difference(again.settings, parsed.settings).empty());
  } catch (const ap::exec::Failure& failure) {
    CHECK(failure.kind() == ap::exec::FailureKind::invalid);
  }
  return 0;
}
