// SPDX-License-Identifier: LicenseRef-Project
// The listening sockets of the shards: taken over from systemd, or bound here.
#pragma once

#include "dataplane/base/result.h"
#include "dataplane/daemon/daemon_settings.h"

#include <cstdint>
#include <vector>

namespace dp::daemon {

/// One listening descriptor per shard, owned by the caller, and the port they share (0 when
/// unknown).
struct Listeners {
  std::vector<int> descriptors;
  std::uint16_t port = 0;
};

/// Listeners for `shards` shards. Sockets passed by systemd (sd_listen_fds(3): LISTEN_PID,
/// LISTEN_FDS) are used as they are, shared when there are fewer than shards; otherwise each shard
/// gets its own SO_REUSEPORT socket, after a check that nobody else has the port (SO_REUSEPORT
/// alone would let a second dataplane in).
base::Result<Listeners> open_listeners(const ListenAddress& address, std::uint32_t shards);

}  // namespace dp::daemon
