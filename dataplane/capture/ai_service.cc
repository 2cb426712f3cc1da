// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/ai_service.h"

#include "dataplane/capture/refusals.h"
#include "dataplane/format/codec/content_coding.h"
#include "dataplane/format/codec/token.h"

namespace dp::capture {
namespace {

using format::Endpoint;
using format::codec::AiEventError;
using format::codec::BatchError;
using format::codec::ContentCoding;
using format::codec::RefusedEvents;
using format::codec::TracesError;

constexpr std::string_view kMethods = "GET,POST,OPTIONS";
constexpr std::string_view kScheme = "Bearer ";

Outcome outcome_of(AiEventError error) noexcept {
  switch (error) {
    case AiEventError::missing:
      return Outcome::missing_payload;
    case AiEventError::invalid_gzip:
      return Outcome::invalid_gzip;
    case AiEventError::expected_multipart:
      return Outcome::expected_multipart;
    case AiEventError::invalid_multipart:
      return Outcome::invalid_multipart;
    case AiEventError::unsupported_encoding:
      return Outcome::unsupported_encoding;
    case AiEventError::invalid_part:
      return Outcome::invalid_json;
    case AiEventError::too_large:
      break;
  }
  return Outcome::ai_event_too_large;
}

Outcome outcome_of(TracesError error) noexcept {
  switch (error) {
    case TracesError::missing:
      return Outcome::missing_payload;
    case TracesError::unsupported_encoding:
      return Outcome::unsupported_encoding;
    case TracesError::unsupported_type:
      return Outcome::expected_traces;
    case TracesError::invalid_gzip:
      return Outcome::invalid_gzip;
    case TracesError::invalid:
      return Outcome::invalid_json;
    case TracesError::too_large:
      break;
  }
  return Outcome::ai_event_too_large;
}

/// Says what nobody undoes here: read as they are, such bodies make parts that nobody sent. Other
/// names (`utf-8`) are mistakes in the field, not in the body.
bool is_encoded_otherwise(std::string_view content_encoding) noexcept {
  const auto coding = format::codec::find_content_coding(content_encoding);
  return coding && *coding != ContentCoding::identity && *coding != ContentCoding::gzip;
}

/// Texts that end with a space want the detail behind them.
void refuse(Acknowledger& acknowledger, const http::Exchange& exchange, Outcome outcome,
            std::string_view detail, const RefusedEvents& refused) noexcept {
  if (row_of(outcome).text.ends_with(' ')) {
    acknowledger.finish(exchange, outcome, detail, refused);
  } else {
    acknowledger.finish(exchange, outcome, refused);
  }
}

}  // namespace

AiService::AiService(Acknowledger& acknowledger, Intake intake) noexcept
    : acknowledger_(acknowledger), intake_(intake) {
  if (intake_.limiter != nullptr) {
    batch_reader_.observe(intake_.limiter->observer());
  }
}

std::optional<Endpoint> AiService::endpoint_of(std::string_view path) noexcept {
  if (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  if (path == "/i/v0/ai") {
    return Endpoint::ai_event;
  }
  return path == "/i/v0/ai/otel" ? std::optional(Endpoint::ai_traces) : std::nullopt;
}

std::uint64_t AiService::body_bytes_max(Endpoint endpoint) noexcept {
  return endpoint == Endpoint::ai_traces ? format::codec::kTracesBytesMax
                                         : format::codec::kAiEventBodyBytesMax;
}

void AiService::handle(const http::Request& request, http::Exchange exchange) noexcept {
  if (request.method == http::Method::options) {
    static_cast<void>(acknowledger_.count(Outcome::preflight));
    exchange.answer_preflight(request, kMethods);
    return;
  }
  if (request.method != http::Method::post) {
    acknowledger_.finish(exchange, Outcome::post_only);
    return;
  }
  if (request.body.empty()) {
    acknowledger_.finish(exchange, Outcome::missing_payload);
    return;
  }
  const auto field = request.header("authorization").value_or(std::string_view{});
  if (!field.starts_with(kScheme)) {
    acknowledger_.finish(exchange, Outcome::missing_token);
    return;
  }
  const auto token = format::codec::trim(field.substr(kScheme.size()));
  if (const auto broken_rule = format::codec::check_token(token)) {
    acknowledger_.finish(exchange, capture::outcome_of(*broken_rule));
    return;
  }
  if (!is_within_limits(request, exchange, token)) {
    return;
  }
  if (endpoint_of(request.path) == Endpoint::ai_traces) {
    take_traces(request, exchange, token);
  } else {
    take_event(request, exchange, token);
  }
}

bool AiService::is_over_quota() const noexcept {
  return intake_.limiter != nullptr && intake_.limiter->used_up().has(format::Resource::llm_events);
}

/// Answers what the token alone decides, before anything is decoded.
bool AiService::is_within_limits(const http::Request& request, const http::Exchange& exchange,
                                 std::string_view token) noexcept {
  if (intake_.limiter == nullptr) {
    return true;
  }
  intake_.limiter->begin(token);
  if (is_over_quota() && endpoint_of(request.path) == Endpoint::ai_event) {
    intake_.limiter->count_over_quota(1);
    acknowledger_.finish(exchange, Outcome::over_quota, {token, 1});
    return false;
  }
  if (!intake_.limiter->has_room(request.body.size())) {
    acknowledger_.finish(exchange, Outcome::rate_limited, {token});
    return false;
  }
  return true;
}

const http::StaticAnswer& AiService::refuse(http::Refusal refusal) noexcept {
  return acknowledger_.count(capture::outcome_of(refusal, Outcome::ai_body_too_large));
}

void AiService::take_event(const http::Request& request, const http::Exchange& exchange,
                           std::string_view token) noexcept {
  if (is_encoded_otherwise(request.content_encoding)) {
    acknowledger_.finish(exchange, Outcome::unsupported_encoding, request.content_encoding,
                         {token, 1});
    return;
  }
  const auto payload =
      event_reader_.read({token, request.content_type, request.content_encoding, request.body});
  if (!payload) {
    const auto outcome = outcome_of(static_cast<AiEventError>(payload.error().code));
    capture::refuse(acknowledger_, exchange, outcome, event_reader_.error_detail(), {token, 1});
    return;
  }
  const auto batch = batch_reader_.parse(*payload, Endpoint::ai_event);
  if (!batch) {
    const auto outcome = capture::outcome_of(static_cast<BatchError>(batch.error().code));
    capture::refuse(acknowledger_, exchange, outcome, batch_reader_.error_detail(), {token, 1});
    return;
  }
  auto record = intake_.record_of(request, exchange);
  record.endpoint = Endpoint::ai_event;
  record.token = token;
  append(record, {exchange, 0, batch->event_count, static_cast<std::uint32_t>(request.body.size())},
         {.payload = &*payload, .is_converted = true});
}

void AiService::take_traces(const http::Request& request, const http::Exchange& exchange,
                            std::string_view token) noexcept {
  const auto counts =
      traces_reader_.read({request.content_type, request.content_encoding, request.body});
  if (!counts) {
    const auto outcome = outcome_of(static_cast<TracesError>(counts.error().code));
    capture::refuse(acknowledger_, exchange, outcome, traces_reader_.error_detail(), {token});
    return;
  }
  if (counts->ai_spans == 0) {
    acknowledger_.finish(exchange, Outcome::no_ai_spans);
    return;
  }
  if (is_over_quota()) {  // exporters repeat a 429 for ever
    intake_.limiter->count_over_quota(counts->ai_spans);
    acknowledger_.count_dropped(Outcome::over_quota, token, counts->ai_spans);
    acknowledger_.finish(exchange, Outcome::telemetry_discarded);
    return;
  }
  auto record = intake_.record_of(request, exchange);
  record.endpoint = Endpoint::ai_traces;
  record.token = token;
  append(record,
         {exchange, 0, counts->ai_spans, static_cast<std::uint32_t>(request.body.size()),
          Outcome::accepted_traces},
         {.traces = &traces_reader_});
}

/// Waits for the log, unless the project or the installation does not want the record.
void AiService::append(format::LogRecord record, const Waiter& waiter,
                       const GuardedBody& body) noexcept {
  if (intake_.limiter != nullptr) {
    if (!intake_.limiter->admit(waiter.event_count, record.body.size())) {
      acknowledger_.finish(waiter.exchange, Outcome::rate_limited,
                           {record.token, waiter.event_count});
      return;
    }
    record.is_overflow = body.payload != nullptr && intake_.limiter->is_overflow();
  }
  if (const auto refusal = intake_.protect(body, waiter.exchange, record)) {
    acknowledger_.finish(waiter.exchange, *refusal, {record.token, waiter.event_count});
    return;
  }
  acknowledger_.append(record, waiter);
}

}  // namespace dp::capture
