// SPDX-License-Identifier: LicenseRef-Project
#include "bench/load/figures.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

namespace load {
namespace {

constexpr double kBusyShareMax = 0.80;
constexpr double kLagShareMax = 0.10;
constexpr std::size_t kUserTimeField = 11;  // of /proc/PID/stat, counted behind the name
constexpr std::uint64_t kKibibyte = 1024;

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The number behind `name` in /proc/PID/status, in KiB there.
std::uint64_t status_bytes(const std::string& status, std::string_view name) {
  const auto at = status.find(name);
  if (at == std::string::npos) {
    return 0;
  }
  std::istringstream rest(status.substr(at + name.size(), 40));
  std::uint64_t kibibytes = 0;
  rest >> kibibytes;
  return kibibytes * kKibibyte;
}

/// Writes `{"name":value,...}`.
class JsonObject {
 public:
  JsonObject& add(std::string_view name, const std::string& raw) {
    text_ += (text_.size() > 1 ? ",\"" : "\"") + std::string(name) + "\":" + raw;
    return *this;
  }
  JsonObject& add(std::string_view name, std::uint64_t value) {
    return add(name, std::to_string(value));
  }
  JsonObject& add(std::string_view name, double value) {
    std::array<char, 40> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                            std::chars_format::fixed, 4);
    return add(name, error == std::errc{} ? std::string(digits.data(), end) : "0");
  }
  [[nodiscard]] std::string close() const { return text_ + '}'; }

 private:
  std::string text_ = "{";
};

std::string to_json(const Histogram& histogram) {
  return JsonObject()
      .add("count", histogram.count())
      .add("p50", histogram.percentile(50))
      .add("p99", histogram.percentile(99))
      .add("p99.9", histogram.percentile(99.9))
      .add("max", histogram.max())
      .close();
}

std::string percent(double share) { return std::to_string(std::lround(share * 100)) + " %"; }

std::string statuses_to_json(const Figures& figures) {
  JsonObject object;
  for (std::size_t status = 0; status < figures.statuses.size(); ++status) {
    if (figures.statuses[status] > 0) {
      object.add(std::to_string(status), figures.statuses[status]);
    }
  }
  return object.close();
}

std::uint64_t refusals(const Figures& figures) {
  std::uint64_t count = 0;
  for (std::size_t status = 0; status < figures.statuses.size(); ++status) {
    count += status / 100 == 2 ? 0 : figures.statuses[status];
  }
  return count;
}

/// An open loop reports latencies, so what stood between the schedule and the wire matters.
void object_to_lateness(const Figures& figures, const Options& options,
                        std::vector<std::string>& reasons) {
  const auto lag = figures.lag.percentile(99);
  const auto latency = std::max(figures.latency.percentile(99), figures.refusal.percentile(99));
  const bool has_latency =
      !options.allows_lateness && figures.latency.count() + figures.refusal.count() > 0;
  if (has_latency && static_cast<double>(lag) > kLagShareMax * static_cast<double>(latency)) {
    reasons.push_back("the generator sent late: p99 of the lag is " + std::to_string(lag) +
                      " us, p99 of the latency " + std::to_string(latency) + " us");
  }
  if (figures.busy_share > kBusyShareMax) {
    reasons.push_back("the generator's core was " + percent(figures.busy_share) + " busy");
  }
  if (figures.waited > 0 && !options.allows_waiting) {
    reasons.push_back(std::to_string(figures.waited) + " requests found no free connection");
  }
}

}  // namespace

ServerUsage measure_server(std::span<const std::uint32_t> pids) {
  static const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  ServerUsage usage;
  for (const auto pid : pids) {
    const auto folder = "/proc/" + std::to_string(pid);
    const auto stat = read_file(folder + "/stat");
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos) {
      continue;
    }
    std::istringstream fields(stat.substr(name_end + 1));
    std::string skipped;
    for (std::size_t field = 0; field < kUserTimeField; ++field) {
      fields >> skipped;
    }
    double user_ticks = 0;
    double system_ticks = 0;
    fields >> user_ticks >> system_ticks;
    usage.user_seconds += user_ticks / ticks_per_second;
    usage.system_seconds += system_ticks / ticks_per_second;
    const auto status = read_file(folder + "/status");
    usage.resident_bytes += status_bytes(status, "VmRSS:");
    usage.resident_bytes_peak += status_bytes(status, "VmHWM:");
  }
  return usage;
}

std::vector<std::string> objections(const Figures& figures, const Options& options) {
  std::vector<std::string> reasons;
  if (options.rate > 0 && !options.until_gone) {
    object_to_lateness(figures, options, reasons);
  }
  if (refusals(figures) > 0 && !options.allows_refusals) {
    reasons.push_back(std::to_string(refusals(figures)) +
                      " answers were not 2xx: " + statuses_to_json(figures));
  }
  if (figures.failed + figures.unanswered > 0 && !options.until_gone && !options.allows_refusals) {
    reasons.push_back(std::to_string(figures.failed) + " requests failed, " +
                      std::to_string(figures.unanswered) + " were not answered");
  }
  if (figures.answered_ok == 0 && options.connections > 0 && !options.allows_refusals) {
    reasons.emplace_back("nothing was answered with 2xx");
  }
  return reasons;
}

std::string to_json(const Figures& figures, const Options& options, const Corpus& corpus) {
  const auto user = figures.end.user_seconds - figures.begin.user_seconds;
  const auto system = figures.end.system_seconds - figures.begin.system_seconds;
  JsonObject object;
  object.add("seconds", figures.seconds)
      .add("rate", options.rate)
      .add("intended", figures.intended)
      .add("answered_ok", figures.answered_ok)
      .add("answered_otherwise", figures.answered_otherwise)
      .add("events_per_request", std::uint64_t{corpus.events_per_request})
      .add("events_ok", figures.answered_ok * corpus.events_per_request)
      .add("body_bytes_mean",
           static_cast<double>(corpus.body_bytes) / static_cast<double>(corpus.requests.size()))
      .add("statuses", statuses_to_json(figures))
      .add("waited", figures.waited)
      .add("never_sent", figures.never_sent)
      .add("unanswered", figures.unanswered)
      .add("failed", figures.failed)
      .add("reconnects", figures.reconnects)
      .add("crowd_closed", figures.crowd_closed)
      .add("generator_busy", figures.busy_share);
  if (options.rate > 0 && !options.allows_lateness) {
    object.add("latency_us", to_json(figures.latency))
        .add("refusal_us", to_json(figures.refusal))
        .add("lag_us", to_json(figures.lag));
  }
  if (!options.pids.empty()) {
    object.add("server_user_seconds", user)
        .add("server_system_seconds", system)
        .add("server_busy", (user + system) / figures.seconds)
        .add("rss_before_connecting", figures.before_connecting.resident_bytes)
        .add("rss_connected", figures.connected.resident_bytes)
        .add("rss_begin", figures.begin.resident_bytes)
        .add("rss_end", figures.end.resident_bytes)
        .add("rss_peak", figures.end.resident_bytes_peak);
  }
  return object.close();
}

std::string void_to_json(const std::vector<std::string>& reasons) {
  std::string list = "[";
  for (const auto& reason : reasons) {
    std::string escaped;
    for (const char letter : reason) {
      escaped += letter == '"' ? "\\\"" : std::string(1, letter);
    }
    list += (list.size() > 1 ? ",\"" : "\"") + escaped + '"';
  }
  return JsonObject().add("void", list + ']').close();
}

}  // namespace load
