// SPDX-License-Identifier: LicenseRef-Project
// A project's privacy policy: read, replaced, taken away. Checked with the dataplane's own reader,
// so that nothing is stored that a shard would not understand.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/routes.h"
#include "controlplane/model/privacy_policy.h"
#include "dataplane/format/privacy/policy.h"

#include <optional>

namespace cp::api {
namespace {

web::Response answer_with(const std::optional<std::string>& policy) {
  const auto value = policy ? boost::json::parse(*policy) : boost::json::value(nullptr);
  return json_response(boost::json::object{{"policy", value}});
}

web::Response store(const Services& services, const model::Project& project,
                    const std::optional<std::string>& policy) {
  std::optional<std::string> stored;
  {
    auto transaction = services.pool.begin();
    model::set_privacy_policy(transaction, project.id, policy);
    stored = model::find_privacy_policy(transaction, project.id);
    transaction.commit();
  }
  services.publisher.publish_projects(services.pool);
  return answer_with(stored);
}

web::Response replace(const Services& services, const web::Request& request,
                      const model::Project& project) {
  const JsonBody body(request);  // a body that is no JSON object is refused in the usual words
  format::privacy::PolicyComplaint complaint;
  if (!format::privacy::read_policy(request.body, complaint)) {
    throw invalid_field(complaint.field, "Expected " + complaint.expected + ".");
  }
  return store(services, project, request.body);
}

}  // namespace

web::Response privacy(const Services& services, const web::Request& request, const Caller& caller,
                      const model::Project& project) {
  if (request.method == "GET" || request.method == "HEAD") {
    caller.require("project", "read");
    auto transaction = services.pool.begin();
    return answer_with(model::find_privacy_policy(transaction, project.id));
  }
  caller.require("project", "write");
  if (request.method == "PUT") {
    return replace(services, request, project);
  }
  if (request.method == "DELETE") {
    return store(services, project, std::nullopt);
  }
  throw method_not_allowed(request.method);
}

}  // namespace cp::api
