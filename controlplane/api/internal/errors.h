// SPDX-License-Identifier: LicenseRef-Project
// The refusals of the API in PostHog's words. Internal to controlplane/api.
#pragma once

#include "controlplane/web/http_error.h"

#include <string>

namespace cp::api {

inline web::HttpError not_found(const std::string& detail = "Not found.") {
  return {404, "invalid_request", "not_found", detail};
}

inline web::HttpError method_not_allowed(const std::string& method) {
  return {405, "invalid_request", "method_not_allowed", "Method \"" + method + "\" not allowed."};
}

inline web::HttpError not_authenticated() {
  return {401, "authentication_error", "not_authenticated",
          "Authentication credentials were not provided."};
}

inline web::HttpError permission_denied(const std::string& detail) {
  return {403, "authentication_error", "permission_denied", detail};
}

/// A field of the caller's that cannot be used; `attr` is its name.
inline web::HttpError invalid_field(const std::string& attr, const std::string& detail,
                                    const std::string& code = "invalid_input") {
  return {400, "validation_error", code, detail, attr};
}

}  // namespace cp::api
