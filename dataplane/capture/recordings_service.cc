// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/recordings_service.h"

#include "dataplane/capture/refusals.h"
#include "dataplane/format/codec/batch.h"

#include <limits>

namespace dp::capture {
namespace {

using format::codec::PayloadError;
using format::codec::RecordingError;

static_assert(kRecordingBodyBytesMax <= std::numeric_limits<std::uint32_t>::max());

constexpr std::string_view kMethods = "GET,POST,OPTIONS";

Outcome outcome_of(RecordingError error) noexcept {
  switch (error) {
    case RecordingError::invalid_json:
      break;
    case RecordingError::empty:
      return Outcome::empty_batch;
    case RecordingError::missing_token:
      return Outcome::missing_token;
    case RecordingError::missing_session_id:
      return Outcome::missing_session_id;
    case RecordingError::invalid_session_id:
      return Outcome::invalid_session_id;
    case RecordingError::missing_distinct_id:
      return Outcome::missing_distinct_id;
    case RecordingError::invalid_cookieless:
      return Outcome::invalid_cookieless;
    case RecordingError::missing_snapshot_data:
      return Outcome::missing_snapshot_data;
    case RecordingError::too_large:
      return Outcome::decoded_too_large;
  }
  return Outcome::invalid_json;
}

}  // namespace

RecordingsService::RecordingsService(Acknowledger& acknowledger, Intake intake) noexcept
    : acknowledger_(acknowledger), intake_(intake) {}

bool RecordingsService::serves(std::string_view path) noexcept {
  return path == "/s/" || path == "/s";
}

void RecordingsService::handle(const http::Request& request, http::Exchange exchange) noexcept {
  switch (request.method) {
    case http::Method::post:
    case http::Method::get:
      take_recording(request, exchange);
      break;
    case http::Method::options:
      static_cast<void>(acknowledger_.count(Outcome::preflight));
      exchange.answer_preflight(request, kMethods);
      break;
    default:
      acknowledger_.finish(exchange, Outcome::method_not_allowed);
      break;
  }
}

const http::StaticAnswer& RecordingsService::refuse(http::Refusal refusal) noexcept {
  return acknowledger_.count(capture::outcome_of(refusal, Outcome::recording_too_large));
}

void RecordingsService::take_recording(const http::Request& request,
                                       const http::Exchange& exchange) noexcept {
  const auto source = payload_source(request, format::Endpoint::recordings);
  const auto payload =
      format::codec::decode_payload(source, format::codec::kRecordingLimits, scratch_);
  if (!payload) {
    acknowledger_.finish(exchange,
                         capture::outcome_of(static_cast<PayloadError>(payload.error().code)));
    return;
  }
  const auto recording = reader_.parse(*payload, kept_user_agent(request));
  if (!recording) {
    const auto outcome = outcome_of(static_cast<RecordingError>(recording.error().code));
    acknowledger_.finish(exchange, outcome, reader_.error_detail(), reader_.refused());
    return;
  }
  auto record = intake_.record_of(request, exchange);
  record.endpoint = source.endpoint;
  // A token of any shape is accepted here; a longer one than a project can have names none.
  record.token = recording->token.size() <= format::codec::kTokenBytesMax ? recording->token
                                                                          : std::string_view{};
  if (!is_within_limits(exchange, record, payload->is_beacon)) {
    return;
  }
  if (const auto refusal = intake_.protect({&*payload, &scratch_.gzip}, exchange, record)) {
    acknowledger_.finish(exchange, *refusal, {record.token, 1});
    return;
  }
  acknowledger_.append(
      record, {exchange, 0, 1, static_cast<std::uint32_t>(source.body.size()),
               payload->is_beacon ? Outcome::accepted_beacon : Outcome::recording_accepted});
}

/// Answers what is above the project's rate, or beyond its quota of recordings.
bool RecordingsService::is_within_limits(const http::Exchange& exchange,
                                         const format::LogRecord& record, bool is_beacon) noexcept {
  if (intake_.limiter == nullptr) {
    return true;
  }
  intake_.limiter->begin(record.token);
  if (intake_.limiter->used_up().has(format::Resource::recordings)) {
    intake_.limiter->count_over_quota(1);
    acknowledger_.count_dropped(Outcome::over_quota, record.token, 1);
    acknowledger_.finish(exchange,
                         is_beacon ? Outcome::accepted_beacon : Outcome::recording_over_quota);
    return false;
  }
  if (!intake_.limiter->admit(1, record.body.size())) {
    acknowledger_.finish(exchange, Outcome::rate_limited, {record.token, 1});
    return false;
  }
  return true;
}

}  // namespace dp::capture
