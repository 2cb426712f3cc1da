// SPDX-License-Identifier: LicenseRef-Project
// The listening sockets of the process: taken over from systemd, or bound here.
#pragma once

#include "dataplane/base/result.h"
#include "dataplane/daemon/daemon_settings.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dp::daemon {

/// What stands behind a listening socket.
enum class Door : std::uint8_t {
  front,     ///< SDKs and browsers.
  metrics,   ///< /metrics and the probes only, for the private network.
  handover,  ///< No door: the line in which the last process left its connections.
};

/// The name under which the service manager keeps that line.
inline constexpr std::string_view kHandoverName = "handover";

/// Listening descriptors, owned by the caller.
struct Listeners {
  std::vector<std::vector<int>> front;  ///< By shard; each serves all of its own.
  std::vector<int> metrics;             ///< Empty: /metrics stands at the front door.
  std::vector<int> handover;            ///< Receiving ends of handover lines.
  bool is_front_passed = false;  ///< The front door outlives this process: somebody may follow.
  std::string address;           ///< Where the front door is, in words.
};

/// The doors of `count` sockets that systemd passed, from LISTEN_FDNAMES: `metrics` is that door,
/// `handover` what the last process left, any other or no name (the default is the socket unit's)
/// the front.
std::vector<Door> doors_of(std::string_view names, std::uint32_t count);

/// Listeners for `shards` shards. Sockets passed by systemd (sd_listen_fds(3): LISTEN_PID,
/// LISTEN_FDS, LISTEN_FDNAMES) are used as they are, the front ones by every shard. A door nobody
/// passed is bound here: the front one per shard with SO_REUSEPORT, after a check that nobody else
/// has the port (SO_REUSEPORT alone would let a second dataplane in), the other when `metrics` says
/// where.
base::Result<Listeners> open_listeners(const ListenAddress& front,
                                       const std::optional<ListenAddress>& metrics,
                                       std::uint32_t shards);

}  // namespace dp::daemon
