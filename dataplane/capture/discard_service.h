// SPDX-License-Identifier: LicenseRef-Project
// Routes that are answered and keep nothing: OTLP logs and metrics, which this product does not
// store, and the black hole of load tests (capture-protocol sections 1 and 16).
#pragma once

#include "dataplane/capture/acknowledger.h"
#include "dataplane/http/service.h"

#include <cstddef>
#include <string_view>

namespace dp::capture {

/// The service of `/i/v1/logs`, `/i/v1/metrics` and `/test/black_hole`. SDKs that send logs take
/// any other answer for a fault and repeat themselves; what is dropped is counted by its outcome.
/// Owner and thread: one shard.
class DiscardService final : public http::Service {
 public:
  static constexpr std::size_t kBodyBytesMax = std::size_t{20} << 20;

  explicit DiscardService(Acknowledger& acknowledger) noexcept : acknowledger_(acknowledger) {}

  /// Whether a path, in either slash form, belongs here.
  [[nodiscard]] static bool serves(std::string_view path) noexcept;

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

 private:
  Acknowledger& acknowledger_;
};

}  // namespace dp::capture
