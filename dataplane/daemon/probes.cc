// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/probes.h"

namespace dp::daemon {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kMetricsText = "text/plain; version=0.0.4; charset=utf-8";

std::string_view without_trailing_slash(std::string_view path) noexcept {
  if (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return path;
}

}  // namespace

ProbeService::ProbeService(ShardStatus& status, MetricsAccess access)
    : status_(status),
      access_(access),
      alive_({200, kText, "ok", ""}),
      ready_({200, kText, "ready", ""}),
      not_ready_({503, kText,
                  "not ready: the event log takes no events, or the process is stopping",
                  "Retry-After: 30\r\n"}),
      not_found_({404, kText, "not found", ""}),
      wrong_method_({405, kText, "", "Allow: GET, HEAD\r\n"}),
      no_body_wanted_({413, kText, "probes have no body", ""}) {}

bool ProbeService::serves(std::string_view path) noexcept {
  const auto plain = without_trailing_slash(path);
  return plain == "/_health" || plain == "/_liveness" || plain == "/_readiness" ||
         plain == "/metrics";
}

void ProbeService::handle(const http::Request& request, http::Exchange exchange) noexcept {
  if (request.method != http::Method::get && request.method != http::Method::head) {
    ++counters_.method_not_allowed;
    return exchange.answer(wrong_method_);
  }
  const auto path = without_trailing_slash(request.path);
  if (!serves(path) || (path == "/metrics" && access_ == MetricsAccess::hidden)) {
    ++counters_.not_found;
    return exchange.answer(not_found_);
  }
  if (path == "/_readiness" && !status_.is_ready()) {
    ++counters_.unavailable;
    return exchange.answer(not_ready_);
  }
  ++counters_.ok;
  if (path == "/metrics") {
    status_.render_metrics(text_);
    return exchange.answer(http::Answer{200, kMetricsText, text_, ""});
  }
  exchange.answer(path == "/_readiness" ? ready_ : alive_);
}

const http::StaticAnswer& ProbeService::refuse(http::Refusal /*refusal*/) noexcept {
  ++counters_.method_not_allowed;
  return no_body_wanted_;
}

}  // namespace dp::daemon
