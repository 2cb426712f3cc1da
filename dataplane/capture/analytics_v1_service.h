// SPDX-License-Identifier: LicenseRef-Project
// The v1 routes: check the header fields, judge every event, append to the log as received, and
// answer event by event once the record is durable (capture-protocol section 15).
#pragma once

#include "dataplane/capture/acknowledger.h"
#include "dataplane/capture/intake.h"
#include "dataplane/capture/v1_answers.h"
#include "dataplane/capture/v1_headers.h"
#include "dataplane/capture/v1_results.h"
#include "dataplane/format/codec/analytics_v1.h"
#include "dataplane/http/service.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dp::capture {

/// Events of v1 batches by what their clients were told. One writer, the shard.
struct V1Counters {
  std::array<std::uint64_t, format::codec::kVerdictCount> verdicts{};

  [[nodiscard]] std::uint64_t of(format::codec::Verdict verdict) const noexcept {
    return verdicts[static_cast<std::size_t>(verdict)];
  }
};

/// The service of `/i/v1/analytics/events` and `/i/v1/ai/events`. Owner and thread: one shard; the
/// acknowledger holds a pointer to it while requests wait. Bounds: V1ResultShelf; beyond it 503.
/// Failure: every refusal of a request has its row in outcome.h, every one of an event in
/// format/codec/verdict.h.
class AnalyticsV1Service final : public http::Service, private Answerer {
 public:
  static constexpr std::size_t kBodyBytesMax = format::codec::kV1Limits.wire_bytes_max;

  AnalyticsV1Service(Acknowledger& acknowledger, Intake intake);

  /// The endpoint of a v1 path, in both slash forms; nothing for any other path.
  [[nodiscard]] static std::optional<format::Endpoint> endpoint_of(std::string_view path) noexcept;

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

  [[nodiscard]] const V1Counters& counters() const noexcept { return counters_; }

 private:
  void take_batch(const http::Request& request, const http::Exchange& exchange) noexcept;
  void append(const http::Request& request, const http::Exchange& exchange,
              const V1Headers& headers, const format::codec::Payload& payload,
              const format::codec::V1Batch& batch) noexcept;
  [[nodiscard]] format::ResourceSet used_up() const noexcept;
  void mark_dropped(const V1Headers& headers, bool holds_all, format::LogRecord& record) noexcept;
  [[nodiscard]] std::uint32_t count_of(format::codec::Verdict verdict) const noexcept;
  std::uint32_t count_over_quota(std::string_view token) noexcept;
  std::uint32_t count_too_big(std::string_view token) noexcept;
  void tell_nothing_taken(const http::Exchange& exchange, const V1Headers& headers) noexcept;
  void answer(const Waiter& waiter, Outcome outcome,
              std::string_view receipt_line) noexcept override;
  void tell(const http::Exchange& exchange, Outcome outcome,
            std::span<const format::codec::EventResult> results,
            const V1Answers::Fields& fields) noexcept;
  void refuse_request(const http::Exchange& exchange, const V1Headers& headers,
                      const V1Refusal& refusal) noexcept;
  void answer_refusal(const http::Exchange& exchange, const V1Headers& headers,
                      const V1Refusal& refusal) noexcept;
  void refuse_rate(const http::Exchange& exchange, const V1Headers& headers,
                   std::uint32_t events) noexcept;

  Acknowledger& acknowledger_;
  Intake intake_;
  format::codec::V1Reader reader_;
  format::codec::V1Scratch scratch_;
  V1ResultShelf shelf_;
  V1Answers answers_;
  V1Counters counters_;
  std::string context_;
  http::StaticAnswer stalled_;
  http::StaticAnswer too_large_;
  http::StaticAnswer unavailable_;
};

}  // namespace dp::capture
