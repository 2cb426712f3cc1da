// SPDX-License-Identifier: LicenseRef-Project
// The AI routes with bodies of their own: one multipart event, and OTLP traces (capture-protocol
// section 16).
#pragma once

#include "dataplane/capture/acknowledger.h"
#include "dataplane/capture/intake.h"
#include "dataplane/format/codec/ai_event.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/otlp_traces.h"
#include "dataplane/http/service.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dp::capture {

/// The service of `/i/v0/ai` and `/i/v0/ai/otel`; the token comes in the Authorization field.
/// Bodies are checked with the readers that the worker uses, and logged as received. An export
/// without an AI span is answered and not stored, as upstream does: no event would come of it.
/// Owner and thread: one shard. Failure: every refusal has its row in outcome.h.
class AiService final : public http::Service {
 public:
  AiService(Acknowledger& acknowledger, Intake intake) noexcept;

  /// The endpoint of a path in either slash form; nothing for any other path.
  [[nodiscard]] static std::optional<format::Endpoint> endpoint_of(std::string_view path) noexcept;
  /// Of the bodies of an endpoint that `endpoint_of` gave.
  [[nodiscard]] static std::uint64_t body_bytes_max(format::Endpoint endpoint) noexcept;

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

 private:
  [[nodiscard]] bool is_within_limits(const http::Request& request, const http::Exchange& exchange,
                                      std::string_view token) noexcept;
  [[nodiscard]] bool is_over_quota() const noexcept;
  void take_event(const http::Request& request, const http::Exchange& exchange,
                  std::string_view token) noexcept;
  void take_traces(const http::Request& request, const http::Exchange& exchange,
                   std::string_view token) noexcept;
  void append(format::LogRecord record, const Waiter& waiter, const GuardedBody& body) noexcept;

  Acknowledger& acknowledger_;
  Intake intake_;
  format::codec::AiEventReader event_reader_;
  format::codec::BatchReader batch_reader_;
  format::codec::TracesReader traces_reader_;
};

}  // namespace dp::capture
