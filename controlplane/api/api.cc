// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/api/api.h"

#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/routes.h"
#include "controlplane/web/compression.h"

namespace cp::api {
namespace {

constexpr std::size_t kCompressedBytesMin = 1400;  // one packet; below it compression saves nothing

/// 200 while PostgreSQL answers: without it no request can be proved.
web::Response readiness(const Services& services) {
  services.pool.run("SELECT 1");
  return web::Response::with(200, "text/plain; charset=utf-8", "ready\n");
}

web::Response api_route(const Services& services, const web::Request& request) {
  const Segments segments(request.segments);
  if (segments.size() >= 2) {
    const auto& name = segments[1];
    const auto rest = segments.subspan(2);
    if (name == "login" && rest.empty()) {
      return log_in(services, request);
    }
    if (name == "logout" && rest.empty()) {
      return log_out(services, request);
    }
    if (name == "users") {
      return users(services, request, rest);
    }
    if (name == "personal_api_keys") {
      return personal_api_keys(services, request, rest);
    }
    if (name == "appliance") {
      return appliance(services, request, rest);
    }
    if (name == "projects" || name == "environments") {
      return projects(services, request, rest);
    }
  }
  throw not_found("Endpoint not found.");
}

web::Response route(const Services& services, const web::Request& request) {
  const auto& segments = request.segments;
  if (segments.empty()) {
    return services.page.serve(request);
  }
  if (segments[0] == "api") {
    return api_route(services, request);
  }
  if (segments[0] == "livestream") {
    if (segments.size() == 2 && segments[1] == "events") {
      return live_events(services, request);
    }
    throw not_found("Endpoint not found.");
  }
  if (segments.size() == 2 && segments[0] == "login" && segments[1] == "link") {
    return login_link(services, request);
  }
  if (segments[0] == "_readiness" || segments[0] == "_health") {
    return readiness(services);
  }
  return services.page.serve(request);
}

/// Compresses long JSON; ready-made files and streams are left alone.
void compress(const web::Request& request, web::Response& response) {
  if (response.producer || response.body.size() < kCompressedBytesMin ||
      response.headers.contains("Content-Encoding") ||
      response.headers.find("Content-Type") != "application/json") {
    return;
  }
  const auto encoding = web::choose_encoding(request.header("accept-encoding").value_or(""));
  if (encoding != web::Encoding::identity) {
    response.body = web::compress(encoding, response.body);
    response.headers.set("Content-Encoding", std::string(web::encoding_name(encoding)));
    response.headers.add("Vary", "Accept-Encoding");
  }
}

/// What every answer carries: no sniffing, no framing, no caching of what belongs to one user.
void protect(web::Response& response) {
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("X-Frame-Options", "DENY");
  response.headers.set("Referrer-Policy", "same-origin");
  if (!response.headers.contains("Content-Security-Policy")) {
    response.headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  }
  if (!response.headers.contains("Cache-Control")) {
    response.headers.set("Cache-Control", "no-store");
  }
}

web::Response guarded(const Services& services, const web::Request& request) {
  try {
    return route(services, request);
  } catch (const web::HttpError& error) {
    return error.response();
  } catch (const olap::QueryError& error) {
    return query_failure(error).response();
  } catch (const db::ConnectionLost&) {
    return web::HttpError(503, "server_error", "unavailable",
                          "The database cannot be reached right now.")
        .response();
  } catch (const db::PoolExhausted&) {
    return web::HttpError(503, "server_error", "unavailable", "The server is busy.").response();
  }
}

}  // namespace

web::Response Api::handle(const web::Request& request) const {
  auto response = guarded(services_, request);
  compress(request, response);
  protect(response);
  return response;
}

}  // namespace cp::api
