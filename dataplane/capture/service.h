// SPDX-License-Identifier: LicenseRef-Project
// The capture routes: decode, validate, append to the log as received, answer once it is durable.
#pragma once

#include "dataplane/capture/acknowledger.h"
#include "dataplane/capture/intake.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/http/service.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dp::capture {

/// Bounds of a request (capture-protocol section 11).
inline constexpr std::size_t kBodyBytesMax = std::size_t{20} << 20;
inline constexpr std::size_t kDecodedBytesMax = 5 * kBodyBytesMax;
/// The service of `/i/v0/e`, `/e`, `/capture`, `/track`, `/batch`, `/engage` and
/// `/i/v0/ai/batch`.
/// Owner and thread: one shard. Failure: every refusal has its row in outcome.h.
class CaptureService final : public http::Service {
 public:
  CaptureService(Acknowledger& acknowledger, Intake intake) noexcept;

  /// The endpoint of a capture path, in both slash forms; nothing for any other path.
  [[nodiscard]] static std::optional<format::Endpoint> endpoint_of(std::string_view path) noexcept;

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

 private:
  void take_events(const http::Request& request, const http::Exchange& exchange) noexcept;
  void refuse_batch(const http::Exchange& exchange, const format::codec::Payload& payload,
                    format::codec::BatchError error) noexcept;
  void append(const http::Request& request, const http::Exchange& exchange,
              format::Endpoint endpoint, const format::codec::Payload& payload,
              const format::codec::Batch& batch) noexcept;
  std::uint32_t mark_over_quota(const format::codec::Payload& payload, base::Bytes received,
                                format::LogRecord& record);

  Acknowledger& acknowledger_;
  Intake intake_;
  format::codec::BatchReader reader_;
  format::codec::PayloadScratch scratch_;
  std::string token_;
};

}  // namespace dp::capture
