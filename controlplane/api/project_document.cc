// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/api/internal/project_document.h"

#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"

namespace cp::api {
namespace {

web::Response answer_with(const Services& services, const ProjectDocument& document,
                          const std::optional<std::string>& json) {
  const auto value = json ? boost::json::parse(*json) : boost::json::value(nullptr);
  boost::json::object answer{{document.name, value}};
  if (document.add_default != nullptr) {
    document.add_default(services, answer);
  }
  return json_response(answer);
}

web::Response store(const Services& services, const model::Project& project,
                    const ProjectDocument& document, const std::optional<std::string>& json) {
  std::optional<std::string> stored;
  {
    auto transaction = services.pool.begin();
    document.set(transaction, project.id, json);
    stored = document.find(transaction, project.id);
    transaction.commit();
  }
  services.publisher.publish_projects(services.pool);
  return answer_with(services, document, stored);
}

}  // namespace

web::Response serve_document(const Services& services, const web::Request& request,
                             const Caller& caller, const model::Project& project,
                             const ProjectDocument& document) {
  if (request.method == "GET" || request.method == "HEAD") {
    caller.require("project", "read");
    auto transaction = services.pool.begin();
    return answer_with(services, document, document.find(transaction, project.id));
  }
  caller.require("project", "write");
  if (request.method == "PUT") {
    return store(services, project, document, document.read(request));
  }
  if (request.method == "DELETE") {
    return store(services, project, document, std::nullopt);
  }
  throw method_not_allowed(request.method);
}

}  // namespace cp::api
