// SPDX-License-Identifier: LicenseRef-Project
// One shard's capture services as the daemon puts them together, behind a real HTTP session and the
// front door's router: what they log comes to lie in memory as it would on a disk, and what they
// count can be read after each request.
#pragma once

#include "dataplane/capture/acknowledger.h"
#include "dataplane/capture/ai_service.h"
#include "dataplane/capture/analytics_v1_service.h"
#include "dataplane/capture/discard_service.h"
#include "dataplane/capture/limiter.h"
#include "dataplane/capture/privacy_guard.h"
#include "dataplane/capture/recordings_service.h"
#include "dataplane/capture/service.h"
#include "dataplane/daemon/router.h"
#include "dataplane/http/session.h"
#include "dataplane/sys/clock.h"
#include "dataplane/wal/writer.h"
#include "tests/fuzz/planes/chosen_request.h"
#include "tests/unit/dataplane/http/fake_connection.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capture_path {

/// The server's clock, 2023-01-01T12:00:00Z.
inline constexpr std::int64_t kNow = 1'672'574'400'000'000;

/// What an installation decides and what the store says of the project `phc_abc`.
struct Installation {
  bool is_guarded = true;
  dp::capture::GuardSettings guard;
  dp::capture::LimitSettings limits;
  dp::tenant::Store* tenants = nullptr;
};

/// Nothing for a number that no box has.
const Installation* find_installation(std::size_t number);

/// The log, in memory and encoded, with what happens to its records.
class MemoryLog final : public dp::wal::Appender {
 public:
  explicit MemoryLog(LogMood mood) : mood_(mood) {}

  base::Result<format::Sequence> append(const format::LogRecord& record) noexcept override;
  [[nodiscard]] dp::wal::DurableGroup durable_group() const noexcept override;

  /// Forgets the records so far; further ones follow them.
  void start() noexcept;
  /// The records since `start`, as a reader of the log finds them; views of this.
  [[nodiscard]] std::vector<format::LogRecord> read() const;
  /// The records since `start` never became durable.
  void lose() noexcept;

  [[nodiscard]] LogMood mood() const noexcept { return mood_; }
  /// Whether it was given a request's record since `start`, whatever it did with it.
  [[nodiscard]] bool was_asked() const noexcept { return was_asked_; }
  [[nodiscard]] format::Sequence first() const noexcept { return first_; }
  [[nodiscard]] format::Sequence end() const noexcept { return next_; }

 private:
  static constexpr std::uint32_t kSeed = 7;

  LogMood mood_;
  bool was_asked_ = false;
  std::vector<std::byte> bytes_;
  format::Sequence first_ = 0;
  format::Sequence next_ = 0;
};

/// A request as the services see it, kept for whoever compares.
struct SeenRequest {
  dp::http::Method method = dp::http::Method::other;
  format::Endpoint endpoint = format::Endpoint::i_v0_e;
  std::string query;
  std::string content_type;
  std::string content_encoding;
  std::string user_agent;
  std::string token;  ///< Of the head.
  std::string body;
};

/// What a client was told.
struct Answer {
  int status = 0;  ///< 0: nothing.
  std::string body;
};

/// What the counters records say of all requests so far.
struct Counted {
  std::uint64_t requests_acknowledged = 0;
  std::uint64_t events_acknowledged = 0;
  std::uint64_t events_refused = 0;  ///< And dropped.
};

/// Watches between the router and the services.
class Box final : private dp::http::Router,
                  private dp::http::Service,
                  private dp::http::StreamingRoute {
 public:
  Box(const Installation& installation, const ChosenRequest& chosen);
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;
  Box(Box&&) = delete;
  Box& operator=(Box&&) = delete;
  ~Box();

  /// Sends a request and lets the log do what it is to do. Nobody may be answered before that whose
  /// record waits for it, and everybody has to be afterwards.
  Answer exchange(std::string_view request);

  /// Whether the connection takes another request.
  [[nodiscard]] bool is_open() const noexcept { return !connection_.is_closing; }
  /// The last request, if it reached a service.
  [[nodiscard]] const std::optional<SeenRequest>& seen() const noexcept { return seen_; }
  [[nodiscard]] const MemoryLog& log() const noexcept { return log_; }
  [[nodiscard]] const dp::capture::CaptureCounters& counters() const noexcept {
    return acknowledger_.counters();
  }
  /// Lets the shard write its numbers, and reads what the log then says of all requests so far.
  const Counted& count();

 private:
  dp::http::Route route(const dp::http::Request& head) noexcept override;
  void handle(const dp::http::Request& request, dp::http::Exchange exchange) noexcept override;
  const dp::http::StaticAnswer& refuse(dp::http::Refusal refusal) noexcept override;
  dp::http::RequestStream* open(const dp::http::Request& head,
                                dp::http::Exchange exchange) noexcept override;

  /// A room for waiters of its usual size would take longer to make than a request.
  static constexpr std::uint32_t kWaitersMax = 4;

  dp::sys::SimClock clock_;
  MemoryLog log_;
  dp::capture::Acknowledger acknowledger_{kWaitersMax};
  std::optional<dp::capture::PrivacyGuard> guard_;
  std::optional<dp::capture::Limiter> limiter_;
  dp::capture::Intake intake_;
  dp::capture::CaptureService capture_;
  dp::capture::AiService ai_;
  dp::capture::DiscardService discard_;
  dp::capture::RecordingsService recordings_;
  dp::capture::AnalyticsV1Service analytics_v1_;
  dp::daemon::FrontRouter router_;
  dp::http::Service* routed_ = nullptr;
  dp::http::SessionContext sessions_;
  dp::http::SessionPool pool_;
  dp::http::FakeConnection connection_;
  std::optional<SeenRequest> seen_;
  Counted counted_;
};

}  // namespace capture_path
