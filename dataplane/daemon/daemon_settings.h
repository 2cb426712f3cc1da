// SPDX-License-Identifier: LicenseRef-Project
// The settings of bristle-dataplane, read once at start-up from the environment.
#pragma once

#include "dataplane/base/settings.h"
#include "dataplane/capture/limiter.h"
#include "dataplane/capture/privacy_guard.h"
#include "dataplane/format/log_record.h"
#include "dataplane/format/segment.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dp::daemon {

/// A numeric address and a port; port 0 takes a free one.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};

/// Everything an operator may say. Names and meanings: README.md of this module.
struct DaemonSettings {
  ListenAddress listen;
  std::optional<ListenAddress> metrics_listen;  ///< Absent: /metrics stands at the front door.
  std::string api_socket;                       ///< Empty: other routes are answered 502.
  std::string event_log;                        ///< Directory.
  std::string tenant_store;                     ///< Directory; empty: no project knowledge.
  std::uint32_t shards = 1;
  std::vector<std::int32_t> cpus;  ///< One per shard; empty: not pinned.
  bool may_stay_awake = false;     ///< While a small group is being flushed.
  std::uint64_t segment_bytes = 0;
  format::ClassBytes log_budget{};    ///< Of one shard, per class of records.
  std::uint64_t log_seconds_max = 0;  ///< Age at which stored segments go; 0: when room is needed.
  format::AddressPolicy address_policy = format::AddressPolicy::discard;
  capture::GuardSettings guard;
  capture::LimitSettings limits;
  std::uint32_t head_timeout_ms = 0;
  std::uint32_t body_timeout_ms = 0;
  std::uint64_t body_memory_bytes = 0;  ///< Of unfinished large bodies, per shard.
};

/// `host:port`, the host in brackets when it is an IPv6 address. Nothing when malformed.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// The CPU of each shard. `text`: empty for none, "auto" for the first `shards` of `available`, or
/// a list like "0,2,4-5" that names at least `shards` of them. Nothing when malformed or when a CPU
/// is not available.
std::optional<std::vector<std::int32_t>> plan_cpus(std::string_view text, std::uint32_t shards,
                                                   const std::vector<std::int32_t>& available);

/// What each shard's classes may take of `log_bytes` for all shards: two segments per shard are set
/// aside (one prepared, one partly written), the rest is divided. Percents add up to less than 100;
/// `log_bytes` is at least least_log_bytes.
format::ClassBytes divide_log_bytes(std::uint64_t log_bytes, const DaemonSettings& settings,
                                    std::uint64_t replay_percent, std::uint64_t system_percent);

/// Below this a log cannot turn over: four segments per shard.
std::uint64_t least_log_bytes(const DaemonSettings& settings) noexcept;

/// The CPUs this process may run on.
std::vector<std::int32_t> available_cpus();

/// Reads every setting; complaints stay in `settings`.
DaemonSettings read_daemon_settings(base::Settings& settings);

}  // namespace dp::daemon
