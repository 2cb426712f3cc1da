// SPDX-License-Identifier: LicenseRef-Project
// A project's privacy policy. Checked with the dataplane's own reader, so that nothing is stored
// that a shard would not understand.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/project_document.h"
#include "controlplane/model/privacy_policy.h"
#include "dataplane/format/privacy/policy.h"

namespace cp::api {
namespace {

std::string read_policy(const web::Request& request) {
  const JsonBody body(request);  // a body that is no JSON object is refused in the usual words
  format::privacy::PolicyComplaint complaint;
  if (!format::privacy::read_policy(request.body, complaint)) {
    throw invalid_field(complaint.field, "Expected " + complaint.expected + ".");
  }
  return request.body;
}

void add_default(const Services& services, boost::json::object& answer) {
  answer["installation_default"] = services.guards_by_default ? "standard" : "off";
  answer["standard"] = boost::json::parse(format::privacy::kStandardPolicyJson);
}

constexpr ProjectDocument kPolicy{"policy", model::find_privacy_policy, model::set_privacy_policy,
                                  read_policy, add_default};

}  // namespace

web::Response privacy(const Services& services, const web::Request& request, const Caller& caller,
                      const model::Project& project) {
  return serve_document(services, request, caller, project, kPolicy);
}

}  // namespace cp::api
