// SPDX-License-Identifier: LicenseRef-Project
// The route of session recordings: decode, validate, append to the log as received, answer once it
// is durable (capture-protocol section 13).
#pragma once

#include "dataplane/capture/acknowledger.h"
#include "dataplane/capture/intake.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/format/codec/recording.h"
#include "dataplane/format/log_record.h"
#include "dataplane/http/service.h"

#include <cstddef>
#include <string_view>

namespace dp::capture {

/// Bound of a request on this route.
inline constexpr std::size_t kRecordingBodyBytesMax = format::codec::kRecordingBytesMax;

/// The service of `/s`. Owner and thread: one shard. Failure: every refusal has its row in
/// outcome.h; a refused recording leaves nothing behind.
class RecordingsService final : public http::Service {
 public:
  RecordingsService(Acknowledger& acknowledger, Intake intake) noexcept;

  /// `/s` in both slash forms.
  [[nodiscard]] static bool serves(std::string_view path) noexcept;

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

 private:
  void take_recording(const http::Request& request, const http::Exchange& exchange) noexcept;
  [[nodiscard]] bool is_within_limits(const http::Exchange& exchange,
                                      const format::LogRecord& record, bool is_beacon) noexcept;

  Acknowledger& acknowledger_;
  Intake intake_;
  format::codec::RecordingReader reader_;
  format::codec::PayloadScratch scratch_;
};

}  // namespace dp::capture
