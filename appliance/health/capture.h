// SPDX-License-Identifier: LicenseRef-Project
// What the dataplane says about itself: its metrics, read over HTTP.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ap::health {

/// Fetches `path` from `authority` (`127.0.0.1:9100`); nothing when it does not answer 200.
using Fetch = std::function<std::optional<std::string>(const std::string& authority,
                                                       const std::string& path)>;

/// Plain HTTP/1.1 over TCP with an IPv4 address, one second, at most 1 MiB. Never throws.
std::optional<std::string> fetch_http(const std::string& authority, const std::string& path);

struct CaptureState {
  bool is_up = false;
  std::optional<double> rate_per_second;
  std::optional<std::uint64_t> events_total;
};

/// Events per second from two readings of a counter. Thread: one.
class CaptureMeter {
 public:
  /// Shorter gaps between readings give the rate of the reading before.
  static constexpr std::chrono::milliseconds kGapMin{900};

  explicit CaptureMeter(Fetch fetch);

  /// Reads the metrics at `authority` at the time `now`.
  CaptureState read(const std::string& authority, std::chrono::steady_clock::time_point now);

 private:
  Fetch fetch_;
  std::optional<std::uint64_t> events_;
  std::chrono::steady_clock::time_point at_;
  std::optional<double> rate_;
};

}  // namespace ap::health
