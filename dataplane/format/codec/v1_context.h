// SPDX-License-Identifier: LicenseRef-Project
// What decoding the body of a v1 request needs later besides the body: its header fields, and what
// capture dropped. The text stands in a log record's query field, which v1 routes do not use
// otherwise.
// docs/formats/event-log.md, "Record".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace format::codec {

/// A longer PostHog-Sdk-Info names no SDK.
inline constexpr std::size_t kSdkInfoBytesMax = 200;
/// Longest PostHog-Request-Timestamp: nanoseconds and a zone take 35.
inline constexpr std::size_t kRequestTimestampBytesMax = 64;

/// The fields as received, and capture's own; none holds a line end.
struct V1Context {
  std::string_view sdk_info;           ///< PostHog-Sdk-Info, or empty.
  std::string_view request_timestamp;  ///< PostHog-Request-Timestamp, RFC 3339.
  std::string_view attempt;            ///< PostHog-Attempt
  std::string_view request_id;         ///< PostHog-Request-Id
  std::string_view event_bytes_max{};  ///< Capture dropped larger ones of the events in the body.
};

/// Replaces `out` by one line per field: `posthog-sdk-info: posthog-python/7.91.1` and so on; one
/// of capture's own is left out when it is empty.
void write_v1_context(const V1Context& context, std::string& out);

/// Reads what `write_v1_context` wrote; lines of other names are skipped, missing fields are empty.
[[nodiscard]] V1Context read_v1_context(std::string_view text) noexcept;

/// The number in `V1Context::event_bytes_max`; the largest there is where it says nothing.
[[nodiscard]] std::size_t read_event_bytes_max(std::string_view text) noexcept;

/// Whether a PostHog-Request-Id is what it must be: a UUID.
[[nodiscard]] bool is_request_id(std::string_view text) noexcept;

/// Name and version of an SDK.
struct SdkName {
  std::string_view library;
  std::string_view version;
};

/// Cuts PostHog-Sdk-Info at its last slash; nothing when either side is empty or it is longer than
/// kSdkInfoBytesMax.
[[nodiscard]] std::optional<SdkName> read_sdk_info(std::string_view sdk_info) noexcept;

}  // namespace format::codec
