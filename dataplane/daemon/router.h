// SPDX-License-Identifier: LicenseRef-Project
// The front door: which service a path belongs to; everything unknown is the API's.
#pragma once

#include "dataplane/http/service.h"

namespace dp::daemon {

/// The services of one shard, in the order of their traffic.
struct FrontDoor {
  http::Service& capture;
  http::Service& ai;
  http::Service& discard;
  http::Service& recordings;
  http::Service& analytics_v1;
  http::Service& flags;
  http::Service& remote_config;
  http::Service& probes;
  http::Service& receipts;
  http::StreamingRoute& proxy;
};

/// Chooses by the path alone; the services answer methods they do not know themselves. Thread: the
/// shard.
class FrontRouter final : public http::Router {
 public:
  explicit FrontRouter(const FrontDoor& door) noexcept : door_(door) {}

  http::Route route(const http::Request& head) noexcept override;

 private:
  FrontDoor door_;
};

}  // namespace dp::daemon
