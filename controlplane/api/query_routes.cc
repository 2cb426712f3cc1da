// SPDX-License-Identifier: LicenseRef-Project
// The query endpoint and the live stream.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/request_parameters.h"
#include "controlplane/api/internal/routes.h"
#include "controlplane/livestream/event_stream.h"
#include "controlplane/query/query_runner.h"

namespace cp::api {

web::Response query(const Services& services, const web::Request& request,
                    const model::Project& project, Segments rest) {
  if (rest.size() > 1) {
    throw not_found("Endpoint not found.");
  }
  if (request.method != "POST") {
    throw rest.empty() ? method_not_allowed(request.method) : not_found("Query not found.");
  }
  const JsonBody body(request);
  const auto* node = body.find("query");
  if (node == nullptr) {
    throw invalid_field("query", "This field is required.", "required");
  }
  if (!node->is_object()) {
    throw invalid_field("query", "Expected an object with a \"kind\".", "invalid");
  }
  const auto* kind = node->get_object().if_contains("kind");
  if (!rest.empty() && (kind == nullptr || !kind->is_string() || kind->get_string() != rest[0])) {
    throw invalid_field("kind", "The kind of the query must equal the one in the path.");
  }
  const query::QueryRunner runner(
      [&](std::string_view sql, const olap::Parameters& parameters) {
        return services.clickhouse.query(sql, parameters);
      },
      {project.id, project.timezone, project.week_start_day == 1},
      [] { return std::chrono::system_clock::now(); });
  try {
    return web::Response::with(200, "application/json", runner.run(boost::json::serialize(*node)));
  } catch (const query::InvalidQuery& error) {
    throw invalid_field(error.attr(), error.what(), error.code());
  }
}

web::Response live_events(const Services& services, const web::Request& request) {
  if (request.method != "GET") {
    throw method_not_allowed(request.method);
  }
  const auto caller = authenticate(services.authenticator, request);
  caller.require("query", "read");
  const auto project = project_of(services.pool, caller, "@current");
  livestream::Filter filter;
  filter.event_types = list_parameter(request, "eventType");
  filter.distinct_id = text_parameter(request, "distinctId");
  if (request.query_value("columns")) {
    filter.columns = list_parameter(request, "columns");
  }
  return livestream::stream_events(
      services.live_events.subscribe(project.id, project.api_token, std::move(filter)));
}

}  // namespace cp::api
