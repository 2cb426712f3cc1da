// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/flags/service.h"

#include "dataplane/flags/document.h"

namespace dp::flags {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kMethods = "GET, POST, OPTIONS, HEAD";

std::string_view without_trailing_slash(std::string_view path) noexcept {
  if (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return path;
}

bool is_decide(const http::Request& request) noexcept {
  return without_trailing_slash(request.path) == "/decide";
}

/// Texts of upstream's errors (flags-protocol section 9); clients look at the status only.
std::string_view refusal_text(BodyStatus status) noexcept {
  switch (status) {
    case BodyStatus::ok:
      return {};
    case BodyStatus::unsupported_type:
      return "Failed to decode request: unsupported content type";
    case BodyStatus::unsupported_compression:
      return "Failed to decode request: unsupported compression";
    case BodyStatus::undecodable:
      return "Failed to decode request: the body is not what its encoding says";
    case BodyStatus::bad_json:
      return "Failed to parse request: the body is not a JSON object of the expected fields";
    case BodyStatus::too_large:
      return "Failed to decode request: the body exceeds 20 MiB after decompression";
  }
  return {};
}

}  // namespace

FlagsService::FlagsService(tenant::Store& store, WallClockMs wall_clock_ms, std::uint64_t entropy)
    : tenants_(store),
      wall_clock_ms_(wall_clock_ms),
      request_ids_(entropy),
      too_large_({413, kText, refusal_text(BodyStatus::too_large), ""}),
      stalled_({408, kText, "client stopped sending data", ""}) {}

bool FlagsService::serves(std::string_view path) noexcept {
  const auto plain = without_trailing_slash(path);
  return plain == "/flags" || plain == "/decide";
}

void FlagsService::handle(const http::Request& request, http::Exchange exchange) noexcept {
  switch (request.method) {
    case http::Method::post:
      return evaluate(request, exchange);
    case http::Method::get:
    case http::Method::head:
      return answer_document(request, exchange);
    case http::Method::options:
      return answer_methods(request, exchange, 204);
    default:
      return answer_methods(request, exchange, 405);
  }
}

const http::StaticAnswer& FlagsService::refuse(http::Refusal refusal) noexcept {
  const bool is_large = refusal == http::Refusal::body_too_large;
  ++(is_large ? counters_.too_large : counters_.timed_out);
  return is_large ? too_large_ : stalled_;
}

void FlagsService::evaluate(const http::Request& request, const http::Exchange& exchange) {
  const auto wish = read_wish(is_decide(request), request.query);
  const auto status =
      bodies_.read({request.content_type, request.content_encoding, wish.compression, request.body},
                   evaluation_);
  if (status != BodyStatus::ok) {
    return refuse_body(exchange, status);
  }
  if (evaluation_.token.empty()) {
    return answer_unauthorized(
        exchange, "not_authenticated",
        "No API token was provided. Please include a valid API token in your request.");
  }
  answer_evaluation(request, exchange, wish);
}

void FlagsService::answer_evaluation(const http::Request& request, const http::Exchange& exchange,
                                     const Wish& wish) {
  std::string_view project;
  const auto outcome = tenants_.find(evaluation_.token, project);
  if (outcome == tenant::Lookup::unknown) {
    tenants_.finish();
    return answer_unauthorized(
        exchange, "authentication_failed",
        "The provided API key is invalid or has expired. Please check your API key and try again.");
  }
  if (!evaluation_.has_distinct_id && !evaluation_.disables_flags) {
    tenants_.finish();
    ++counters_.bad_request;
    return answer_text(
        exchange, 400,
        "The distinct_id field is missing from the request. Please include a valid identifier.");
  }
  counters_.without_store += outcome == tenant::Lookup::unavailable ? 1 : 0;
  Evaluation evaluation{request_id_for(request), wall_clock_ms_(), {}};
  if (wish.with_config) {
    const auto config = outcome == tenant::Lookup::found ? remote_config_of(project) : std::nullopt;
    evaluation.config_fields = config ? fields_of(*config) : kConfigFieldsWithoutStore;
  }
  render_empty_evaluation(body_, wish.family, evaluation);
  tenants_.finish();
  ++counters_.ok;
  exchange.answer(http::Answer{200, kJson, body_, ""});
}

void FlagsService::answer_document(const http::Request& request, const http::Exchange& exchange) {
  ++counters_.ok;
  if (request.method == http::Method::head) {
    return exchange.answer(http::Answer{200, kJson, "", ""});
  }
  const auto wish = read_wish(is_decide(request), request.query);
  render_empty_evaluation(body_, wish.family,
                          {request_id_for(request), wall_clock_ms_(), kConfigFieldsWithoutProject});
  exchange.answer(http::Answer{200, kJson, body_, ""});
}

void FlagsService::answer_methods(const http::Request& request, const http::Exchange& exchange,
                                  std::uint16_t status) {
  ++(status == 204 ? counters_.no_content : counters_.method_not_allowed);
  fields_ = "Allow: ";
  fields_ += kMethods;
  fields_ += "\r\n";
  if (status == 204) {  // also what a browser's preflight needs
    fields_ += "Access-Control-Allow-Methods: GET,POST,OPTIONS,HEAD\r\n";
    if (!request.access_control_request_headers.empty()) {
      fields_ += "Access-Control-Allow-Headers: ";
      fields_ += request.access_control_request_headers;
      fields_ += "\r\n";
    }
  }
  exchange.answer(http::Answer{status, "", "", fields_});
}

void FlagsService::answer_text(const http::Exchange& exchange, std::uint16_t status,
                               std::string_view text) {
  exchange.answer(http::Answer{status, kText, text, ""});
}

void FlagsService::answer_unauthorized(const http::Exchange& exchange, std::string_view code,
                                       std::string_view detail) {
  ++counters_.unauthorized;
  render_error(body_, "authentication_error", code, detail);
  exchange.answer(http::Answer{401, kJson, body_, ""});
}

void FlagsService::refuse_body(const http::Exchange& exchange, BodyStatus status) {
  const bool is_large = status == BodyStatus::too_large;
  ++(is_large ? counters_.too_large : counters_.bad_request);
  answer_text(exchange, is_large ? 413 : 400, refusal_text(status));
}

std::string_view FlagsService::request_id_for(const http::Request& request) {
  const auto given = request.header("x-request-id");
  if (given && is_uuid(*given)) {
    return *given;
  }
  request_ids_.next(request_id_);
  return request_id_;
}

}  // namespace dp::flags
