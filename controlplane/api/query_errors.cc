// SPDX-License-Identifier: LicenseRef-Project
// What a failure of ClickHouse means to the caller.
#include "controlplane/api/internal/routes.h"
#include "controlplane/web/http_error.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace cp::api {
namespace {

/// ClickHouse's codes for mistakes that sit in what the user wrote (src/Common/ErrorCodes.cpp).
constexpr std::array kUserErrors = {
    6,    // CANNOT_PARSE_TEXT
    26,   // CANNOT_PARSE_QUOTED_STRING
    27,   // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    36,   // BAD_ARGUMENTS
    38,   // CANNOT_PARSE_DATE
    41,   // CANNOT_PARSE_DATETIME
    42,   // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
    43,   // ILLEGAL_TYPE_OF_ARGUMENT
    44,   // ILLEGAL_COLUMN
    46,   // UNKNOWN_FUNCTION
    47,   // UNKNOWN_IDENTIFIER
    53,   // TYPE_MISMATCH
    69,   // ARGUMENT_OUT_OF_BOUND
    70,   // CANNOT_CONVERT_TYPE
    72,   // CANNOT_PARSE_NUMBER
    131,  // TOO_LARGE_STRING_SIZE
    153,  // ILLEGAL_DIVISION
    158,  // TOO_MANY_ROWS
    184,  // ILLEGAL_AGGREGATION
    190,  // SIZES_OF_ARRAYS_DONT_MATCH
    215,  // NOT_AN_AGGREGATE
    321,  // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    386,  // NO_COMMON_TYPE
    395,  // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
    396,  // TOO_MANY_ROWS_OR_BYTES
    407,  // DECIMAL_OVERFLOW
    427,  // CANNOT_COMPILE_REGEXP
    457,  // BAD_QUERY_PARAMETER
};
constexpr int kTimeoutExceeded = 159;
constexpr int kTooSlow = 160;
constexpr int kTooManyQueries = 202;
constexpr int kMemoryLimit = 241;
constexpr int kQueryWasCancelled = 394;

/// The words of ClickHouse before it starts to quote the statement, which is ours, not the user's.
std::string first_words(std::string_view message) {
  constexpr std::string_view kPrefix = "DB::Exception: ";
  while (true) {
    const auto prefix = message.find(kPrefix);
    if (prefix == std::string_view::npos) {
      break;
    }
    message.remove_prefix(prefix + kPrefix.size());
  }
  for (const std::string_view end :
       {": In scope", ": in scope", " In scope", " in scope", ": While", ": while", " while ",
        ": In query", ": default expression", ". Stack trace", " (version"}) {
    message = message.substr(0, message.find(end));
  }
  return std::string(message);
}

/// `(ILLEGAL_TYPE_OF_ARGUMENT)` near the end of a message, in lower case.
std::string code_name(std::string_view message) {
  const auto close = message.rfind(") (version");
  const auto open = message.rfind('(', close);
  if (close == std::string_view::npos || open == std::string_view::npos) {
    return "invalid_input";
  }
  std::string name(message.substr(open + 1, close - open - 1));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace

web::HttpError query_failure(const olap::QueryError& error) {
  const std::string_view message = error.what();
  const int code = error.code();
  if (std::ranges::find(kUserErrors, code) != kUserErrors.end()) {
    return {400, "validation_error", code_name(message), first_words(message)};
  }
  if (code == kTimeoutExceeded || code == kTooSlow || code == kQueryWasCancelled ||
      error.status() == 504) {
    return {504, "server_error", "query_timeout",
            "The query took too long. Try a shorter date range or fewer rows."};
  }
  if (code == kTooManyQueries || error.status() == 429) {
    return {429, "throttled_error", "throttled",
            "Too many queries are running. Try again in a moment."};
  }
  if (code == kMemoryLimit) {
    return {503, "server_error", "memory_limit",
            "The query needs more memory than it may use. Try a shorter date range or fewer "
            "breakdown values."};
  }
  if (code == 0) {
    return {503, "server_error", "unavailable", "ClickHouse cannot be reached right now."};
  }
  return {500, "server_error", "error", "A server error occurred while running the query."};
}

}  // namespace cp::api
