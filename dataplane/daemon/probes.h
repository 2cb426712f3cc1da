// SPDX-License-Identifier: LicenseRef-Project
// What operators and supervisors ask: /_health, /_liveness, /_readiness and /metrics.
#pragma once

#include "dataplane/http/service.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace dp::daemon {

/// What the probes ask their shard.
class ShardStatus {
 public:
  /// Whether events are accepted now: the log is writable and the process is not stopping.
  [[nodiscard]] virtual bool is_ready() const noexcept = 0;

  /// Replaces `out` by the text of /metrics, this shard's numbers of this moment included.
  virtual void render_metrics(std::string& out) noexcept = 0;

 protected:
  ~ShardStatus() = default;
};

/// Answers by status. One writer.
struct ProbeCounters {
  std::uint64_t ok = 0;                  ///< 200
  std::uint64_t not_found = 0;           ///< 404
  std::uint64_t method_not_allowed = 0;  ///< 405
  std::uint64_t unavailable = 0;         ///< 503
};

/// Whether a door shows /metrics.
enum class MetricsAccess : std::uint8_t { shown, hidden };

/// Answers 404 for /metrics where it is hidden, and for every path it does not know. Owner and
/// thread: one shard.
class ProbeService final : public http::Service {
 public:
  ProbeService(ShardStatus& status, MetricsAccess access);

  /// True for the paths this service knows.
  [[nodiscard]] static bool serves(std::string_view path) noexcept;

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

  [[nodiscard]] const ProbeCounters& counters() const noexcept { return counters_; }

 private:
  ShardStatus& status_;
  MetricsAccess access_;
  ProbeCounters counters_;
  std::string text_;
  http::StaticAnswer alive_;
  http::StaticAnswer ready_;
  http::StaticAnswer not_ready_;
  http::StaticAnswer not_found_;
  http::StaticAnswer wrong_method_;
  http::StaticAnswer no_body_wanted_;
};

}  // namespace dp::daemon
