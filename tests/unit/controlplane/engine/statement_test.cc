// SPDX-License-Identifier: LicenseRef-Project
// Goal: statements are taken apart as ClickHouse's own server would, whatever quotes and comments
// hide.
#include "controlplane/engine/statement.h"

#include "controlplane/engine/exception.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cp::engine {
namespace {

using testing::ElementsAre;

TEST(StatementTest, FindsKindAndFormat) {
  struct Case {
    const char* text;
    StatementKind kind;
    const char* format;
  };
  const Case cases[] = {
      {"SELECT 1", StatementKind::select, ""},
      {"select 1 format JSON", StatementKind::select, "JSON"},
      {"SELECT 1 FORMAT JSON SETTINGS max_threads = 1", StatementKind::select, "JSON"},
      {"SELECT 1 FORMAT CSV ;  -- done", StatementKind::select, "CSV"},
      {"-- a comment\n/* another; */ WITH 1 AS x SELECT x", StatementKind::select, ""},
      {"(SELECT 1) UNION ALL (SELECT 2) FORMAT TSV", StatementKind::select, "TSV"},
      {"SELECT 1 AS format", StatementKind::select, ""},
      {"SELECT format FROM t", StatementKind::select, ""},
      {"SELECT (SELECT 1 FORMAT JSON)", StatementKind::select, ""},
      {"SELECT 'x FORMAT CSV'", StatementKind::select, ""},
      {"SELECT 'it''s \\' ; FORMAT CSV' FORMAT TSKV", StatementKind::select, "TSKV"},
      {"SELECT `FORMAT` FROM \"FORMAT CSV\"", StatementKind::select, ""},
      {"SELECT $q$ ; FORMAT CSV $q$ FORMAT XML", StatementKind::select, "XML"},
      {"SHOW TABLES FORMAT JSON", StatementKind::other, "JSON"},
      {"CREATE TABLE t (format String) ENGINE = Memory", StatementKind::other, ""},
      {"INSERT INTO t SELECT 1", StatementKind::other, ""},
      {"INSERT INTO t (a) WITH 1 AS x SELECT x", StatementKind::other, ""},
      {"KILL MUTATION WHERE 1", StatementKind::other, ""},
      {"KILL QUERY WHERE user = 'x'", StatementKind::other, ""},
      {"KILL QUERY WHERE query_id LIKE 'x'", StatementKind::other, ""},
  };
  for (const auto& [text, kind, format] : cases) {
    const auto statement = parse_statement(text);
    EXPECT_EQ(statement.kind, kind) << text;
    EXPECT_EQ(statement.format, format) << text;
  }
}

TEST(StatementTest, SeparatesTheRowsOfAnInsert) {
  struct Case {
    std::string_view text;
    std::string_view sql;
    std::string_view format;
    std::string_view data;
  };
  const Case cases[] = {
      {"INSERT INTO t FORMAT CSV\n1,2\n", "INSERT INTO t ", "CSV", "1,2\n"},
      {"INSERT INTO t FORMAT CSV \r\n 1", "INSERT INTO t ", "CSV", " 1"},
      {"INSERT INTO t FORMAT JSONEachRow {\"a\":1}", "INSERT INTO t ", "JSONEachRow", "{\"a\":1}"},
      {"insert into d.format (a, format) settings x = 1 format RowBinary\n\0\n;",
       "insert into d.format (a, format) settings x = 1 ", "RowBinary", ""},
      {"INSERT INTO t VALUES (1, ';'), (2, 'FORMAT CSV')", "INSERT INTO t ", "Values",
       " (1, ';'), (2, 'FORMAT CSV')"},
      {"INSERT INTO FUNCTION file('x', 'CSV') FORMAT CSV\n",
       "INSERT INTO FUNCTION file('x', 'CSV') ", "CSV", ""},
      {"INSERT INTO TABLE `format` (a) FORMAT TSV", "INSERT INTO TABLE `format` (a) ", "TSV", ""},
      {"INSERT INTO t", "INSERT INTO t", "", ""},
  };
  for (const auto& [text, sql, format, data] : cases) {
    const auto statement = parse_statement(text);
    EXPECT_EQ(statement.kind, StatementKind::insert_data) << text;
    EXPECT_EQ(statement.sql, sql) << text;
    EXPECT_EQ(statement.format, format) << text;
    EXPECT_EQ(statement.data, data) << text;
  }
}

TEST(StatementTest, KeepsBinaryRowsAsTheyAre) {
  const std::string text("INSERT INTO t FORMAT RowBinary\n\n\0';\"", 36);
  EXPECT_EQ(parse_statement(text).data, std::string_view("\n\0';\"", 5));
}

TEST(StatementTest, FindsTheIdsOfAKill) {
  auto statement = parse_statement("KILL QUERY WHERE query_id = 'a\\'b' SYNC FORMAT JSON");
  EXPECT_EQ(statement.kind, StatementKind::kill_query);
  EXPECT_THAT(statement.kill_ids, ElementsAre("a'b"));
  EXPECT_EQ(statement.kill_before, "KILL QUERY WHERE ");
  EXPECT_EQ(statement.kill_after, "SYNC FORMAT JSON");
  EXPECT_EQ(statement.format, "JSON");

  statement = parse_statement("kill query where query_id in ('a', 'b''c', {id:String}) async");
  EXPECT_THAT(statement.kill_ids, ElementsAre("a", "b'c"));
  EXPECT_THAT(statement.kill_parameters, ElementsAre("id"));
  EXPECT_EQ(statement.kill_after, "async");

  statement = parse_statement("KILL QUERY WHERE `query_id` = {query_id:String};");
  EXPECT_THAT(statement.kill_parameters, ElementsAre("query_id"));
  EXPECT_EQ(statement.kill_after, "");
}

TEST(StatementTest, RefusesWhatTheInterfaceDoesNotRun) {
  struct Case {
    const char* text;
    int code;
  };
  const Case cases[] = {
      {"", code::kSyntaxError},
      {" -- nothing\n", code::kSyntaxError},
      {"SELECT 1; SELECT 2", code::kSyntaxError},
      {"SELECT 1;; DROP TABLE t", code::kSyntaxError},
      {"KILL QUERY WHERE query_id = 'a'; DROP TABLE t", code::kSyntaxError},
      {"INSERT INTO t FORMAT", code::kSyntaxError},
      {"SELECT 1 INTO OUTFILE 'x'", code::kIntoOutfileNotAllowed},
  };
  for (const auto& [text, expected] : cases) {
    try {
      parse_statement(text);
      ADD_FAILURE() << text;
    } catch (const EngineError& error) {
      EXPECT_EQ(error.code(), expected) << text;
    }
  }
}

TEST(StatementTest, SurvivesTextsThatEndTooEarly) {
  for (const auto* text :
       {"SELECT 'abc", "SELECT `abc", "SELECT '\\", "SELECT /* x", "SELECT $a$ x", "SELECT $a",
        "SELECT ((((", "SELECT ))))", "INSERT", "INSERT INTO", "KILL QUERY WHERE query_id = {a",
        "KILL QUERY WHERE query_id IN (", "((("}) {
    EXPECT_NO_THROW(parse_statement(text)) << text;
  }
}

}  // namespace
}  // namespace cp::engine
