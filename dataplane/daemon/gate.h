// SPDX-License-Identifier: LicenseRef-Project
// Stands in front of a capture service and refuses when the shard is overloaded.
#pragma once

#include "dataplane/capture/acknowledger.h"
#include "dataplane/capture/admission.h"
#include "dataplane/http/service.h"
#include "dataplane/reactor/reactor.h"
#include "dataplane/sys/clock.h"

namespace dp::daemon {

/// Passes on what `admission` admits and answers the rest 503 with Retry-After, unread: neither
/// decoded nor parsed. Owner and thread: one shard; everything given outlives it.
class Gate final : public http::Service {
 public:
  struct Shard {
    const capture::Admission& admission;
    const reactor::Reactor& reactor;
    const sys::Clock& clock;
    capture::Acknowledger& acknowledger;
  };

  Gate(http::Service& service, const Shard& shard) noexcept : service_(service), shard_(shard) {}

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

 private:
  http::Service& service_;
  Shard shard_;
};

}  // namespace dp::daemon
