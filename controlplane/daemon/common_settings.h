// SPDX-License-Identifier: LicenseRef-Project
// Settings that several subcommands read, with their checks (.env.example lists all of them).
#pragma once

#include "controlplane/db/database.h"
#include "controlplane/olap/client.h"
#include "dataplane/base/settings.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cp::daemon {

/// DATABASE_URL.
db::Options database_options(base::Settings& settings, const std::string& application_name);

/// CLICKHOUSE_URL, CLICKHOUSE_DATABASE, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD.
olap::Address clickhouse_address(base::Settings& settings);

/// SITE_URL without a slash at its end.
std::string site_url(base::Settings& settings);

/// SECRET_KEY: at least 32 characters.
std::string secret_key(base::Settings& settings);

/// `0,2-3` as numbers; nothing when the text is no such list.
std::optional<std::vector<int>> parse_cores(std::string_view text);

}  // namespace cp::daemon
