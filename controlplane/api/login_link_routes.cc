// SPDX-License-Identifier: LicenseRef-Project
// `/login/link`: a link that signs in once. Reading it changes nothing, so that no preview of a
// mail or chat program uses it up; the button on its page does.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/routes.h"
#include "controlplane/api/internal/session_cookies.h"
#include "controlplane/web/url.h"

#include <string>
#include <string_view>

namespace cp::api {
namespace {

constexpr std::size_t kFormBytesMax = 4096;

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;"
    "place-items:center}"
    "main{max-width:26rem;padding:2rem}h1{font-size:1.4rem;margin:0 0 .5rem}"
    "p{margin:0 0 1.25rem}"
    "button{font:inherit;font-weight:600;padding:.55rem 1.1rem;border-radius:.4rem;"
    "border:1px solid currentColor;background:none;color:inherit;cursor:pointer}"
    "button:focus-visible,a:focus-visible{outline:3px solid #4c6ef5;outline-offset:2px}";

/// A whole page with a heading and ready-made HTML below it.
web::Response html_page(int status, const std::string& heading, const std::string& content) {
  auto response =
      web::Response::with(status, "text/html; charset=utf-8",
                          "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                          "<meta name=\"robots\" content=\"noindex\"><title>" +
                              heading + " – Bristle</title><style>" + std::string(kStyle) +
                              "</style></head><body><main><h1>" + heading + "</h1>" + content +
                              "</main></body></html>\n");
  response.headers.set("Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                       "base-uri 'none'; frame-ancestors 'none'");
  return response;
}

web::Response spent_page() {
  return html_page(410, "This link no longer works",
                   "<p>It was used already, or its 15 minutes are over. Make a new one on the "
                   "console of the machine.</p>"
                   "<p><a href=\"/\">Sign in with a password</a></p>");
}

/// The token is letters and digits only; anything else is no link of ours.
bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
             std::string_view::npos;
}

web::Response offer(const Services& services, const web::Request& request) {
  const std::string token(request.query_value("token").value_or(""));
  if (!is_token(token) ||
      !services.authenticator.is_link_good({token, client_address(request), {}})) {
    return spent_page();
  }
  return html_page(200, "Sign in to Bristle",
                   "<p>This link signs you in once, without a password.</p>"
                   "<form method=\"post\" action=\"/login/link\">"
                   "<input type=\"hidden\" name=\"token\" value=\"" +
                       token + "\"><button autofocus>Sign in</button></form>");
}

web::Response use(const Services& services, const web::Request& request) {
  refuse_cross_site(request);
  std::string token;
  if (request.body.size() <= kFormBytesMax) {
    for (const auto& [name, value] : web::parse_query(request.body)) {
      if (name == "token") {
        token = value;
      }
    }
  }
  const auto address = client_address(request);
  const auto login = is_token(token)
                         ? services.authenticator.login_by_link(
                               {token, address, request.cookie("sessionid").value_or("")})
                         : std::nullopt;
  if (!login) {
    return spent_page();
  }
  web::Response response{.status = 303, .headers = {}, .body = {}, .producer = {}};
  response.headers.set("Location", "/");
  add_session_cookies(response, services.site_url, *login);
  return response;
}

}  // namespace

web::Response login_link(const Services& services, const web::Request& request) {
  try {
    if (request.method == "GET" || request.method == "HEAD") {
      return offer(services, request);
    }
    if (request.method == "POST") {
      return use(services, request);
    }
  } catch (const auth::TooManyAttempts& error) {
    auto response =
        html_page(429, "Too many attempts", "<p>Wait a few minutes, then open the link again.</p>");
    response.headers.set("Retry-After", std::to_string(error.retry_after().count()));
    return response;
  }
  throw method_not_allowed(request.method);
}

}  // namespace cp::api
