// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/api/internal/session_cookies.h"

namespace cp::api {
namespace {

constexpr int kCookieSeconds = 14 * 24 * 3600;

std::string cookie(const std::string& site_url, const std::string& name, const std::string& value,
                   bool is_http_only) {
  return name + "=" + value +
         "; Path=/; SameSite=Lax; Max-Age=" + std::to_string(value.empty() ? 0 : kCookieSeconds) +
         (is_http_only ? "; HttpOnly" : "") + (site_url.starts_with("https://") ? "; Secure" : "");
}

}  // namespace

void add_session_cookies(web::Response& response, const std::string& site_url,
                         const auth::Login& login) {
  response.headers.add("Set-Cookie", cookie(site_url, "sessionid", login.session_token, true));
  response.headers.add("Set-Cookie", cookie(site_url, "csrftoken", login.csrf_token, false));
}

void remove_session_cookies(web::Response& response, const std::string& site_url) {
  response.headers.add("Set-Cookie", cookie(site_url, "sessionid", "", true));
  response.headers.add("Set-Cookie", cookie(site_url, "csrftoken", "", false));
}

}  // namespace cp::api
