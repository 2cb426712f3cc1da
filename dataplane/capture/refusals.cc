// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/refusals.h"

namespace dp::capture {

using format::codec::BatchError;
using format::codec::PayloadError;

Outcome outcome_of(PayloadError error) noexcept {
  switch (error) {
    case PayloadError::missing:
      return Outcome::missing_payload;
    case PayloadError::expected_form:
      return Outcome::expected_form;
    case PayloadError::invalid_gzip:
      return Outcome::invalid_gzip;
    case PayloadError::invalid_utf8:
      return Outcome::invalid_utf8;
    case PayloadError::invalid_lz64:
      return Outcome::invalid_lz64;
    case PayloadError::too_large:
      break;
  }
  return Outcome::decoded_too_large;
}

Outcome outcome_of(BatchError error) noexcept {
  switch (error) {
    case BatchError::invalid_json:
      break;
    case BatchError::missing_event_name:
      return Outcome::missing_event_name;
    case BatchError::empty_batch:
      return Outcome::empty_batch;
    case BatchError::empty_event_name:
      return Outcome::empty_event_name;
    case BatchError::missing_distinct_id:
      return Outcome::missing_distinct_id;
    case BatchError::invalid_cookieless:
      return Outcome::invalid_cookieless;
    case BatchError::not_ai_event:
      return Outcome::not_ai_event;
    case BatchError::missing_token:
      return Outcome::missing_token;
    case BatchError::multiple_tokens:
      return Outcome::multiple_tokens;
    case BatchError::token_empty:
      return Outcome::token_empty;
    case BatchError::token_too_long:
      return Outcome::token_too_long;
    case BatchError::token_not_ascii:
      return Outcome::token_not_ascii;
    case BatchError::token_personal_key:
      return Outcome::token_personal_key;
    case BatchError::token_null_byte:
      return Outcome::token_null_byte;
    case BatchError::too_large:
      return Outcome::decoded_too_large;
  }
  return Outcome::invalid_json;
}

Outcome outcome_of(http::Refusal refusal, Outcome too_large) noexcept {
  switch (refusal) {
    case http::Refusal::body_too_large:
      return too_large;
    case http::Refusal::body_stalled:
      break;
    case http::Refusal::overloaded:
      return Outcome::overloaded;
  }
  return Outcome::body_stalled;
}

}  // namespace dp::capture
