// SPDX-License-Identifier: LicenseRef-Project
// Text that is safe inside ClickHouse SQL: string literals and quoted identifiers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cp::hog {

/// `value` as a ClickHouse string literal, quotes included.
std::string sql_string(std::string_view value);

/// `name` as a ClickHouse identifier in back quotes.
std::string sql_identifier(std::string_view name);

/// `value` with % _ and \ escaped, to be found literally by LIKE.
std::string like_literal(std::string_view value);

/// The value of event property `key` (nested keys follow) as Nullable(String): strings without
/// their quotes, numbers, booleans and objects as JSON text; absent, null, '' and 'null' are NULL.
std::string property_text(std::string_view column, const std::string* keys, std::size_t keys_count);

}  // namespace cp::hog
