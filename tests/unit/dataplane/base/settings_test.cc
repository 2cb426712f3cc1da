// Goal: a malformed setting is named with what was expected; a good one is read.
#include "dataplane/base/settings.h"

#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace base {
namespace {

TEST(SettingsTest, ReadsValuesAndFallsBack) {
  ::setenv("BRISTLE_TEST_NUMBER", "12", 1);
  ::unsetenv("BRISTLE_TEST_ABSENT");
  Settings settings;
  EXPECT_EQ(settings.number("BRISTLE_TEST_NUMBER", 1, 1, 64), 12U);
  EXPECT_EQ(settings.text("BRISTLE_TEST_ABSENT", "fallback"), "fallback");
  EXPECT_FALSE(settings.flag("BRISTLE_TEST_ABSENT", false));
  EXPECT_TRUE(settings.complaints().empty());
}

TEST(SettingsTest, NamesEveryMalformedValue) {
  for (const char* value : {"", "x", "12x", "-1", "65"}) {
    ::setenv("BRISTLE_TEST_NUMBER", value, 1);
    Settings settings;
    EXPECT_EQ(settings.number("BRISTLE_TEST_NUMBER", 1, 1, 64), 1U);
    EXPECT_EQ(settings.complaints().size(), *value == '\0' ? 0U : 1U) << value;
  }
  Settings settings;
  settings.required_text("BRISTLE_TEST_ABSENT");
  ::setenv("BRISTLE_TEST_FLAG", "yes", 1);
  settings.flag("BRISTLE_TEST_FLAG", false);
  ASSERT_EQ(settings.complaints().size(), 2U);
  EXPECT_EQ(settings.complaints()[1], "BRISTLE_TEST_FLAG: expected true or false");
}

/// Settings whose credentials lie in a directory of the test's own.
class CredentialTest : public testing::Test {
 protected:
  CredentialTest() { ::setenv("CREDENTIALS_DIRECTORY", directory_.path().c_str(), 1); }
  ~CredentialTest() override {
    ::unsetenv("CREDENTIALS_DIRECTORY");
    ::unsetenv("BRISTLE_TEST_SECRET");
  }

  void write(const std::string& content) const {
    std::ofstream(directory_.path() / "BRISTLE_TEST_SECRET", std::ios::binary) << content;
  }

  support::TemporaryDirectory directory_;
  Settings settings_;
};

TEST_F(CredentialTest, StandsInForAnUnsetVariable) {
  EXPECT_EQ(settings_.optional_text("BRISTLE_TEST_SECRET"), std::nullopt);
  write("from a file\n");
  EXPECT_EQ(settings_.required_text("BRISTLE_TEST_SECRET"), "from a file");
  ::setenv("BRISTLE_TEST_SECRET", "", 1);
  EXPECT_EQ(settings_.text("BRISTLE_TEST_SECRET", "fallback"), "from a file");
  ::setenv("BRISTLE_TEST_SECRET", "from the environment", 1);
  EXPECT_EQ(settings_.text("BRISTLE_TEST_SECRET", "fallback"), "from the environment");
  EXPECT_TRUE(settings_.complaints().empty());
}

TEST_F(CredentialTest, OneLineBreakAtTheEndIsNotPartOfIt) {
  const struct {
    std::string content;
    std::optional<std::string> value;
    std::size_t complaints;
  } cases[] = {
      {"", std::nullopt, 0},
      {"\n", std::nullopt, 0},
      {" kept ", " kept ", 0},
      {std::string(4095, 's') + "\n", std::string(4095, 's'), 0},
      {std::string(4096, 's'), std::string(4096, 's'), 0},
      {std::string(4097, 's'), std::nullopt, 1},
      {"two\nlines\n", std::nullopt, 1},
      {std::string("zero\0byte", 9), std::nullopt, 1},
  };
  for (const auto& item : cases) {
    write(item.content);
    Settings settings;
    EXPECT_EQ(settings.optional_text("BRISTLE_TEST_SECRET"), item.value) << item.content;
    EXPECT_EQ(settings.complaints().size(), item.complaints) << item.content;
  }
}

TEST_F(CredentialTest, WhatCannotBeReadIsAComplaint) {
  std::filesystem::create_directory(directory_.path() / "BRISTLE_TEST_SECRET");
  EXPECT_EQ(settings_.optional_text("BRISTLE_TEST_SECRET"), std::nullopt);
  EXPECT_EQ(settings_.complaints().size(), 1U);
}

}  // namespace
}  // namespace base
