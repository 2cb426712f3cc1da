// SPDX-License-Identifier: LicenseRef-Project
// What every capture route does alike: how a request is read and what its record takes from it.
#pragma once

#include "dataplane/capture/limiter.h"
#include "dataplane/capture/outcome.h"
#include "dataplane/capture/privacy_guard.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/format/log_record.h"
#include "dataplane/http/service.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dp::capture {

/// Bytes of the user agent that the log keeps.
inline constexpr std::size_t kUserAgentBytesMax = 512;

/// Microseconds since 1970 UTC.
using WallClockUs = std::int64_t (*)() noexcept;

/// The user agent of a request, as much of it as the log keeps.
std::string_view kept_user_agent(const http::Request& request) noexcept;

/// What decides how the body of a request is decoded.
format::codec::PayloadSource payload_source(const http::Request& request,
                                            format::Endpoint endpoint) noexcept;

/// What an installation decides about all requests, shared by the routes of a shard. A value; the
/// guard and the limiter outlive it.
struct Intake {
  WallClockUs wall_clock_us = nullptr;
  format::AddressPolicy address_policy = format::AddressPolicy::discard;
  PrivacyGuard* guard = nullptr;  ///< Absent: nobody's policy applies and no token is refused.
  Limiter* limiter = nullptr;     ///< Absent: nobody has limits.

  /// The record of a request as received; endpoint and token are its route's to fill in. Views of
  /// the request.
  [[nodiscard]] format::LogRecord record_of(const http::Request& request,
                                            const http::Exchange& exchange) const noexcept;

  /// PrivacyGuard::protect, and `tell_apart` for cookieless events, where there is a guard.
  [[nodiscard]] std::optional<Outcome> protect(const GuardedBody& body,
                                               const http::Exchange& exchange,
                                               format::LogRecord& record) const;
};

}  // namespace dp::capture
