// SPDX-License-Identifier: LicenseRef-Project
// What a project may send: read, replaced, taken away. The dataplane takes it over with the next
// request of the project.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/routes.h"
#include "controlplane/model/project_limits.h"
#include "dataplane/format/quota.h"

#include <optional>

namespace cp::api {
namespace {

constexpr std::int64_t kRateMax = 4'000'000'000;

web::Response answer_with(const std::optional<std::string>& limits) {
  const auto value = limits ? boost::json::parse(*limits) : boost::json::value(nullptr);
  return json_response(boost::json::object{{"limits", value}});
}

web::Response store(const Services& services, const model::Project& project,
                    const std::optional<std::string>& limits) {
  std::optional<std::string> stored;
  {
    auto transaction = services.pool.begin();
    model::set_project_limits(transaction, project.id, limits);
    stored = model::find_project_limits(transaction, project.id);
    transaction.commit();
  }
  services.publisher.publish_projects(services.pool);
  return answer_with(stored);
}

boost::json::array read_quotas(const std::vector<std::string>& names) {
  boost::json::array quotas;
  for (const auto& name : names) {
    if (!format::resource_named(name)) {
      throw invalid_field("quota_limited", "\"" + name + "\" is not a valid choice.",
                          "invalid_choice");
    }
    quotas.emplace_back(name);
  }
  return quotas;
}

web::Response replace(const Services& services, const web::Request& request,
                      const model::Project& project) {
  const JsonBody body(request);
  boost::json::object limits;
  for (const std::string name : {"events_per_second", "bytes_per_second"}) {
    if (const auto rate = body.optional_number(name, 0, kRateMax)) {
      limits[name] = *rate;
    }
  }
  if (const auto names = body.optional_texts("quota_limited")) {
    limits["quota_limited"] = read_quotas(*names);
  }
  return store(services, project, boost::json::serialize(limits));
}

}  // namespace

web::Response limits(const Services& services, const web::Request& request, const Caller& caller,
                     const model::Project& project) {
  if (request.method == "GET" || request.method == "HEAD") {
    caller.require("project", "read");
    auto transaction = services.pool.begin();
    return answer_with(model::find_project_limits(transaction, project.id));
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
