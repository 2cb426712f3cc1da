// SPDX-License-Identifier: LicenseRef-Project
// `/api/appliance/…`: the machine itself, for those who run it. The appliance service answers; this
// passes its JSON on.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/request_parameters.h"
#include "controlplane/api/internal/routes.h"
#include "controlplane/appliance/client.h"

#include <string>
#include <vector>

namespace cp::api {
namespace {

constexpr std::size_t kWordBytesMax = 255;
constexpr std::int64_t kLogLinesDefault = 200;
constexpr std::int64_t kLogLinesMax = 1000;

web::HttpError http_error(const appliance::Failure& failure) {
  using appliance::FailureKind;
  const std::string text = failure.what();
  switch (failure.kind()) {
    case FailureKind::absent:
      return {503, "server_error", "not_an_appliance", "This installation is not an appliance."};
    case FailureKind::denied:
      return permission_denied(text);
    case FailureKind::invalid:
      return invalid_field(failure.field(), text);
    case FailureKind::refused:
      return {409, "invalid_request", "refused", text};
    case FailureKind::not_found:
      return not_found(text);
    case FailureKind::timed_out:
      return {504, "server_error", "timed_out", text};
    case FailureKind::failed:
      break;
  }
  return {500, "server_error", "failed", text};
}

bool runs_the_organization(const Services& services, const Caller& caller) {
  auto transaction = services.pool.begin();
  const auto level = model::find_highest_level(transaction, caller.user.id);
  return level && *level >= model::MembershipLevel::admin;
}

/// A person, not a key, who runs the organization: what happens here concerns the whole machine.
void require_operator(const Services& services, const Caller& caller) {
  if (!caller.is_session) {
    throw permission_denied("The appliance can be managed in the page only, not with an API key.");
  }
  if (!runs_the_organization(services, caller)) {
    throw permission_denied("Only an owner or an admin of the organization can do that.");
  }
}

void require_method(const web::Request& request, const std::string& method) {
  const bool is_read = method == "GET" && request.method == "HEAD";
  if (request.method != method && !is_read) {
    throw method_not_allowed(request.method);
  }
}

using Arguments = std::vector<std::string>;

web::Response ask(const Services& services, const std::string& noun, const std::string& method,
                  const Arguments& arguments) {
  try {
    return web::Response::with(200, "application/json",
                               services.appliance.call(noun, method, arguments));
  } catch (const appliance::Failure& failure) {
    throw http_error(failure);
  }
}

/// Whether the caller has an appliance to look at; a plain answer, because most installations have
/// none and every page asks.
web::Response availability(const Services& services, const Caller& caller) {
  bool is_available = caller.is_session && runs_the_organization(services, caller);
  try {
    is_available = is_available && !services.appliance.call("Health", "Describe", {}).empty();
  } catch (const appliance::Failure& failure) {
    is_available = failure.kind() != appliance::FailureKind::absent &&
                   failure.kind() != appliance::FailureKind::denied;
  }
  return json_response({{"available", is_available}});
}

/// The fields `names` of the body, in their order.
Arguments fields(const web::Request& request, const std::vector<std::string>& names) {
  const JsonBody body(request);
  Arguments values;
  for (const auto& name : names) {
    values.push_back(body.required_text(name, kWordBytesMax));
  }
  return values;
}

web::Response services_route(const Services& services, const web::Request& request, Segments rest) {
  if (rest.empty()) {
    require_method(request, "GET");
    return ask(services, "Services", "Describe", {});
  }
  const bool is_plan = rest[0] == "plan";
  if (rest.size() != 1 || (!is_plan && rest[0] != "act")) {
    throw not_found("Endpoint not found.");
  }
  require_method(request, "POST");
  return ask(services, "Services", is_plan ? "Plan" : "Act", fields(request, {"unit", "verb"}));
}

web::Response power_route(const Services& services, const web::Request& request, Segments rest) {
  const bool is_plan = rest.size() == 1 && rest[0] == "plan";
  if (!is_plan && (rest.size() != 1 || rest[0] != "act")) {
    throw not_found("Endpoint not found.");
  }
  require_method(request, "POST");
  return ask(services, "Power", is_plan ? "Plan" : "Act", fields(request, {"verb"}));
}

web::Response logs_route(const Services& services, const web::Request& request) {
  require_method(request, "GET");
  const auto lines = number_parameter(request, "lines", kLogLinesDefault, 1, kLogLinesMax);
  return ask(services, "Services", "ReadLog",
             {text_parameter(request, "unit"), text_parameter(request, "filter"),
              text_parameter(request, "cursor"), std::to_string(lines)});
}

}  // namespace

web::Response appliance(const Services& services, const web::Request& request, Segments rest) {
  const auto caller = authenticate(services.authenticator, request);
  if (rest.size() == 1 && rest[0] == "availability") {
    require_method(request, "GET");
    return availability(services, caller);
  }
  require_operator(services, caller);
  if (rest.empty()) {
    require_method(request, "GET");
    return ask(services, "Health", "Describe", {});
  }
  const auto& name = rest[0];
  const auto below = rest.subspan(1);
  if (name == "services") {
    return services_route(services, request, below);
  }
  if (name == "power") {
    return power_route(services, request, below);
  }
  if (name == "logs" && below.empty()) {
    return logs_route(services, request);
  }
  if (name == "operations" && below.size() == 1) {
    require_method(request, "GET");
    return ask(services, "Operations", "Describe", {below[0]});
  }
  throw not_found("Endpoint not found.");
}

}  // namespace cp::api
