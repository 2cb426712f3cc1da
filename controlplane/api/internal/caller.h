// SPDX-License-Identifier: LicenseRef-Project
// Who sent a request, and what they may do. Internal to controlplane/api.
#pragma once

#include "controlplane/auth/authenticator.h"
#include "controlplane/model/project.h"
#include "controlplane/web/message.h"

#include <string>
#include <string_view>
#include <vector>

namespace cp::api {

/// A proved caller.
struct Caller {
  model::User user;
  bool is_session = false;
  std::vector<std::string> scopes;  ///< of a personal API key; a session may do everything

  /// Throws 403 unless the caller holds `object`:`action` (`write` includes `read`).
  void require(std::string_view object, std::string_view action) const;
};

/// Proves the caller by `Authorization: Bearer phx_…` or else the session cookie. A cookie must be
/// backed by the CSRF token when the method is unsafe. Throws 401 or 403.
Caller authenticate(auth::Authenticator& authenticator, const web::Request& request);

/// Refuses an unsafe request that a browser says comes from another site.
void refuse_cross_site(const web::Request& request);

/// The address the dataplane vouches for: the last entry of X-Forwarded-For, else the peer.
std::string client_address(const web::Request& request);

/// The project a path names (`@current` or its id). Throws 404 for one the caller cannot see.
model::Project project_of(db::Pool& pool, const Caller& caller, const std::string& id);

}  // namespace cp::api
