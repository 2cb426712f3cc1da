// SPDX-License-Identifier: LicenseRef-Project
// Percent-encoding (RFC 3986) and query strings (application/x-www-form-urlencoded), both ways.
#pragma once

#include "controlplane/web/message.h"

#include <string>
#include <string_view>
#include <vector>

namespace cp::web {

/// Decodes `%41` to `A`; a malformed escape is kept as it is. `plus_is_space` for query strings.
std::string percent_decode(std::string_view text, bool plus_is_space = false);

/// Encodes everything but the unreserved characters of RFC 3986, so the result is safe in any part
/// of a URL.
std::string percent_encode(std::string_view text);

/// Decoded name-value pairs of a query string (without its `?`).
QueryParameters parse_query(std::string_view query);

/// The inverse of parse_query.
std::string format_query(const QueryParameters& parameters);

/// Decoded parts of a path: `/a/b%2Fc/` gives `a`, `b/c`.
std::vector<std::string> split_path(std::string_view path);

}  // namespace cp::web
