// SPDX-License-Identifier: LicenseRef-Project
// Stands in front of a capture service and refuses when the shard is overloaded.
#pragma once

#include "dataplane/capture/admission.h"
#include "dataplane/http/service.h"
#include "dataplane/http/work_line.h"
#include "dataplane/wal/writer.h"

namespace dp::daemon {

/// Passes on what `admission` admits. The service answers the rest in its own words (503 with
/// Retry-After), unread: neither decoded nor parsed, large bodies not even received. Owner and
/// thread: one shard; everything given outlives it.
class Gate final : public http::Service {
 public:
  struct Shard {
    const capture::Admission& admission;
    const http::WorkLine& line;
    const wal::Appender& log;
  };

  Gate(http::Service& service, const Shard& shard) noexcept : service_(service), shard_(shard) {}

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  [[nodiscard]] bool awaits(std::size_t body_bytes) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

 private:
  http::Service& service_;
  Shard shard_;
};

}  // namespace dp::daemon
