// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/private_door.h"

namespace dp::daemon {
namespace {

constexpr std::uint64_t kUnwantedBodyBytesMax = std::uint64_t{64} << 10;

}  // namespace

PrivateDoor::PrivateDoor(ShardStatus& status, http::Timeouts timeouts)
    : probes_(status, MetricsAccess::shown),
      sessions_(*this, timeouts),
      pool_(sessions_, kConnectionsMax) {}

http::Route PrivateDoor::route(const http::Request& /*head*/) noexcept {
  return {&probes_, nullptr, kUnwantedBodyBytesMax};
}

}  // namespace dp::daemon
