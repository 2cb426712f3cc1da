// SPDX-License-Identifier: LicenseRef-Project
// Login, logout, the signed-in user, personal API keys.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/routes.h"
#include "controlplane/api/internal/session_cookies.h"

namespace cp::api {
namespace {

constexpr std::size_t kEmailBytesMax = 254;
constexpr std::size_t kPasswordBytesMax = 4096;
constexpr std::size_t kLabelBytesMax = 40;
constexpr std::size_t kScopesMax = 64;

boost::json::object key_json(const model::PersonalApiKey& key) {
  boost::json::array scopes(key.scopes.begin(), key.scopes.end());
  return {
      {"id", key.id},
      {"label", key.label},
      {"value", nullptr},
      {"mask_value", key.mask_value},
      {"scopes", std::move(scopes)},
      {"scoped_teams", boost::json::array{}},
      {"scoped_organizations", boost::json::array{}},
      {"created_at", key.created_at},
      {"last_used_at",
       key.last_used_at ? boost::json::value(*key.last_used_at) : boost::json::value(nullptr)},
  };
}

/// `*` or `<object>:read|write`.
bool is_scope(std::string_view scope) {
  if (scope == "*") {
    return true;
  }
  const auto colon = scope.find(':');
  const auto object = scope.substr(0, colon);
  return colon != std::string_view::npos && !object.empty() &&
         object.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos &&
         (scope.substr(colon) == ":read" || scope.substr(colon) == ":write");
}

web::Response create_key(const Services& services, const web::Request& request,
                         const Caller& caller) {
  const JsonBody body(request);
  const auto label = body.required_text("label", kLabelBytesMax);
  const auto scopes = body.optional_texts("scopes");
  if (!scopes || scopes->empty()) {
    throw invalid_field("scopes", "This field is required.", "required");
  }
  if (scopes->size() > kScopesMax) {
    throw invalid_field("scopes", "Too many scopes.", "max_length");
  }
  for (const auto& scope : *scopes) {
    if (!is_scope(scope)) {
      throw invalid_field("scopes", "Invalid scope: " + scope);
    }
  }
  const auto created = services.authenticator.create_key(caller.user.id, label, *scopes);
  auto answer = key_json(created.key);
  answer["value"] = created.value;
  return json_response(std::move(answer), 201);
}

web::Response list_keys(const Services& services, const Caller& caller) {
  auto transaction = services.pool.begin();
  boost::json::array results;
  for (const auto& key : model::list_personal_api_keys(transaction, caller.user.id)) {
    results.push_back(key_json(key));
  }
  return json_response(results);
}

web::Response one_key(const Services& services, const web::Request& request, const Caller& caller,
                      const std::string& id) {
  auto transaction = services.pool.begin();
  if (request.method == "GET" || request.method == "HEAD") {
    const auto key = model::find_personal_api_key(transaction, caller.user.id, id);
    if (!key) {
      throw not_found();
    }
    return json_response(key_json(*key));
  }
  if (request.method != "DELETE") {
    throw method_not_allowed(request.method);
  }
  if (!model::delete_personal_api_key(transaction, caller.user.id, id)) {
    throw not_found();
  }
  transaction.commit();
  return {.status = 204, .headers = {}, .body = {}, .producer = {}};
}

}  // namespace

web::Response log_in(const Services& services, const web::Request& request) {
  if (request.method != "POST") {
    throw method_not_allowed(request.method);
  }
  refuse_cross_site(request);
  const JsonBody body(request);
  const auto email = body.required_text("email", kEmailBytesMax);
  const auto password = body.required_text("password", kPasswordBytesMax);
  const auto address = client_address(request);
  try {
    const auto login = services.authenticator.login(
        {email, password, address, request.cookie("sessionid").value_or("")});
    auto response = json_response({{"success", true}});
    add_session_cookies(response, services.site_url, login);
    return response;
  } catch (const auth::InvalidCredentials& error) {
    throw web::HttpError(400, "validation_error", "invalid_credentials", error.what());
  } catch (const auth::TooManyAttempts& error) {
    const web::HttpError refusal(429, "throttled_error", "throttled",
                                 "Too many login attempts. Try again in " +
                                     std::to_string(error.retry_after().count()) + " seconds.");
    auto response = refusal.response();
    response.headers.set("Retry-After", std::to_string(error.retry_after().count()));
    return response;
  }
}

web::Response log_out(const Services& services, const web::Request& request) {
  if (request.method != "POST") {
    throw method_not_allowed(request.method);
  }
  const auto session = request.cookie("sessionid").value_or("");
  if (services.authenticator.user_of_session(session)) {
    static_cast<void>(authenticate(services.authenticator, request));
    services.authenticator.logout(session);
  }
  web::Response response{.status = 204, .headers = {}, .body = {}, .producer = {}};
  remove_session_cookies(response, services.site_url);
  return response;
}

web::Response users(const Services& services, const web::Request& request, Segments rest) {
  const auto caller = authenticate(services.authenticator, request);
  caller.require("user", "read");
  if (rest.size() != 1 || (rest[0] != "@me" && rest[0] != caller.user.uuid)) {
    throw not_found();
  }
  if (request.method != "GET" && request.method != "HEAD") {
    throw method_not_allowed(request.method);
  }
  const auto project = project_of(services.pool, caller, "@current");
  auto transaction = services.pool.begin();
  const auto organization = model::find_organization(transaction, project.organization_id);
  if (!organization) {
    throw not_found("Organization not found.");
  }
  const boost::json::object organization_json{{"id", organization->id},
                                              {"name", organization->name}};
  return json_response({{"id", caller.user.id},
                        {"uuid", caller.user.uuid},
                        {"distinct_id", caller.user.distinct_id},
                        {"email", caller.user.email},
                        {"first_name", caller.user.first_name},
                        {"is_staff", false},
                        {"organization", organization_json},
                        {"organizations", boost::json::array{organization_json}},
                        {"team", project_json(project)}});
}

web::Response personal_api_keys(const Services& services, const web::Request& request,
                                Segments rest) {
  const auto caller = authenticate(services.authenticator, request);
  caller.require("*", "write");  // a limited key may not make itself a better one
  if (rest.size() > 1) {
    throw not_found();
  }
  if (rest.size() == 1) {
    return one_key(services, request, caller, rest[0]);
  }
  if (request.method == "POST") {
    return create_key(services, request, caller);
  }
  if (request.method != "GET" && request.method != "HEAD") {
    throw method_not_allowed(request.method);
  }
  return list_keys(services, caller);
}

}  // namespace cp::api
