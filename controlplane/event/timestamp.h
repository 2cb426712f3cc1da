// SPDX-License-Identifier: LicenseRef-Project
// When an event happened: the parser for what clients write, and the rules of capture-protocol
// section 8.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cp::event {

/// Reads a client's time as microseconds since 1970 UTC, strictest form first (capture-protocol 8,
/// parser order): RFC 3339 (also with a zone of two digits), then date only, a space for the T,
/// slash dates, RFC 2822, seconds or milliseconds as digits, and ISO without a zone, which counts
/// as UTC. Nothing when none fits.
std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept;

/// Reads ISO 8601 with a zone only; the batch's `sent_at` is ignored in any other form.
std::optional<std::int64_t> parse_zoned_timestamp(std::string_view text) noexcept;

/// What decides the time of one event.
struct TimestampInputs {
  std::string_view timestamp;             ///< As sent, or empty.
  std::optional<std::int64_t> offset_ms;  ///< Age of the event when it was sent; beats everything.
  std::optional<std::int64_t> sent_at_us;
  bool ignores_sent_at = false;
  std::int64_t received_us = 0;  ///< The server's clock at receipt.
};

/// `time_us` as it may be stored: `received_us` when it is more than 23 h later than that, 1970
/// when its year is not 0 to 9999.
std::int64_t bounded_event_time_us(std::int64_t time_us, std::int64_t received_us) noexcept;

/// `time_us`, or 1970 when its year is not 0 to 9999.
std::int64_t within_calendar_us(std::int64_t time_us) noexcept;

/// The time to store, microseconds since 1970 UTC; never later than 23 h after receipt, year 0 to
/// 9999.
std::int64_t event_timestamp_us(const TimestampInputs& inputs) noexcept;

}  // namespace cp::event
