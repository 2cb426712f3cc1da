// SPDX-License-Identifier: LicenseRef-Project
// What a project may send: rates, and which of its quotas are used up.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/project_document.h"
#include "controlplane/model/project_limits.h"
#include "dataplane/format/quota.h"

#include <string>
#include <vector>

namespace cp::api {
namespace {

constexpr std::int64_t kRateMax = 4'000'000'000;

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

std::string read_limits(const web::Request& request) {
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
  return boost::json::serialize(limits);
}

constexpr ProjectDocument kLimits{"limits", model::find_project_limits, model::set_project_limits,
                                  read_limits};

}  // namespace

web::Response limits(const Services& services, const web::Request& request, const Caller& caller,
                     const model::Project& project) {
  return serve_document(services, request, caller, project, kLimits);
}

}  // namespace cp::api
