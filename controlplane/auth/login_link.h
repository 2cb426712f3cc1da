// SPDX-License-Identifier: LicenseRef-Project
// Making a link that signs somebody in once: for the operator of the machine, who needs no
// password.
#pragma once

#include "controlplane/db/database.h"

#include <chrono>
#include <stdexcept>
#include <string>

namespace cp::auth {

/// No active account has this email, or there is no account yet.
class NoSuchAccount : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline constexpr std::chrono::minutes kLoginLinkLifetime{15};

/// A new link's token, 256 random bits in base 62, for the account of `email` (empty: the first
/// one). The store keeps its hash only. Throws NoSuchAccount and db::Error.
std::string create_login_link(db::Pool& pool, const std::string& email);

}  // namespace cp::auth
