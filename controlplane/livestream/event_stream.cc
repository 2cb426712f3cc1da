// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/livestream/event_stream.h"

#include <algorithm>

namespace cp::livestream {
namespace {

using Clock = std::chrono::steady_clock;

/// What has come since the last look, as one piece of the stream; empty when nothing has.
std::string next_piece(Subscription& subscription, std::chrono::milliseconds wait) {
  std::string piece;
  for (const auto& event : subscription.take(wait)) {
    piece += "data: " + event + "\n\n";
  }
  if (const auto dropped = subscription.take_dropped(); dropped > 0) {
    piece += ": dropped " + std::to_string(dropped) + "\n\n";
  }
  return piece;
}

void produce(Subscription& subscription, const StreamTimes& times, web::BodySink& sink) {
  const auto end = Clock::now() + times.lifetime;
  auto last_written = Clock::now();
  if (!sink.write(": connected\n\n")) {
    return;
  }
  while (sink.is_open() && !sink.is_stopping() && Clock::now() < end) {
    auto piece = next_piece(subscription, times.look);
    if (piece.empty() && Clock::now() - last_written >= times.keep_alive) {
      piece = ": keep-alive\n\n";
    }
    if (piece.empty()) {
      continue;
    }
    if (!sink.write(piece)) {
      return;
    }
    last_written = Clock::now();
  }
}

}  // namespace

web::Response stream_events(std::shared_ptr<Subscription> subscription, StreamTimes times) {
  web::Response response;
  response.headers.set("Content-Type", "text/event-stream");
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Accel-Buffering", "no");
  response.producer = [subscription = std::move(subscription), times](web::BodySink& sink) {
    produce(*subscription, times, sink);
  };
  return response;
}

}  // namespace cp::livestream
