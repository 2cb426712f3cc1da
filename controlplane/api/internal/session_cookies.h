// SPDX-License-Identifier: LicenseRef-Project
// The cookies of a signed-in browser. Internal to controlplane/api.
#pragma once

#include "controlplane/auth/authenticator.h"
#include "controlplane/web/message.h"

#include <string>

namespace cp::api {

/// Gives a browser its session; Secure when the page is reached by https.
void add_session_cookies(web::Response& response, const std::string& site_url,
                         const auth::Login& login);

/// Takes both cookies away again.
void remove_session_cookies(web::Response& response, const std::string& site_url);

}  // namespace cp::api
