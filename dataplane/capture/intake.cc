// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/intake.h"

namespace dp::capture {

std::string_view kept_user_agent(const http::Request& request) noexcept {
  return request.user_agent.substr(0, kUserAgentBytesMax);
}

format::codec::PayloadSource payload_source(const http::Request& request,
                                            format::Endpoint endpoint) noexcept {
  format::codec::PayloadSource source;
  source.endpoint = endpoint;
  source.query = request.query;
  source.content_type = request.content_type;
  source.content_encoding = request.content_encoding;
  source.body = request.body;
  source.is_body_padded = true;  // stream::ConnectionHandler::received promises it.
  return source;
}

format::LogRecord Intake::record_of(const http::Request& request,
                                    const http::Exchange& exchange) const noexcept {
  format::LogRecord record;
  record.received_us = wall_clock_us();
  record.address_policy = address_policy;
  record.query = request.query;
  record.content_type = request.content_type;
  record.content_encoding = request.content_encoding;
  record.user_agent = kept_user_agent(request);
  if (address_policy == format::AddressPolicy::keep) {
    record.client_address = exchange.peer_address();
  }
  record.body = request.body;
  return record;
}

std::optional<Outcome> Intake::protect(const GuardedBody& body, const http::Exchange& exchange,
                                       format::LogRecord& record) const {
  if (guard == nullptr) {
    return std::nullopt;
  }
  const auto refusal = guard->protect(body, exchange.peer_address(), record);
  if (!refusal && body.is_cookieless) {
    guard->tell_apart(exchange.peer_address(), record);
  }
  return refusal;
}

}  // namespace dp::capture
