// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/daemon/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string>

namespace cp::daemon {

void write_log(std::string_view line) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm calendar{};
  ::gmtime_r(&now.tv_sec, &calendar);
  std::array<char, 40> time{};
  const auto length = std::strftime(time.data(), time.size(), "%Y-%m-%dT%H:%M:%SZ ", &calendar);
  std::string text(time.data(), length);
  text += line;
  std::ranges::replace(text, '\n', ' ');
  text += '\n';
  const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);  // nobody to tell
}

}  // namespace cp::daemon
