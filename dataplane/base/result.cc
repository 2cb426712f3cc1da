// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/base/result.h"

#include <array>
#include <system_error>

namespace base {

std::string describe(Error error) {
  constexpr std::array kNames = {"none",   "system", "format",  "codec",  "wal",
                                 "stream", "http",   "capture", "tenant", "settings"};
  const auto index = static_cast<std::size_t>(error.domain);
  std::string text = index < kNames.size() ? kNames.at(index) : "unknown";
  if (error.code != 0) {
    text += " error " + std::to_string(error.code);
  }
  if (error.system_errno != 0) {
    text += ": " + std::generic_category().message(error.system_errno);
  }
  return text;
}

}  // namespace base
