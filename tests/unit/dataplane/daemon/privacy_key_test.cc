// SPDX-License-Identifier: LicenseRef-Project
// Goal: an installation makes its secret once, keeps it, shows it to nobody else, and does not
// replace one it cannot use.
#include "dataplane/daemon/privacy_key.h"

#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace dp::daemon {
namespace {

TEST(PrivacyKeyTest, IsMadeOnceAndKept) {
  support::TemporaryDirectory directory;
  support::TemporaryDirectory other;
  const auto first = load_or_make_privacy_key(directory.path().string());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 64U);
  EXPECT_EQ(load_or_make_privacy_key(directory.path().string()).value_or(""), *first);
  EXPECT_NE(load_or_make_privacy_key(other.path().string()).value_or(""), *first);
  const auto mode = std::filesystem::status(directory.path() / "privacy-key").permissions();
  EXPECT_EQ(mode & std::filesystem::perms::all, std::filesystem::perms::owner_read);
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "privacy-key.new"));
}

TEST(PrivacyKeyTest, OneThatIsTooShortIsReportedAndLeft) {
  support::TemporaryDirectory directory;
  std::ofstream(directory.path() / "privacy-key") << "short";
  EXPECT_FALSE(load_or_make_privacy_key(directory.path().string()));
  EXPECT_EQ(std::filesystem::file_size(directory.path() / "privacy-key"), 5U);
  EXPECT_FALSE(load_or_make_privacy_key((directory.path() / "none").string()));
}

}  // namespace
}  // namespace dp::daemon
