// SPDX-License-Identifier: LicenseRef-Project
// The whole PostgreSQL schema as one text, for tests that need tables and no migrator.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace test_support {

/// Every migration in its order. Tests run in the root of the tree.
inline std::string postgres_schema() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("controlplane/schema/postgres")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::ostringstream schema;
  for (const auto& file : files) {
    schema << std::ifstream(file).rdbuf() << '\n';
  }
  return schema.str();
}

}  // namespace test_support
