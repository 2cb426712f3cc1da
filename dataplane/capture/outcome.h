// SPDX-License-Identifier: LicenseRef-Project
// Every way a capture request can end: one table that yields status, body text and metric name
// (capture-protocol sections 10 and 20).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dp::capture {

// The v1 routes' rows: a refusal's tag is its name without `v1_`, `text` is its description
// (capture-protocol section 15).
#define BRISTLE_CAPTURE_V1_OUTCOMES(X)                                         \
  X(v1_accepted, 200, "")                                                      \
  X(v1_nothing_to_store, 200, "")                                              \
  X(v1_not_persisted, 200, "")                                                 \
  X(v1_missing_required_headers, 400, "request is missing required headers: ") \
  X(v1_invalid_header_value, 400, "invalid header value: ")                    \
  X(v1_request_decoding_error, 400, "Failed to decode request body.")          \
  X(v1_request_parsing_error, 400, "Failed to parse request body: ")           \
  X(v1_empty_body, 400, "request body is empty")                               \
  X(v1_empty_batch, 400, "request batch is empty")                             \
  X(v1_invalid_batch, 400, "invalid batch: ")                                  \
  X(v1_missing_event_uuid, 400, "event submitted without a uuid")              \
  X(v1_invalid_event_uuid, 400, "event uuid is not valid: ")                   \
  X(v1_duplicate_event_uuid, 400, "duplicate event uuid: ")                    \
  X(v1_invalid_api_token, 401, "The provided API token is not valid: ")        \
  X(v1_billing_limit_exceeded, 402, "a quota of the project is used up")       \
  X(v1_body_read_timeout, 408, "client stopped sending data")                  \
  X(v1_payload_too_large, 413, "payload too large")                            \
  X(v1_unsupported_content_type, 415, "unsupported content type: ")            \
  X(v1_unsupported_encoding, 415, "unsupported content encoding: ")            \
  X(v1_rate_limited, 503, "the project sends more than its rate")              \
  X(v1_service_unavailable, 503, "Service Unavailable")

// X(name, status, text): `text` is the whole body; a text that ends with a space gets a detail
// behind it.
#define BRISTLE_CAPTURE_OUTCOMES(X)                                                             \
  X(accepted, 200, R"({"status":"Ok"})")                                                        \
  X(accepted_beacon, 204, "")                                                                   \
  X(recording_accepted, 200, R"({"status":"Ok"})")                                              \
  X(recording_over_quota, 200, R"({"status":"Ok","quota_limited":["recordings"]})")             \
  X(nothing_to_store, 200, R"({"status":"Ok"})")                                                \
  X(accepted_traces, 200, "{}")                                                                 \
  X(no_ai_spans, 200, "{}")                                                                     \
  X(black_hole, 200, R"({"status":"Ok"})")                                                      \
  X(telemetry_discarded, 200, "{}")                                                             \
  X(preflight, 200, "")                                                                         \
  X(method_not_allowed, 405, "")                                                                \
  X(post_only, 405, "")                                                                         \
  X(missing_payload, 400, "request missing data payload")                                       \
  X(expected_form, 400, "failed to decode request: expected form data in POST request payload") \
  X(invalid_gzip, 400, "failed to decode request: invalid GZIP data")                           \
  X(invalid_utf8, 400, "failed to decode request: invalid UTF8 in request payload")             \
  X(invalid_lz64, 400, "failed to decode request: invalid LZ64 data")                           \
  X(expected_multipart, 400,                                                                    \
    "failed to decode request: Content-Type must be multipart/form-data with a boundary")       \
  X(invalid_multipart, 400, "failed to decode request: invalid multipart body")                 \
  X(expected_traces, 400,                                                                       \
    "failed to decode request: Content-Type must be application/x-protobuf or "                 \
    "application/json")                                                                         \
  X(unsupported_encoding, 400, "failed to decode request: unsupported Content-Encoding: ")      \
  X(invalid_json, 400, "failed to parse request: ")                                             \
  X(missing_event_name, 400,                                                                    \
    "failed to hydrate events from request: non-engage request missing event name attribute")   \
  X(empty_batch, 400, "request holds no event")                                                 \
  X(empty_event_name, 400, "event submitted with an empty event name")                          \
  X(missing_distinct_id, 400, "event submitted without a distinct_id")                          \
  X(invalid_cookieless, 400, "event submitted with invalid cookieless mode")                    \
  X(not_ai_event, 400, "non-AI event submitted to an AI endpoint: ")                            \
  X(missing_snapshot_data, 400, "replay event submitted without snapshot data")                 \
  X(missing_session_id, 400, "replay event submitted without session id")                       \
  X(invalid_session_id, 400, "replay event has invalid session id")                             \
  X(missing_token, 401, "event submitted without an api_key")                                   \
  X(multiple_tokens, 401, "batch submitted with inconsistent api_key values")                   \
  X(token_empty, 401, "API key is not valid: empty")                                            \
  X(token_too_long, 401, "API key is not valid: too_long")                                      \
  X(token_not_ascii, 401, "API key is not valid: not_ascii")                                    \
  X(token_personal_key, 401, "API key is not valid: personal_api_key")                          \
  X(token_null_byte, 401, "API key is not valid: null_byte")                                    \
  X(unsearchable, 400, "the project's privacy policy cannot be applied to this request")        \
  X(token_unknown, 401, "API key is not valid: unknown")                                        \
  X(body_stalled, 408, "client stopped sending data")                                           \
  X(body_too_large, 413, "maximum event size exceeded: request body above 20 MiB")              \
  X(recording_too_large, 413, "maximum event size exceeded: request body above 25 MiB")         \
  X(ai_body_too_large, 413, "maximum event size exceeded: request body too large")              \
  X(ai_event_too_large, 413, "maximum event size exceeded: ")                                   \
  X(event_too_large, 413, "maximum event size exceeded: an event of more than 1000000 bytes")   \
  X(decoded_too_large, 413, "maximum event size exceeded: decompressed body too large")         \
  X(record_too_large, 413, "maximum event size exceeded: record too large")                     \
  X(guarded_too_large, 413,                                                                     \
    "maximum event size exceeded: too large once the project's privacy policy is applied")      \
  X(over_quota, 429, "billing limit reached")                                                   \
  X(rate_limited, 503, "rate limited")                                                          \
  X(tokens_unreadable, 503, "transient error, please retry")                                    \
  X(log_full, 503, "transient error, please retry")                                             \
  X(log_budget_used, 503, "transient error, please retry")                                      \
  X(log_not_writable, 503, "transient error, please retry")                                     \
  X(log_lost, 503, "transient error, please retry")                                             \
  X(too_many_waiting, 503, "transient error, please retry")                                     \
  X(overloaded, 503, "transient error, please retry")                                           \
  BRISTLE_CAPTURE_V1_OUTCOMES(X)

/// How a request ended.
enum class Outcome : std::uint8_t {
#define BRISTLE_OUTCOME_NAME(name, status, text) name,
  BRISTLE_CAPTURE_OUTCOMES(BRISTLE_OUTCOME_NAME)
#undef BRISTLE_OUTCOME_NAME
};

/// One row of the table.
struct OutcomeRow {
  std::string_view name;  ///< Metric label.
  std::uint16_t status;
  std::string_view text;
};

inline constexpr std::array kOutcomes = {
#define BRISTLE_OUTCOME_ROW(name, status, text) OutcomeRow{#name, status, text},
    BRISTLE_CAPTURE_OUTCOMES(BRISTLE_OUTCOME_ROW)
#undef BRISTLE_OUTCOME_ROW
};
inline constexpr std::size_t kOutcomeCount = kOutcomes.size();

constexpr const OutcomeRow& row_of(Outcome outcome) noexcept {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

}  // namespace dp::capture
