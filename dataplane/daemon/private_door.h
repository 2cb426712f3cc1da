// SPDX-License-Identifier: LicenseRef-Project
// The door of the private network: /metrics and the probes, nothing else.
#pragma once

#include "dataplane/daemon/probes.h"
#include "dataplane/http/session.h"

#include <cstdint>

namespace dp::daemon {

/// Everything behind the metrics listener of one shard; what the probes do not know is a 404.
/// Owner and thread: the shard. Bounds: kConnectionsMax connections.
class PrivateDoor final : private http::Router {
 public:
  PrivateDoor(ShardStatus& status, http::Timeouts timeouts);

  [[nodiscard]] stream::Acceptor& acceptor() noexcept { return pool_; }
  [[nodiscard]] const ProbeCounters& counters() const noexcept { return probes_.counters(); }

  static constexpr std::uint32_t kConnectionsMax = 64;

 private:
  http::Route route(const http::Request& head) noexcept override;

  ProbeService probes_;
  http::SessionContext sessions_;
  http::SessionPool pool_;
};

}  // namespace dp::daemon
