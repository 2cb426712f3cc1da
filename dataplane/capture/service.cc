// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/service.h"

#include "dataplane/capture/refusals.h"
#include "dataplane/format/codec/quota.h"

#include <limits>

namespace dp::capture {
namespace {

using format::Endpoint;
using format::codec::BatchError;
using format::codec::PayloadError;

static_assert(kBodyBytesMax < format::codec::PayloadLimits{}.decoded_bytes_max);
static_assert(kBodyBytesMax <= std::numeric_limits<std::uint32_t>::max());

constexpr std::string_view kMethods = "GET,POST,OPTIONS";

struct Path {
  std::string_view text;
  Endpoint endpoint;
};
constexpr std::array<Path, 7> kPaths = {{{"/i/v0/e", Endpoint::i_v0_e},
                                         {"/batch", Endpoint::batch},
                                         {"/e", Endpoint::e},
                                         {"/capture", Endpoint::capture},
                                         {"/track", Endpoint::track},
                                         {"/engage", Endpoint::engage},
                                         {"/i/v0/ai/batch", Endpoint::ai_batch}}};

}  // namespace

CaptureService::CaptureService(Acknowledger& acknowledger, Intake intake) noexcept
    : acknowledger_(acknowledger), intake_(intake) {
  if (intake_.limiter != nullptr) {
    reader_.observe(intake_.limiter->observer());
  }
}

std::optional<Endpoint> CaptureService::endpoint_of(std::string_view path) noexcept {
  if (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  for (const auto& known : kPaths) {
    if (known.text == path) {
      return known.endpoint;
    }
  }
  return std::nullopt;
}

void CaptureService::handle(const http::Request& request, http::Exchange exchange) noexcept {
  switch (request.method) {
    case http::Method::post:
    case http::Method::get:
      take_events(request, exchange);
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

const http::StaticAnswer& CaptureService::refuse(http::Refusal refusal) noexcept {
  return acknowledger_.count(outcome_of(refusal, Outcome::body_too_large));
}

void CaptureService::take_events(const http::Request& request,
                                 const http::Exchange& exchange) noexcept {
  const auto source = payload_source(request, endpoint_of(request.path).value_or(Endpoint::i_v0_e));
  const auto payload =
      format::codec::decode_payload(source, {kBodyBytesMax, kDecodedBytesMax, false}, scratch_);
  if (!payload) {
    acknowledger_.finish(exchange, outcome_of(static_cast<PayloadError>(payload.error().code)));
    return;
  }
  const auto batch = reader_.parse(*payload, source.endpoint);
  if (!batch) {
    refuse_batch(exchange, *payload, static_cast<BatchError>(batch.error().code));
    return;
  }
  if (batch->event_count == 0) {
    acknowledger_.finish(exchange,
                         payload->is_beacon ? Outcome::accepted_beacon : Outcome::nothing_to_store);
    return;
  }
  if (batch->has_oversized && source.endpoint != Endpoint::ai_batch) {
    acknowledger_.finish(exchange, Outcome::event_too_large, {batch->token, batch->event_count});
    return;
  }
  if (intake_.limiter != nullptr) {
    intake_.limiter->begin(batch->token);
    if (!intake_.limiter->admit(batch->event_count, source.body.size())) {
      acknowledger_.finish(exchange, Outcome::rate_limited, {batch->token, batch->event_count});
      return;
    }
  }
  append(request, exchange, source.endpoint, *payload, *batch);
}

void CaptureService::refuse_batch(const http::Exchange& exchange,
                                  const format::codec::Payload& payload,
                                  BatchError error) noexcept {
  if (const auto problem = format::codec::check_utf8(payload)) {
    acknowledger_.finish(exchange, outcome_of(*problem));
    return;
  }
  const auto outcome = outcome_of(error);
  if (outcome == Outcome::invalid_json || outcome == Outcome::not_ai_event) {
    acknowledger_.finish(exchange, outcome, reader_.error_detail(), reader_.refused());
  } else {
    acknowledger_.finish(exchange, outcome, reader_.refused());
  }
}

void CaptureService::append(const http::Request& request, const http::Exchange& exchange,
                            Endpoint endpoint, const format::codec::Payload& payload,
                            const format::codec::Batch& batch) noexcept {
  auto record = intake_.record_of(request, exchange);
  record.endpoint = endpoint;
  record.token = batch.token;
  const GuardedBody shown{&payload, &scratch_.gzip, false, batch.has_cookieless};
  if (const auto refusal = intake_.protect(shown, exchange, record)) {
    acknowledger_.finish(exchange, *refusal, {batch.token, batch.event_count});
    return;
  }
  auto event_count = batch.event_count;
  if (intake_.limiter != nullptr) {
    record.is_overflow = intake_.limiter->is_overflow();
    event_count -= mark_over_quota(payload, request.body, record);
  }
  if (event_count == 0) {
    acknowledger_.finish(exchange,
                         payload.is_beacon ? Outcome::accepted_beacon : Outcome::nothing_to_store);
    return;
  }
  acknowledger_.append(record,
                       {exchange, 0, event_count, static_cast<std::uint32_t>(request.body.size()),
                        payload.is_beacon ? Outcome::accepted_beacon : Outcome::accepted});
}

/// Finds the events that the worker will leave out, in what it will read; their number.
std::uint32_t CaptureService::mark_over_quota(const format::codec::Payload& payload,
                                              base::Bytes received, format::LogRecord& record) {
  const auto used_up = intake_.limiter->used_up().without(format::Resource::recordings);
  if (used_up.is_empty()) {
    return 0;
  }
  token_.assign(record.token);  // it points into what the reader now reads anew
  record.token = token_;
  auto logged = payload;
  if (record.body.data() != received.data()) {
    logged.json = base::as_text(record.body);
    logged.is_padded = false;
  }
  format::codec::OverQuotaCounter counter(used_up);
  if (!reader_.parse(logged, record.endpoint, &counter) || counter.count() == 0) {
    return 0;
  }
  record.over_quota = used_up;
  intake_.limiter->count_over_quota(counter.count());
  acknowledger_.count_dropped(Outcome::over_quota, record.token, counter.count());
  return counter.count();
}

}  // namespace dp::capture
