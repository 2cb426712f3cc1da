// SPDX-License-Identifier: LicenseRef-Project
// Goal: each failure of ClickHouse becomes the right status, in words that never quote our SQL.
#include "controlplane/api/internal/routes.h"

#include <gtest/gtest.h>

namespace cp::api {
namespace {

TEST(QueryErrorsTest, EachFailureHasItsStatusAndWords) {
  const struct {
    int status;
    int code;
    const char* message;
    int expected_status;
    const char* expected_code;
    const char* expected_detail;
  } cases[] = {
      {500, 43,
       "Code: 43. DB::Exception: Illegal type String of argument of aggregate function avg: In "
       "scope SELECT avg(x) FROM events WHERE team_id = 1. (ILLEGAL_TYPE_OF_ARGUMENT) (version "
       "26.7.2.1)",
       400, "illegal_type_of_argument",
       "Illegal type String of argument of aggregate function avg"},
      {500, 41,
       "Code: 41. DB::Exception: Cannot parse datetime: while executing 'FUNCTION "
       "parseDateTime(...)'. (CANNOT_PARSE_DATETIME) (version 26.7.2.1)",
       400, "cannot_parse_datetime", "Cannot parse datetime"},
      {400, 46, "Code: 46. DB::Exception: Function nope does not exist", 400, "invalid_input",
       "Function nope does not exist"},
      {500, 159, "Code: 159. DB::Exception: Timeout exceeded", 504, "query_timeout",
       "The query took too long. Try a shorter date range or fewer rows."},
      {503, 202, "Too many simultaneous queries", 429, "throttled",
       "Too many queries are running. Try again in a moment."},
      {500, 241, "Code: 241. DB::Exception: Memory limit exceeded", 503, "memory_limit",
       "The query needs more memory than it may use. Try a shorter date range or fewer breakdown "
       "values."},
      {0, 0, "cannot connect to engine.sock", 503, "unavailable",
       "ClickHouse cannot be reached right now."},
      {500, 62, "Code: 62. DB::Exception: Syntax error: SELECT secret FROM", 500, "error",
       "A server error occurred while running the query."},
  };
  for (const auto& failure : cases) {
    const auto error =
        query_failure(olap::QueryError(failure.status, failure.code, failure.message));
    EXPECT_EQ(error.status(), failure.expected_status) << failure.message;
    EXPECT_EQ(error.code(), failure.expected_code) << failure.message;
    EXPECT_EQ(error.detail(), failure.expected_detail) << failure.message;
  }
}

}  // namespace
}  // namespace cp::api
