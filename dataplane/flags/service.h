// SPDX-License-Identifier: LicenseRef-Project
// `/flags` and `/decide`: evaluations, for now of projects without flags (flags-protocol sections 1
// to 3 and 9).
#pragma once

#include "dataplane/flags/evaluation_request.h"
#include "dataplane/flags/family.h"
#include "dataplane/flags/request_id.h"
#include "dataplane/http/service.h"
#include "dataplane/tenant/store.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace dp::flags {

/// Milliseconds since 1970 UTC.
using WallClockMs = std::int64_t (*)() noexcept;

/// Answers by status, and what was missing. One writer.
struct FlagsCounters {
  std::uint64_t ok = 0;                  ///< 200
  std::uint64_t no_content = 0;          ///< 204, OPTIONS
  std::uint64_t bad_request = 0;         ///< 400
  std::uint64_t unauthorized = 0;        ///< 401
  std::uint64_t method_not_allowed = 0;  ///< 405
  std::uint64_t timed_out = 0;           ///< 408
  std::uint64_t too_large = 0;           ///< 413
  std::uint64_t without_store = 0;       ///< Evaluations while the tenant store was unavailable.
};

/// Answers every method of both routes. Owner and thread: one shard. Memory for rendering is
/// reused.
class FlagsService final : public http::Service {
 public:
  FlagsService(tenant::Store& store, WallClockMs wall_clock_ms, std::uint64_t entropy);

  /// True for the paths this service answers.
  [[nodiscard]] static bool serves(std::string_view path) noexcept;

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

  [[nodiscard]] const FlagsCounters& counters() const noexcept { return counters_; }

 private:
  void evaluate(const http::Request& request, const http::Exchange& exchange);
  void answer_evaluation(const http::Request& request, const http::Exchange& exchange,
                         const Wish& wish);
  void answer_document(const http::Request& request, const http::Exchange& exchange);
  void answer_methods(const http::Request& request, const http::Exchange& exchange,
                      std::uint16_t status);
  void answer_text(const http::Exchange& exchange, std::uint16_t status, std::string_view text);
  void answer_unauthorized(const http::Exchange& exchange, std::string_view code,
                           std::string_view detail);
  void refuse_body(const http::Exchange& exchange, BodyStatus status);
  std::string_view request_id_for(const http::Request& request);

  tenant::Reader tenants_;
  WallClockMs wall_clock_ms_;
  RequestIds request_ids_;
  BodyReader bodies_;
  EvaluationRequest evaluation_;
  FlagsCounters counters_;
  std::string body_;
  std::string request_id_;
  std::string fields_;
  http::StaticAnswer too_large_;
  http::StaticAnswer stalled_;
};

}  // namespace dp::flags
