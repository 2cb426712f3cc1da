// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/api/internal/caller.h"

#include "controlplane/api/internal/errors.h"

#include <algorithm>
#include <charconv>

namespace cp::api {
namespace {

bool is_safe(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

Caller from_key(auth::Authenticator& authenticator, std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size() ||
      !web::equal_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) {
    throw not_authenticated();
  }
  auto key = authorization.substr(kScheme.size());
  while (key.starts_with(' ')) {
    key.remove_prefix(1);
  }
  auto holder = authenticator.holder_of_key(key);
  if (!holder) {
    throw web::HttpError(401, "authentication_error", "authentication_failed",
                         "Personal API key found in request Authorization header is invalid.");
  }
  return {std::move(holder->user), false, std::move(holder->scopes)};
}

}  // namespace

void Caller::require(std::string_view object, std::string_view action) const {
  if (is_session) {
    return;
  }
  const auto has = [&](const std::string& scope) {
    return std::ranges::find(scopes, scope) != scopes.end();
  };
  const std::string wanted = std::string(object) + ":" + std::string(action);
  if (has("*") || has(wanted) || (action == "read" && has(std::string(object) + ":write"))) {
    return;
  }
  throw permission_denied("API key missing required scope '" + wanted + "'");
}

void refuse_cross_site(const web::Request& request) {
  if (!is_safe(request.method) && request.header("sec-fetch-site") == "cross-site") {
    throw permission_denied("CSRF Failed: the request comes from another site.");
  }
}

Caller authenticate(auth::Authenticator& authenticator, const web::Request& request) {
  if (const auto authorization = request.header("authorization")) {
    return from_key(authenticator, *authorization);
  }
  const auto session = request.cookie("sessionid").value_or("");
  if (session.empty()) {
    throw not_authenticated();
  }
  auto user = authenticator.user_of_session(session);
  if (!user) {
    throw not_authenticated();
  }
  if (!is_safe(request.method)) {
    refuse_cross_site(request);
    const auto header = request.header("x-csrftoken").value_or("");
    if (header.empty()) {
      throw permission_denied("CSRF Failed: CSRF token missing.");
    }
    if (!authenticator.is_csrf_valid(session, request.cookie("csrftoken").value_or(""), header)) {
      throw permission_denied("CSRF Failed: CSRF token incorrect.");
    }
  }
  return {std::move(*user), true, {}};
}

std::string client_address(const web::Request& request) {
  auto forwarded = request.header("x-forwarded-for").value_or("");
  if (const auto comma = forwarded.rfind(','); comma != std::string_view::npos) {
    forwarded.remove_prefix(comma + 1);
  }
  const auto start = forwarded.find_first_not_of(' ');
  return start == std::string_view::npos ? request.peer : std::string(forwarded.substr(start));
}

model::Project project_of(db::Pool& pool, const Caller& caller, const std::string& id) {
  auto transaction = pool.begin();
  if (id == "@current") {
    auto projects = model::list_projects_of_user(transaction, caller.user.id);
    const auto current = std::ranges::find(projects, caller.user.current_project_id.value_or(0),
                                           &model::Project::id);
    if (current != projects.end()) {
      return *current;
    }
    if (!projects.empty()) {
      return projects.front();
    }
    throw not_found("Project not found.");
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc{} || end != id.data() + id.size()) {
    throw not_found("Project not found.");
  }
  auto project = model::find_project_of_user(transaction, caller.user.id, number);
  if (!project) {
    throw not_found("Project not found.");
  }
  return *project;
}

}  // namespace cp::api
