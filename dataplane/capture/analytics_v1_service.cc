// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/analytics_v1_service.h"

#include "dataplane/format/codec/v1_context.h"

#include <algorithm>
#include <limits>

namespace dp::capture {
namespace {

using format::Endpoint;
using format::codec::V1Error;
using format::codec::Verdict;

static_assert(AnalyticsV1Service::kBodyBytesMax <= std::numeric_limits<std::uint32_t>::max());

constexpr std::string_view kMethods = "POST,OPTIONS";
/// kEventBytesMax, as the log keeps it.
constexpr std::string_view kEventBytesMaxText = "1000000";
static_assert(format::codec::kEventBytesMax == 1'000'000);
/// For what the next group of the log will take.
constexpr std::uint32_t kSoonS = 1;
/// For a log that takes nothing: SDKs give up after a few tries, so these must last (section 19).
constexpr std::uint32_t kLaterS = 30;

Outcome outcome_of(V1Error error) noexcept {
  switch (error) {
    case V1Error::unsupported_encoding:
      return Outcome::v1_unsupported_encoding;
    case V1Error::undecodable:
      return Outcome::v1_request_decoding_error;
    case V1Error::unparsable:
      break;
    case V1Error::too_large:
      return Outcome::v1_payload_too_large;
    case V1Error::empty_batch:
      return Outcome::v1_empty_batch;
    case V1Error::invalid_created_at:
      return Outcome::v1_invalid_batch;
    case V1Error::missing_event_uuid:
      return Outcome::v1_missing_event_uuid;
    case V1Error::invalid_event_uuid:
      return Outcome::v1_invalid_event_uuid;
    case V1Error::duplicate_event_uuid:
      return Outcome::v1_duplicate_event_uuid;
  }
  return Outcome::v1_request_parsing_error;
}

/// What a refusal of the guard is called here.
V1Refusal in_words_of_v1(Outcome outcome, std::uint32_t events) {
  switch (outcome) {
    case Outcome::token_unknown:
      return {Outcome::v1_invalid_api_token, "unknown", events};
    case Outcome::guarded_too_large:
      return {Outcome::v1_payload_too_large, {}, events};
    case Outcome::unsearchable:
      return {Outcome::v1_request_parsing_error, std::string(row_of(outcome).text), events};
    default:
      return {Outcome::v1_service_unavailable, {}, events};
  }
}

http::StaticAnswer render(Outcome outcome, std::string_view fields) {
  return http::StaticAnswer(
      {row_of(outcome).status, "application/json", v1_error_json(outcome, {}), fields});
}

}  // namespace

AnalyticsV1Service::AnalyticsV1Service(Acknowledger& acknowledger, Intake intake)
    : acknowledger_(acknowledger),
      intake_(intake),
      stalled_(render(Outcome::v1_body_read_timeout, "retry-after: 1\r\n")),
      too_large_(render(Outcome::v1_payload_too_large, {})),
      unavailable_(render(Outcome::v1_service_unavailable, "retry-after: 30\r\n")) {
  if (intake_.limiter != nullptr) {
    reader_.observe(intake_.limiter->observer());
  }
}

std::optional<Endpoint> AnalyticsV1Service::endpoint_of(std::string_view path) noexcept {
  if (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  if (path == "/i/v1/analytics/events") {
    return Endpoint::analytics_v1;
  }
  return path == "/i/v1/ai/events" ? std::optional(Endpoint::ai_v1) : std::nullopt;
}

void AnalyticsV1Service::handle(const http::Request& request, http::Exchange exchange) noexcept {
  switch (request.method) {
    case http::Method::post:
      take_batch(request, exchange);
      break;
    case http::Method::options:
      static_cast<void>(acknowledger_.count(Outcome::preflight));
      exchange.answer_preflight(request, kMethods);
      break;
    default:
      acknowledger_.finish(exchange, Outcome::post_only);
      break;
  }
}

const http::StaticAnswer& AnalyticsV1Service::refuse(http::Refusal refusal) noexcept {
  switch (refusal) {
    case http::Refusal::body_too_large:
      static_cast<void>(acknowledger_.count(Outcome::v1_payload_too_large));
      return too_large_;
    case http::Refusal::body_stalled:
      break;
    case http::Refusal::overloaded:
      static_cast<void>(acknowledger_.count(Outcome::v1_service_unavailable));
      return unavailable_;
  }
  static_cast<void>(acknowledger_.count(Outcome::v1_body_read_timeout));
  return stalled_;
}

format::ResourceSet AnalyticsV1Service::used_up() const noexcept {
  return intake_.limiter == nullptr
             ? format::ResourceSet()
             : intake_.limiter->used_up().without(format::Resource::recordings);
}

void AnalyticsV1Service::take_batch(const http::Request& request,
                                    const http::Exchange& exchange) noexcept {
  V1Headers headers;
  if (const auto refusal = read_v1_headers(request, headers)) {
    refuse_request(exchange, headers, *refusal);
    return;
  }
  if (request.body.empty()) {
    refuse_request(exchange, headers, {Outcome::v1_empty_body});
    return;
  }
  if (intake_.limiter != nullptr) {
    intake_.limiter->begin(headers.token);
    if (!intake_.limiter->has_room(request.body.size())) {
      refuse_rate(exchange, headers, 0);
      return;
    }
  }
  // stream::ConnectionHandler::received promises the padding.
  const auto payload = format::codec::decode_v1_body({request.content_encoding, request.body, true},
                                                     format::codec::kV1Limits, scratch_);
  if (!payload) {
    refuse_request(exchange, headers, {outcome_of(static_cast<V1Error>(payload.error().code))});
    return;
  }
  const auto endpoint = endpoint_of(request.path).value_or(Endpoint::analytics_v1);
  const auto event_bytes_max = endpoint == Endpoint::analytics_v1
                                   ? format::codec::kEventBytesMax
                                   : std::numeric_limits<std::size_t>::max();
  const auto batch = reader_.parse(*payload, endpoint, nullptr, {used_up(), event_bytes_max});
  if (!batch) {
    refuse_request(exchange, headers,
                   {outcome_of(static_cast<V1Error>(batch.error().code)),
                    std::string(reader_.error_detail())});
    return;
  }
  if (batch->taken_count == 0) {
    tell_nothing_taken(exchange, headers);
    return;
  }
  if (intake_.limiter != nullptr &&
      !intake_.limiter->admit(batch->taken_count, request.body.size())) {
    refuse_rate(exchange, headers, batch->taken_count);
    return;
  }
  append(request, exchange, headers, *payload, *batch);
}

void AnalyticsV1Service::append(const http::Request& request, const http::Exchange& exchange,
                                const V1Headers& headers, const format::codec::Payload& payload,
                                const format::codec::V1Batch& batch) noexcept {
  format::codec::write_v1_context(headers.context, context_);
  auto record = intake_.record_of(request, exchange);
  record.endpoint = endpoint_of(request.path).value_or(Endpoint::analytics_v1);
  record.token = headers.token;
  record.query = context_;
  const GuardedBody shown{&payload, &scratch_.decoder.gzip(), false, batch.has_cookieless,
                          reader_.results()};
  if (const auto refusal = intake_.protect(shown, exchange, record)) {
    refuse_request(exchange, headers, in_words_of_v1(*refusal, batch.taken_count));
    return;
  }
  const auto ticket = shelf_.put(headers.context.request_id, reader_.results());
  if (!ticket) {
    refuse_request(exchange, headers, {Outcome::v1_service_unavailable, {}, batch.taken_count});
    return;
  }
  record.is_overflow = intake_.limiter != nullptr && intake_.limiter->is_overflow();
  // What the guard has written anew holds the taken events alone.
  const bool holds_all = record.body.data() == request.body.data() ||
                         base::as_text(record.body).data() == payload.json.data();
  mark_dropped(headers, holds_all, record);
  acknowledger_.append(
      record, {exchange, 0, batch.taken_count, static_cast<std::uint32_t>(request.body.size()),
               Outcome::v1_accepted, *ticket, this});
}

/// Counts what the record drops, and says so in one that still holds it.
void AnalyticsV1Service::mark_dropped(const V1Headers& headers, bool holds_all,
                                      format::LogRecord& record) noexcept {
  if (count_over_quota(headers.token) != 0 && holds_all) {
    record.over_quota = used_up();
  }
  if (count_too_big(headers.token) != 0 && holds_all) {
    auto context = headers.context;
    context.event_bytes_max = kEventBytesMaxText;
    format::codec::write_v1_context(context, context_);
    record.query = context_;
  }
}

std::uint32_t AnalyticsV1Service::count_of(Verdict verdict) const noexcept {
  const auto results = reader_.results();
  return static_cast<std::uint32_t>(
      std::count_if(results.begin(), results.end(),
                    [verdict](const auto& result) { return result.verdict == verdict; }));
}

/// Counts the events of the batch that are over quota; their number.
std::uint32_t AnalyticsV1Service::count_over_quota(std::string_view token) noexcept {
  const auto count = count_of(Verdict::billing_limit_exceeded);
  if (count != 0) {
    intake_.limiter->count_over_quota(count);
    acknowledger_.count_dropped(Outcome::over_quota, token, count);
  }
  return count;
}

/// Counts the events of the batch that are too big; their number.
std::uint32_t AnalyticsV1Service::count_too_big(std::string_view token) noexcept {
  const auto count = count_of(Verdict::event_too_big);
  if (count != 0) {
    acknowledger_.count_dropped(Outcome::event_too_large, token, count);
  }
  return count;
}

/// No event is taken: refused as a whole when quotas are the only reason.
void AnalyticsV1Service::tell_nothing_taken(const http::Exchange& exchange,
                                            const V1Headers& headers) noexcept {
  const auto results = reader_.results();
  count_too_big(headers.token);
  if (count_over_quota(headers.token) == results.size()) {
    static_cast<void>(acknowledger_.count_answer(Outcome::v1_billing_limit_exceeded));
    answer_refusal(exchange, headers, {Outcome::v1_billing_limit_exceeded});
  } else {
    tell(exchange, Outcome::v1_nothing_to_store, results,
         {intake_.wall_clock_us(), headers.context.request_id});
  }
}

void AnalyticsV1Service::answer(const Waiter& waiter, Outcome outcome,
                                std::string_view receipt_line) noexcept {
  auto& entry = shelf_.at(waiter.ticket);
  V1Answers::Fields fields{intake_.wall_clock_us(), entry.request_id};
  if (outcome == Outcome::record_too_large) {
    static_cast<void>(acknowledger_.count_answer(Outcome::v1_payload_too_large));
    waiter.exchange.answer(answers_.refusal(Outcome::v1_payload_too_large, {}, fields));
    shelf_.release(waiter.ticket);
    return;
  }
  fields.receipt_line = receipt_line;
  if (outcome != waiter.success) {
    const bool takes_time =
        outcome == Outcome::log_not_writable || outcome == Outcome::log_budget_used;
    fields.retry_after_s = takes_time ? kLaterS : kSoonS;
    for (auto& result : entry.results) {
      if (format::codec::is_taken(result.verdict)) {
        result.verdict = Verdict::not_persisted;
      }
    }
  }
  tell(waiter.exchange, outcome == waiter.success ? outcome : Outcome::v1_not_persisted,
       entry.results, fields);
  shelf_.release(waiter.ticket);
}

void AnalyticsV1Service::tell(const http::Exchange& exchange, Outcome outcome,
                              std::span<const format::codec::EventResult> results,
                              const V1Answers::Fields& fields) noexcept {
  static_cast<void>(acknowledger_.count_answer(outcome));
  for (const auto& result : results) {
    ++counters_.verdicts[static_cast<std::size_t>(result.verdict)];
  }
  exchange.answer(answers_.results(results, fields));
}

void AnalyticsV1Service::refuse_request(const http::Exchange& exchange, const V1Headers& headers,
                                        const V1Refusal& refusal) noexcept {
  static_cast<void>(acknowledger_.count(refusal.outcome, {headers.token, refusal.events}));
  answer_refusal(exchange, headers, refusal);
}

void AnalyticsV1Service::answer_refusal(const http::Exchange& exchange, const V1Headers& headers,
                                        const V1Refusal& refusal) noexcept {
  V1Answers::Fields fields{intake_.wall_clock_us(), headers.context.request_id};
  if (refusal.outcome == Outcome::v1_service_unavailable) {
    fields.retry_after_s = kSoonS;
  }
  exchange.answer(answers_.refusal(refusal.outcome, refusal.detail, fields));
}

/// For SDKs a 429 is the end of a batch; a 503 they send again.
void AnalyticsV1Service::refuse_rate(const http::Exchange& exchange, const V1Headers& headers,
                                     std::uint32_t events) noexcept {
  static_cast<void>(acknowledger_.count(Outcome::v1_rate_limited, {headers.token, events}));
  const V1Answers::Fields fields{intake_.wall_clock_us(), headers.context.request_id, kLaterS};
  exchange.answer(answers_.refusal(Outcome::v1_rate_limited, {}, fields));
}

}  // namespace dp::capture
