// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/discard_service.h"

namespace dp::capture {
namespace {

constexpr std::string_view kBlackHole = "/test/black_hole";

std::string_view without_trailing_slash(std::string_view path) noexcept {
  return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

}  // namespace

bool DiscardService::serves(std::string_view path) noexcept {
  const auto plain = without_trailing_slash(path);
  return plain == "/i/v1/logs" || plain == "/i/v1/metrics" || plain == kBlackHole;
}

void DiscardService::handle(const http::Request& request, http::Exchange exchange) noexcept {
  const auto is_black_hole = without_trailing_slash(request.path) == kBlackHole;
  if (request.method == http::Method::options) {
    static_cast<void>(acknowledger_.count(Outcome::preflight));
    exchange.answer_preflight(request, "GET,POST,OPTIONS");
    return;
  }
  if (request.method == http::Method::post ||
      (is_black_hole && request.method == http::Method::get)) {
    acknowledger_.finish(exchange,
                         is_black_hole ? Outcome::black_hole : Outcome::telemetry_discarded);
    return;
  }
  acknowledger_.finish(exchange, is_black_hole ? Outcome::method_not_allowed : Outcome::post_only);
}

const http::StaticAnswer& DiscardService::refuse(http::Refusal refusal) noexcept {
  return acknowledger_.count(refusal == http::Refusal::body_too_large ? Outcome::body_too_large
                                                                      : Outcome::body_stalled);
}

}  // namespace dp::capture
