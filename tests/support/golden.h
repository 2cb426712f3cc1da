// SPDX-License-Identifier: LicenseRef-Project
// Compares a rendered text with the reviewed one beside the test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace test_support {

/// Expects `text` to be the file tests/unit/`name`. BRISTLE_WRITE_GOLDEN=1 writes the file instead,
/// for a review by `git diff`. Tests run in the root of the repository.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = "tests/unit/" + name;
  if (std::getenv("BRISTLE_WRITE_GOLDEN") !=
      nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path << " is missing";
  const std::string golden((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, golden) << path;
}

}  // namespace test_support
