// SPDX-License-Identifier: LicenseRef-Project
// The capture routes: decode, validate, append to the log as received, answer once it is durable.
#pragma once

#include "dataplane/capture/outcome.h"
#include "dataplane/capture/waiting_line.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/format/log_record.h"
#include "dataplane/http/service.h"
#include "dataplane/wal/writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dp::capture {

/// Bounds of a request (capture-protocol section 11).
inline constexpr std::size_t kBodyBytesMax = std::size_t{20} << 20;
inline constexpr std::size_t kDecodedBytesMax = 5 * kBodyBytesMax;
/// Bytes of the user agent that the log keeps.
inline constexpr std::size_t kUserAgentBytesMax = 512;

/// Microseconds since 1970 UTC.
using WallClockUs = std::int64_t (*)() noexcept;

/// What happened so far. One writer, the shard.
struct CaptureCounters {
  std::array<std::uint64_t, kOutcomeCount> outcomes{};  ///< Answers by outcome.
  std::uint64_t events_accepted = 0;                    ///< In durable records.
  std::uint64_t body_bytes_accepted = 0;                ///< As received, in durable records.

  [[nodiscard]] std::uint64_t of(Outcome outcome) const noexcept {
    return outcomes[static_cast<std::size_t>(outcome)];
  }
};

/// The service of `/i/v0/e`, `/e`, `/capture`, `/track`, `/batch` and `/engage`.
/// Owner and thread: one shard. Bounds: `waiters_max` unanswered requests; a request holds no
/// memory of ours while it waits. Failure: every refusal has its row in outcome.h; whatever the log
/// does, the client gets an answer. Invariant: 200 is sent only for records that `durable_up_to`
/// has covered.
class CaptureService final : public http::Service, public wal::DurableListener {
 public:
  struct Options {
    format::AddressPolicy address_policy = format::AddressPolicy::discard;
    std::uint32_t waiters_max = 65'536;
  };

  CaptureService(WallClockUs wall_clock_us, Options options);

  /// Gives the log to append to; requests before that are answered 503. The log outlives the
  /// service's use.
  void start(wal::Appender& log) noexcept { log_ = &log; }

  /// The endpoint of a capture path, in both slash forms; nothing for any other path.
  [[nodiscard]] static std::optional<format::Endpoint> endpoint_of(std::string_view path) noexcept;

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

  void durable_up_to(format::Sequence last) noexcept override;
  void lost_from(format::Sequence first) noexcept override;

  [[nodiscard]] const CaptureCounters& counters() const noexcept { return counters_; }
  /// Requests whose answer waits for the log: an orderly stop waits for none.
  [[nodiscard]] std::uint32_t waiting_count() const noexcept { return waiting_.size(); }

 private:
  void take_events(const http::Request& request, const http::Exchange& exchange) noexcept;
  void append(const format::LogRecord& record, const Waiter& waiter) noexcept;
  void finish(const http::Exchange& exchange, Outcome outcome) noexcept;
  void refuse_json(const http::Exchange& exchange) noexcept;
  [[nodiscard]] const http::StaticAnswer& count(Outcome outcome) noexcept;

  // Hot.
  wal::Appender* log_ = nullptr;
  WallClockUs wall_clock_us_;
  format::AddressPolicy address_policy_;
  WaitingLine waiting_;
  format::codec::BatchReader reader_;
  format::codec::PayloadScratch scratch_;
  CaptureCounters counters_;

  // Cold.
  std::vector<http::StaticAnswer> answers_;  ///< By Outcome.
};

}  // namespace dp::capture
