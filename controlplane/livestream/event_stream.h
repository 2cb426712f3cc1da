// SPDX-License-Identifier: LicenseRef-Project
// The live stream as server-sent events: the body of `/livestream/events`.
#pragma once

#include "controlplane/livestream/hub.h"
#include "controlplane/web/message.h"

#include <chrono>
#include <memory>

namespace cp::livestream {

/// Pace of one stream; the defaults are the protocol's (pipeline.md 9).
struct StreamTimes {
  std::chrono::milliseconds keep_alive{15'000};  ///< a comment after that much silence
  std::chrono::milliseconds lifetime{std::chrono::minutes(30)};
  std::chrono::milliseconds look{500};  ///< how often a silent stream looks whether its client left
};

/// A 200 whose body lasts until the client leaves, the server stops, or the lifetime is over.
web::Response stream_events(std::shared_ptr<Subscription> subscription, StreamTimes times = {});

}  // namespace cp::livestream
