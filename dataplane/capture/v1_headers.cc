// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/v1_headers.h"

#include "dataplane/format/codec/content_coding.h"
#include "dataplane/format/codec/rfc3339.h"
#include "dataplane/format/codec/token.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace dp::capture {
namespace {

using format::codec::BatchError;

constexpr std::string_view kBearer = "bearer ";

/// One required field and its value.
struct Field {
  std::string_view name;
  std::string_view value{};
};

/// The required fields in the order they are named to the client.
struct RequiredFields {
  Field authorization{"authorization"};
  Field content_type{"content-type"};
  Field user_agent{"user-agent"};
  Field sdk_info{"PostHog-Sdk-Info"};
  Field attempt{"PostHog-Attempt"};
  Field request_id{"PostHog-Request-Id"};
  Field request_timestamp{"PostHog-Request-Timestamp"};

  explicit RequiredFields(const http::Request& request) noexcept {
    content_type.value = request.content_type;
    user_agent.value = request.user_agent;
    for (const auto& header : request.headers) {
      for (auto* field : {&authorization, &sdk_info, &attempt, &request_id, &request_timestamp}) {
        if (field->value.empty() && header.name.size() == field->name.size() &&
            http::equals_ignoring_case(header.name, field->name)) {
          field->value = header.value;
        }
      }
    }
  }

  [[nodiscard]] std::array<const Field*, 7> all() const noexcept {
    return {&authorization, &content_type, &user_agent,       &sdk_info,
            &attempt,       &request_id,   &request_timestamp};
  }
};

bool is_visible(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(), [](char character) {
    return (character >= ' ' && character <= '~') || character == '\t';
  });
}

V1Refusal invalid_value(std::string_view name, std::string_view complaint) {
  return {Outcome::v1_invalid_header_value, std::string(name).append(" ").append(complaint)};
}

std::optional<V1Refusal> check_presence(const RequiredFields& fields) {
  std::string missing;
  for (const auto* field : fields.all()) {
    if (field->value.empty()) {
      missing.append(missing.empty() ? "" : ", ").append(field->name);
    }
  }
  if (!missing.empty()) {
    return V1Refusal{Outcome::v1_missing_required_headers, missing};
  }
  for (const auto* field : fields.all()) {
    if (!is_visible(field->value)) {
      return invalid_value(field->name, "contains characters that are not visible ASCII");
    }
  }
  return std::nullopt;
}

std::string_view reason_of(BatchError error) noexcept {
  switch (error) {
    case BatchError::token_empty:
      return "empty";
    case BatchError::token_too_long:
      return "too_long";
    case BatchError::token_not_ascii:
      return "not_ascii";
    case BatchError::token_personal_key:
      return "personal_api_key";
    default:
      return "null_byte";
  }
}

std::optional<V1Refusal> check_authorization(std::string_view value, std::string_view& token) {
  if (value.size() <= kBearer.size() ||
      !http::equals_ignoring_case(value.substr(0, kBearer.size()), kBearer)) {
    return invalid_value("authorization", "must use the Bearer scheme");
  }
  const auto sent = format::codec::trim(value.substr(kBearer.size()));
  if (const auto error = format::codec::check_token(sent)) {
    return V1Refusal{Outcome::v1_invalid_api_token, std::string(reason_of(*error))};
  }
  token = sent;
  return std::nullopt;
}

std::optional<V1Refusal> check_content(const http::Request& request) {
  const auto type =
      format::codec::trim(request.content_type.substr(0, request.content_type.find(';')));
  if (!http::equals_ignoring_case(type, "application/json")) {
    return V1Refusal{Outcome::v1_unsupported_content_type, std::string(request.content_type)};
  }
  if (!format::codec::find_content_coding(request.content_encoding)) {
    return V1Refusal{Outcome::v1_unsupported_encoding, std::string(request.content_encoding)};
  }
  return std::nullopt;
}

bool is_attempt(std::string_view text) noexcept {
  std::uint32_t attempt = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, attempt);
  return failure == std::errc() && stop == end && attempt >= 1;
}

std::optional<V1Refusal> check_context(const RequiredFields& fields) {
  if (!format::codec::is_request_id(fields.request_id.value)) {
    return invalid_value(fields.request_id.name, "is not a valid UUID");
  }
  if (!is_attempt(fields.attempt.value)) {
    return invalid_value(fields.attempt.name, "must be a positive integer");
  }
  if (fields.request_timestamp.value.size() > format::codec::kRequestTimestampBytesMax ||
      !format::codec::parse_rfc3339(fields.request_timestamp.value)) {
    return invalid_value(fields.request_timestamp.name, "is not valid RFC 3339");
  }
  return std::nullopt;
}

}  // namespace

std::optional<V1Refusal> read_v1_headers(const http::Request& request,
                                         V1Headers& headers) noexcept {
  const RequiredFields fields(request);
  headers.context.request_id = fields.request_id.value;
  headers.context.attempt = fields.attempt.value;
  headers.context.request_timestamp = fields.request_timestamp.value;
  if (fields.sdk_info.value.size() <= format::codec::kSdkInfoBytesMax) {
    headers.context.sdk_info = fields.sdk_info.value;
  }
  auto refusal = check_presence(fields);
  if (!refusal) {
    refusal = check_authorization(fields.authorization.value, headers.token);
  }
  if (!refusal) {
    refusal = check_content(request);
  }
  if (!refusal) {
    refusal = check_context(fields);
  }
  return refusal;
}

}  // namespace dp::capture
