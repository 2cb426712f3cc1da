// SPDX-License-Identifier: LicenseRef-Project
// Goal: statements are cut at the semicolons that end them and nowhere else; variables are filled
// in.
#include "controlplane/schema/statements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cp::schema {
namespace {

using testing::ElementsAre;

TEST(StatementsTest, CutsOnlyWhereAStatementEnds) {
  const struct {
    const char* sql;
    std::vector<std::string> expected;
  } cases[] = {
      {"", {}},
      {" \n;;\n", {}},
      {"-- only a note; no statement\n", {}},
      {"/* ; */ ;", {}},
      {"SELECT 1", {"SELECT 1"}},
      {"SELECT 1;SELECT 2;", {"SELECT 1", "SELECT 2"}},
      {"SELECT ';', \";\", `;`; SELECT 2", {"SELECT ';', \";\", `;`", " SELECT 2"}},
      {"SELECT 'it''s; \\'; fine'; X", {"SELECT 'it''s; \\'; fine'", " X"}},
      {"A -- one; two\nB; C /* ; */ D", {"A -- one; two\nB", " C /* ; */ D"}},
      {"SELECT 'open; end", {"SELECT 'open; end"}},
      {"SELECT 4 / 2 - 1", {"SELECT 4 / 2 - 1"}},
  };
  for (const auto& [sql, expected] : cases) {
    EXPECT_EQ(split_statements(sql), expected) << sql;
  }
}

TEST(StatementsTest, FillsInTheKindOfServer) {
  constexpr const char* kSql = "CREATE TABLE t {{on_cluster}} ENGINE = {{replicated}}MergeTree";
  EXPECT_EQ(fill_in(kSql, {}), "CREATE TABLE t  ENGINE = MergeTree");
  EXPECT_EQ(fill_in(kSql, {true, "main"}),
            "CREATE TABLE t ON CLUSTER 'main' ENGINE = ReplicatedMergeTree");
}

}  // namespace
}  // namespace cp::schema
