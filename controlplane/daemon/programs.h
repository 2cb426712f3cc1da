// SPDX-License-Identifier: LicenseRef-Project
// The subcommands of bristle-controlplane. Each reads its settings (exit 78 when one is bad),
// works, and returns the process's exit code; what it throws is printed by main.
#pragma once

#include <string>

namespace cp::daemon {

/// Brings both stores to this program's schema, creates the first account, publishes the tenant
/// store; ends then.
int run_migrate();

/// Serves the API and the page until SIGTERM or SIGINT.
int run_api();

/// Prints a link that signs the account of `email` (empty: the first one) in once:
/// {"url","expires_s"}; ends then. 67 when there is no such account.
int run_login_link(const std::string& email);

/// Sends one event through the whole product and says in BRISTLE_CANARY_FILE what became of it;
/// ends then. 1 when it was not found.
int run_canary();

/// Carries the event log into ClickHouse until SIGTERM or SIGINT.
int run_worker();

}  // namespace cp::daemon
