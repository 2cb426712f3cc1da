// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/heartbeat.h"

namespace dp::daemon {

Heartbeat::Heartbeat(const std::vector<Turning*>& loops) {
  for (auto* loop : loops) {
    watched_.push_back({loop, 0});
  }
}

bool Heartbeat::beat() noexcept {
  bool has_every_loop_turned = true;
  for (auto& [loop, seen] : watched_) {
    const auto turns = loop->turns();
    has_every_loop_turned = has_every_loop_turned && turns != seen;
    seen = turns;
    loop->wake();
  }
  return has_every_loop_turned;
}

}  // namespace dp::daemon
