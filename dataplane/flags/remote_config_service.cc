// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/flags/remote_config_service.h"

#include "dataplane/flags/document.h"

#include <algorithm>

namespace dp::flags {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kPrefix = "/array/";
constexpr std::string_view kScript = "config.js";

/// The two parts of `/array/<token>/<file>`, an ending slash ignored. Empty token: the path is not
/// ours.
struct ConfigPath {
  std::string_view token;
  bool is_script = false;
};

bool is_token_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// Tokens of other characters than these cannot exist; that also keeps the script free of anything
/// to escape.
ConfigPath parse_path(std::string_view path) noexcept {
  if (!path.starts_with(kPrefix)) {
    return {};
  }
  path.remove_prefix(kPrefix.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) {
    return {};
  }
  auto file = path.substr(slash + 1);
  if (file.ends_with('/')) {
    file.remove_suffix(1);
  }
  const auto token = path.substr(0, slash);
  const bool is_ours = (file == "config" || file == kScript) &&
                       std::all_of(token.begin(), token.end(), is_token_character);
  return is_ours ? ConfigPath{token, file == kScript} : ConfigPath{};
}

}  // namespace

RemoteConfigService::RemoteConfigService(tenant::Store& store)
    : tenants_(store),
      unknown_(
          {404, "application/json",
           R"({"type":"invalid_request","code":"not_found","detail":"Not found.","attr":null})",
           ""}),
      unavailable_({503, kText, "service unavailable: the project store cannot be read yet",
                    "Retry-After: 30\r\n"}),
      wrong_method_({405, "", "", "Allow: GET, HEAD, OPTIONS\r\n"}),
      too_large_({413, kText, "a request for the remote config has no body", ""}),
      stalled_({408, kText, "client stopped sending data", ""}) {}

bool RemoteConfigService::serves(std::string_view path) noexcept {
  return !parse_path(path).token.empty();
}

void RemoteConfigService::handle(const http::Request& request, http::Exchange exchange) noexcept {
  switch (request.method) {
    case http::Method::get:
    case http::Method::head:
      return answer_config(request, exchange);
    case http::Method::options:
      ++counters_.ok;
      return exchange.answer_preflight(request, "GET,HEAD,OPTIONS");
    default:
      ++counters_.method_not_allowed;
      return exchange.answer(wrong_method_);
  }
}

const http::StaticAnswer& RemoteConfigService::refuse(http::Refusal refusal) noexcept {
  const bool is_large = refusal == http::Refusal::body_too_large;
  ++(is_large ? counters_.too_large : counters_.timed_out);
  return is_large ? too_large_ : stalled_;
}

void RemoteConfigService::answer_config(const http::Request& request,
                                        const http::Exchange& exchange) {
  const auto path = parse_path(request.path);
  std::string_view project;
  const auto outcome = tenants_.find(path.token, project);
  const auto config = outcome == tenant::Lookup::found ? remote_config_of(project) : std::nullopt;
  if (config && path.is_script) {
    render_config_script(body_, path.token, *config);
  } else if (config) {
    body_ = *config;
  }
  tenants_.finish();
  if (!config) {
    const bool is_unknown = outcome == tenant::Lookup::unknown;
    ++(is_unknown ? counters_.not_found : counters_.unavailable);
    return exchange.answer(is_unknown ? unknown_ : unavailable_);
  }
  render_entity_tag(entity_tag_, body_);
  fields_ = "Cache-Control: no-cache\r\nETag: ";
  fields_ += entity_tag_;
  fields_ += "\r\n";
  const auto known = request.header("if-none-match");
  if (known && matches_entity_tag(*known, entity_tag_)) {
    ++counters_.not_modified;
    return exchange.answer(http::Answer{304, "", "", fields_});
  }
  ++counters_.ok;
  const std::string_view type =
      path.is_script ? "application/javascript; charset=utf-8" : "application/json";
  exchange.answer(http::Answer{200, type, body_, fields_});
}

}  // namespace dp::flags
