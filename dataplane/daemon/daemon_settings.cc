// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/daemon_settings.h"

#include "dataplane/format/watermark.h"

#include <sched.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>

namespace dp::daemon {
namespace {

constexpr std::uint64_t kSegmentBytesDefault = std::uint64_t{64} << 20;
constexpr std::uint64_t kSegmentBytesMin = std::uint64_t{32} << 20;
constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{4} << 30;
constexpr std::uint32_t kShardsMax = 64;
static_assert(kShardsMax <= format::kWatermarkShardsMax);
constexpr std::uint64_t kLogBytesMax = std::uint64_t{1} << 50;
constexpr std::uint64_t kReplayPercentDefault = 40;
constexpr std::uint64_t kSystemPercentDefault = 5;
constexpr std::uint64_t kSecondsMax = std::uint64_t{100} * 365 * 24 * 3600;
constexpr std::uint64_t kTimeoutMsMax = 600'000;
constexpr std::uint64_t kBodyMemoryBytesDefault = std::uint64_t{256} << 20;
constexpr std::uint64_t kBodyMemoryBytesMax = std::uint64_t{64} << 30;

constexpr std::uint64_t kRateMax = 4'000'000'000;
constexpr std::uint64_t kBurstSecondsMax = 3'600;
constexpr std::uint64_t kOverflowMax = 1'000'000;

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

/// Adds the CPUs of one item, `3` or `4-7`, to `cpus`.
bool add_cpu_item(std::string_view item, std::vector<std::int32_t>& cpus) {
  const auto dash = item.find('-');
  const auto first = parse_number<std::int32_t>(item.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? first : parse_number<std::int32_t>(item.substr(dash + 1));
  if (!first || !last || *first < 0 || *first > *last || *last >= CPU_SETSIZE) {
    return false;
  }
  for (auto cpu = *first; cpu <= *last; ++cpu) {
    cpus.push_back(cpu);
  }
  return true;
}

std::optional<std::vector<std::int32_t>> parse_cpu_list(std::string_view text) {
  std::vector<std::int32_t> cpus;
  while (true) {
    const auto comma = text.find(',');
    if (!add_cpu_item(text.substr(0, comma), cpus)) {
      return std::nullopt;
    }
    if (comma == std::string_view::npos) {
      return cpus;
    }
    text.remove_prefix(comma + 1);
  }
}

/// A quarter of the file system that holds the log, or its nearest existing parent.
std::uint64_t default_log_bytes(std::filesystem::path path) {
  struct statvfs status{};
  while (::statvfs(path.empty() ? "." : path.c_str(), &status) != 0) {
    if (path.empty() || path == path.parent_path()) {
      return 0;
    }
    path = path.parent_path();
  }
  return std::uint64_t{status.f_blocks} * status.f_frsize / 4;
}

void read_log_budget(base::Settings& settings, DaemonSettings& daemon) {
  const std::uint64_t least = least_log_bytes(daemon);
  auto bytes = settings.number("BRISTLE_EVENT_LOG_BYTES", 0, 0, kLogBytesMax);
  if (bytes == 0) {
    bytes = std::max(least, default_log_bytes(daemon.event_log));
  } else if (bytes < least) {
    settings.complain("BRISTLE_EVENT_LOG_BYTES",
                      "at least four segments per shard (BRISTLE_SEGMENT_BYTES), or 0");
    bytes = least;
  }
  const auto replay =
      settings.number("BRISTLE_EVENT_LOG_REPLAY_PERCENT", kReplayPercentDefault, 0, 90);
  const auto system =
      settings.number("BRISTLE_EVENT_LOG_SYSTEM_PERCENT", kSystemPercentDefault, 0, 9);
  daemon.log_budget = divide_log_bytes(bytes, daemon, replay, system);
  daemon.log_seconds_max = settings.number("BRISTLE_EVENT_LOG_SECONDS_MAX", 0, 0, kSecondsMax);
}

capture::GuardSettings read_guard_settings(base::Settings& settings) {
  capture::GuardSettings guard;
  const auto unknown = settings.text("BRISTLE_UNKNOWN_TOKENS", "accept");
  if (unknown != "accept" && unknown != "refuse") {
    settings.complain("BRISTLE_UNKNOWN_TOKENS", "accept or refuse");
  }
  guard.refuses_unknown_tokens = unknown == "refuse";
  const auto policy = settings.text("BRISTLE_PRIVACY_DEFAULT", "off");
  if (policy != "off" && policy != "standard") {
    settings.complain("BRISTLE_PRIVACY_DEFAULT", "off or standard");
  }
  guard.guards_by_default = policy == "standard";
  if (const auto secret = settings.optional_text("BRISTLE_PRIVACY_KEY")) {
    guard.hash_key = format::privacy::HashKey::from_secret(*secret);
    if (!guard.hash_key) {
      settings.complain("BRISTLE_PRIVACY_KEY", "at least 32 random characters");
    }
  }
  return guard;
}

capture::LimitSettings read_limit_settings(base::Settings& settings, std::uint32_t shards) {
  const auto number = [&settings](const char* name, std::uint64_t standard, std::uint64_t minimum,
                                  std::uint64_t maximum) {
    return static_cast<std::uint32_t>(settings.number(name, standard, minimum, maximum));
  };
  capture::LimitSettings limits;
  limits.events_per_second = number("BRISTLE_TOKEN_EVENTS_PER_SECOND", 0, 0, kRateMax);
  limits.bytes_per_second = number("BRISTLE_TOKEN_BYTES_PER_SECOND", 0, 0, kRateMax);
  limits.burst_seconds =
      number("BRISTLE_TOKEN_BURST_SECONDS", limits.burst_seconds, 1, kBurstSecondsMax);
  limits.overflow_events_per_second =
      number("BRISTLE_OVERFLOW_EVENTS_PER_SECOND", 0, 0, kOverflowMax);
  limits.overflow_burst = number("BRISTLE_OVERFLOW_BURST", limits.overflow_burst, 1, kOverflowMax);
  limits.shards = shards;
  return limits;
}

}  // namespace

std::uint64_t least_log_bytes(const DaemonSettings& settings) noexcept {
  constexpr std::uint64_t kSegmentsMin = 4;
  return kSegmentsMin * settings.segment_bytes * settings.shards;
}

format::ClassBytes divide_log_bytes(std::uint64_t log_bytes, const DaemonSettings& settings,
                                    std::uint64_t replay_percent, std::uint64_t system_percent) {
  constexpr std::uint64_t kSegmentsAside = 2;
  const std::uint64_t bytes = log_bytes / settings.shards - kSegmentsAside * settings.segment_bytes;
  const std::uint64_t replay = bytes / 100 * replay_percent;
  const std::uint64_t system = bytes / 100 * system_percent;
  return {bytes - replay - system, replay, system};
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  auto host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port || host.empty() || (!is_bracketed && host.find(':') != std::string_view::npos)) {
    return std::nullopt;
  }
  return ListenAddress{std::string(host), *port};
}

std::optional<std::vector<std::int32_t>> plan_cpus(std::string_view text, std::uint32_t shards,
                                                   const std::vector<std::int32_t>& available) {
  if (text.empty()) {
    return std::vector<std::int32_t>{};
  }
  auto cpus = text == "auto" ? std::optional(available) : parse_cpu_list(text);
  const auto is_available = [&](std::int32_t cpu) {
    return std::find(available.begin(), available.end(), cpu) != available.end();
  };
  if (!cpus || cpus->size() < shards || !std::all_of(cpus->begin(), cpus->end(), is_available)) {
    return std::nullopt;
  }
  cpus->resize(shards);
  return cpus;
}

std::vector<std::int32_t> available_cpus() {
  std::vector<std::int32_t> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (std::int32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) {
        cpus.push_back(cpu);
      }
    }
  }
  return cpus;
}

DaemonSettings read_daemon_settings(base::Settings& settings) {
  DaemonSettings daemon;
  const auto listen = parse_listen_address(settings.text("BRISTLE_LISTEN", "127.0.0.1:8000"));
  if (!listen) {
    settings.complain("BRISTLE_LISTEN",
                      "a numeric address and a port, like 127.0.0.1:8000 or [::]:8000");
  }
  daemon.listen = listen.value_or(ListenAddress{});
  if (const auto metrics = settings.optional_text("BRISTLE_METRICS_LISTEN")) {
    daemon.metrics_listen = parse_listen_address(*metrics);
    if (!daemon.metrics_listen) {
      settings.complain("BRISTLE_METRICS_LISTEN",
                        "a numeric address and a port, like 127.0.0.1:9100, or nothing");
    }
  }
  daemon.api_socket = settings.text("BRISTLE_API_SOCKET", "");
  daemon.event_log = settings.required_text("BRISTLE_EVENT_LOG");
  daemon.tenant_store = settings.text("BRISTLE_TENANT_STORE", "");
  daemon.shards = static_cast<std::uint32_t>(settings.number("BRISTLE_SHARDS", 1, 1, kShardsMax));
  const auto cpus = plan_cpus(settings.text("BRISTLE_CPUS", ""), daemon.shards, available_cpus());
  if (!cpus) {
    settings.complain("BRISTLE_CPUS",
                      "auto, or a list like 0,2-3 of CPUs this process may use, one per shard");
  }
  daemon.cpus = cpus.value_or(std::vector<std::int32_t>{});
  const auto flush_wait = settings.text("BRISTLE_FLUSH_WAIT", "asleep");
  if (flush_wait != "asleep" && flush_wait != "awake") {
    settings.complain("BRISTLE_FLUSH_WAIT", "asleep or awake");
  }
  daemon.may_stay_awake = flush_wait == "awake";
  daemon.segment_bytes = settings.number("BRISTLE_SEGMENT_BYTES", kSegmentBytesDefault,
                                         kSegmentBytesMin, kSegmentBytesMax);
  if (daemon.segment_bytes % 4096 != 0) {
    settings.complain("BRISTLE_SEGMENT_BYTES", "a multiple of 4096");
  }
  read_log_budget(settings, daemon);
  const auto policy = settings.text("BRISTLE_CLIENT_ADDRESS", "discard");
  if (policy != "discard" && policy != "keep") {
    settings.complain("BRISTLE_CLIENT_ADDRESS", "discard or keep");
  }
  daemon.address_policy =
      policy == "keep" ? format::AddressPolicy::keep : format::AddressPolicy::discard;
  daemon.guard = read_guard_settings(settings);
  daemon.limits = read_limit_settings(settings, daemon.shards);
  daemon.head_timeout_ms = static_cast<std::uint32_t>(
      settings.number("BRISTLE_HEAD_TIMEOUT_MS", 15'000, 10, kTimeoutMsMax));
  daemon.body_timeout_ms = static_cast<std::uint32_t>(
      settings.number("BRISTLE_BODY_TIMEOUT_MS", 30'000, 10, kTimeoutMsMax));
  daemon.body_memory_bytes =
      settings.number("BRISTLE_BODY_MEMORY_BYTES", kBodyMemoryBytesDefault, 0, kBodyMemoryBytesMax);
  return daemon;
}

}  // namespace dp::daemon
