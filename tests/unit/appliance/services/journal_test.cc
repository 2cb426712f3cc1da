// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/services/journal.h"

#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

namespace {

using ap::services::contains_ignoring_case;

TEST(JournalTest, FindsTextWithoutCase) {
  EXPECT_TRUE(contains_ignoring_case("Detected Hardware Unit Hang", "hardware unit"));
  EXPECT_TRUE(contains_ignoring_case("abc", ""));
  EXPECT_TRUE(contains_ignoring_case("", ""));
  EXPECT_FALSE(contains_ignoring_case("ab", "abc"));
  EXPECT_FALSE(contains_ignoring_case("", "a"));
}

// Goal: a machine without a journal yet has empty logs, not an error.
TEST(JournalTest, ReadsNothingFromAnEmptyDirectory) {
  const support::TemporaryDirectory directory;
  const auto journal = ap::services::open_journal(directory.path());
  ap::services::LogQuery query;
  query.units = {"bristle-api.service"};
  const auto page = journal->read(query);
  EXPECT_TRUE(page.entries.empty());
  EXPECT_TRUE(page.next.empty());
}

}  // namespace
