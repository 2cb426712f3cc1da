// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/gate.h"

namespace dp::daemon {

void Gate::handle(const http::Request& request, http::Exchange exchange) noexcept {
  const bool brings_events =
      request.method == http::Method::post || request.method == http::Method::get;
  if (brings_events && shard_.admission.is_alert() &&
      !shard_.admission.admits(request.body.size(), shard_.reactor.now_ns(),
                               shard_.clock.monotonic_ns())) {
    shard_.acknowledger.finish(exchange, capture::Outcome::overloaded);
    return;
  }
  service_.handle(request, exchange);
}

const http::StaticAnswer& Gate::refuse(http::Refusal refusal) noexcept {
  return service_.refuse(refusal);
}

}  // namespace dp::daemon
