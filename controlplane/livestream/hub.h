// SPDX-License-Identifier: LicenseRef-Project
// Carries events from the end of the log to whoever watches right now; nobody watching costs
// nothing.
#pragma once

#include "controlplane/livestream/event_text.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cp::livestream {

/// One watcher's bounded buffer. Owner: the producer of its response. Thread: one consumer.
/// Bounds: `HubOptions::buffered_events_max`; events beyond are dropped and counted.
/// Destruction unsubscribes. May outlive the Hub; then nothing arrives any more.
class Subscription {
 public:
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  Subscription(Subscription&&) = delete;
  Subscription& operator=(Subscription&&) = delete;
  ~Subscription();

  /// The texts of the events that arrived, oldest first; waits up to `wait` for the first.
  std::vector<std::string> take(std::chrono::milliseconds wait);

  /// Events dropped since the last call because the buffer was full.
  std::uint64_t take_dropped();

 private:
  friend class Hub;
  struct State;
  explicit Subscription(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

struct HubOptions {
  std::filesystem::path event_log;  ///< BRISTLE_EVENT_LOG
  std::size_t buffered_events_max = 100;
  std::chrono::milliseconds poll{25};  ///< how often a quiet log is looked at
  std::function<void(std::string_view)> log;
};

/// Tails the log on a thread of its own while there is a subscription, and sleeps otherwise.
/// A watcher sees events that became durable after it came. Owner: the daemon. Thread-safe.
/// Failure: a partition that cannot be read is skipped to its end, logged once.
class Hub {
 public:
  explicit Hub(HubOptions options);
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;
  Hub(Hub&&) = delete;
  Hub& operator=(Hub&&) = delete;
  ~Hub();

  /// Watches one project; returns once the end of every partition has been noted, so that an event
  /// captured after this call is seen.
  std::shared_ptr<Subscription> subscribe(std::int64_t project_id, const std::string& api_token,
                                          Filter filter);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cp::livestream
