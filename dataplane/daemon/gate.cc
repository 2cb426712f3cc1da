// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/gate.h"

namespace dp::daemon {

void Gate::handle(const http::Request& request, http::Exchange exchange) noexcept {
  const bool brings_events =
      request.method == http::Method::post || request.method == http::Method::get;
  if (brings_events && shard_.admission.is_log_stuck()) {
    exchange.answer(service_.refuse(http::Refusal::overloaded));
    return;
  }
  service_.handle(request, exchange);
}

bool Gate::awaits(std::size_t /*body_bytes*/) noexcept {
  return shard_.admission.admits({shard_.line.expected_wait_ns(), shard_.log.pending_bytes()});
}

const http::StaticAnswer& Gate::refuse(http::Refusal refusal) noexcept {
  return service_.refuse(refusal);
}

}  // namespace dp::daemon
