// SPDX-License-Identifier: LicenseRef-Project
// Typed query parameters; a bad one becomes a 400 that names it. Internal to controlplane/api.
#pragma once

#include "controlplane/web/message.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cp::api {

/// A whole number within [minimum, maximum], or `fallback` when it is absent or empty.
std::int64_t number_parameter(const web::Request& request, const std::string& name,
                              std::int64_t fallback, std::int64_t minimum, std::int64_t maximum);

/// The text, or empty.
std::string text_parameter(const web::Request& request, const std::string& name);

/// Non-empty parts of a comma list.
std::vector<std::string> list_parameter(const web::Request& request, const std::string& name);

/// An ISO 8601 date or time, or empty when absent; ClickHouse reads it later.
std::string time_parameter(const web::Request& request, const std::string& name);

/// The address of this request with some parameters replaced, under `site_url`: for `next` links.
std::string address_with(const web::Request& request, const std::string& site_url,
                         const web::QueryParameters& replaced);

}  // namespace cp::api
