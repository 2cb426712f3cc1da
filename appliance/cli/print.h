// SPDX-License-Identifier: LicenseRef-Project
// The service's JSON as text for people: pure functions.
#pragma once

#include "appliance/kernel/checks.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ap::cli {

/// Rows under a head, columns as wide as their widest cell.
std::string table(const std::vector<std::vector<std::string>>& rows);

std::string status_text(std::string_view health);

/// 0 ok, 1 warning, 2 critical.
int status_exit_code(std::string_view health);

std::string services_text(std::string_view services);
std::string plan_text(std::string_view plan);
std::string network_text(std::string_view network);
std::string firewall_text(std::string_view firewall);
std::string audit_text(std::string_view audit);
std::string link_text(std::string_view link);

/// The entries of a page of logs; `has_units` puts the unit's name into each line.
std::string log_text(std::string_view page, bool has_units);

std::string checks_text(const std::vector<kernel::Check>& checks);
std::string checks_json(const std::vector<kernel::Check>& checks);

/// `1.2 GB`, as in the console: powers of 1000.
std::string bytes_text(double bytes);

/// `2 d 3 h`, `4 h 5 min`, `59 s`.
std::string duration_text(std::int64_t seconds);

/// One string of a JSON object; empty when it is not there.
std::string field(std::string_view object, std::string_view name);

}  // namespace ap::cli
