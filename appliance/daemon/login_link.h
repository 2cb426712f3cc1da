// SPDX-License-Identifier: LicenseRef-Project
// A one-time link into the page, made by the controlplane's own subcommand.
#pragma once

#include "appliance/exec/runner.h"

#include <filesystem>
#include <string>

namespace ap::daemon {

/// Runs `bristle-controlplane login-link` as the user bristle-control with the product's
/// environment. `email` empty: the first account. Returns {"url","expires_s"}.
/// Throws Failure: `invalid` for what is no address, `not_found` when nobody has it, `failed`.
std::string create_login_link(const std::filesystem::path& root, exec::Runner& runner,
                              const std::string& email);

}  // namespace ap::daemon
