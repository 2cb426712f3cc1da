// SPDX-License-Identifier: LicenseRef-Project
// Projects and what lies below them; PostHog calls the same thing environment, project and team.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/routes.h"

namespace cp::api {
namespace {

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kTimezoneBytesMax = 64;

web::Response list(const Services& services, const Caller& caller) {
  auto transaction = services.pool.begin();
  boost::json::array results;
  for (const auto& project : model::list_projects_of_user(transaction, caller.user.id)) {
    results.push_back(project_json(project));
  }
  const auto count = results.size();
  return json_response({{"count", count},
                        {"next", nullptr},
                        {"previous", nullptr},
                        {"results", std::move(results)}});
}

web::Response change(const Services& services, const web::Request& request,
                     const model::Project& project) {
  const JsonBody body(request);
  model::ProjectChange wanted;
  wanted.name = body.optional_text("name", kNameBytesMax);
  wanted.timezone = body.optional_text("timezone", kTimezoneBytesMax);
  wanted.autocapture_opt_out = body.optional_flag("autocapture_opt_out");
  wanted.session_recording_opt_in = body.optional_flag("session_recording_opt_in");
  wanted.heatmaps_opt_in = body.optional_flag("heatmaps_opt_in");
  // PostHog's 2 keeps a state per person, which this product does not.
  if (const auto mode = body.optional_number("cookieless_server_hash_mode", 0, 1)) {
    wanted.cookieless_server_hash_mode = static_cast<int>(*mode);
  }
  if (const auto day = body.optional_number("week_start_day", 0, 1)) {
    wanted.week_start_day = static_cast<int>(*day);
  }
  model::Project changed;
  {
    auto transaction = services.pool.begin();
    if (wanted.timezone && !model::is_timezone(transaction, *wanted.timezone)) {
      throw invalid_field("timezone", "\"" + *wanted.timezone + "\" is not a valid choice.",
                          "invalid_choice");
    }
    changed = model::update_project(transaction, project.id, wanted);
    transaction.commit();
  }
  services.publisher.publish_projects(services.pool);
  return json_response(project_json(changed));
}

web::Response one(const Services& services, const web::Request& request, const Caller& caller,
                  const model::Project& project) {
  if (request.method == "GET" || request.method == "HEAD") {
    caller.require("project", "read");
    return json_response(project_json(project));
  }
  if (request.method == "PATCH") {
    caller.require("project", "write");
    return change(services, request, project);
  }
  throw method_not_allowed(request.method);
}

}  // namespace

boost::json::object project_json(const model::Project& project) {
  return {
      {"id", project.id},
      {"uuid", project.uuid},
      {"organization", project.organization_id},
      {"name", project.name},
      {"api_token", project.api_token},
      {"timezone", project.timezone},
      {"week_start_day", project.week_start_day},
      {"autocapture_opt_out", project.autocapture_opt_out},
      {"session_recording_opt_in", project.session_recording_opt_in},
      {"cookieless_server_hash_mode", project.cookieless_server_hash_mode},
      {"heatmaps_opt_in", project.heatmaps_opt_in},
      {"created_at", project.created_at},
      {"updated_at", project.updated_at},
  };
}

web::Response projects(const Services& services, const web::Request& request, Segments rest) {
  const auto caller = authenticate(services.authenticator, request);
  if (rest.empty()) {
    caller.require("project", "read");
    if (request.method != "GET" && request.method != "HEAD") {
      throw method_not_allowed(request.method);
    }
    return list(services, caller);
  }
  const auto project = project_of(services.pool, caller, rest[0]);
  if (rest.size() == 1) {
    return one(services, request, caller, project);
  }
  const auto& resource = rest[1];
  if (resource == "query") {
    caller.require("query", "read");
    return query(services, request, project, rest.subspan(2));
  }
  if (resource == "session_recordings") {
    caller.require("session_recording", "read");
    return session_recordings(services, request, project, rest.subspan(2));
  }
  if (rest.size() > 2) {
    throw not_found("Endpoint not found.");
  }
  if (resource == "privacy") {
    return privacy(services, request, caller, project);
  }
  if (resource == "limits") {
    return limits(services, request, caller, project);
  }
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (resource == "events") {
    caller.require("query", "read");
    return is_read ? events(services, request, project) : throw method_not_allowed(request.method);
  }
  if (resource == "event_definitions") {
    caller.require("event_definition", "read");
    return is_read ? event_definitions(services, request, project)
                   : throw method_not_allowed(request.method);
  }
  if (resource == "property_definitions") {
    caller.require("property_definition", "read");
    return is_read ? property_definitions(services, request, project)
                   : throw method_not_allowed(request.method);
  }
  if (resource == "ingestion_ledger") {
    caller.require("project", "read");
    return is_read ? ingestion_ledger(services, request, project)
                   : throw method_not_allowed(request.method);
  }
  throw not_found("Endpoint not found.");
}

}  // namespace cp::api
