// SPDX-License-Identifier: LicenseRef-Project
// Goal: .env.example lists exactly the settings that the programs read, each with a line of words.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace {

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Names in quotes in the sources of the programs.
std::set<std::string> names_in_sources() {
  const std::regex name("\"((?:BRISTLE|CLICKHOUSE)_[A-Z_]+|DATABASE_URL|SITE_URL|SECRET_KEY)\"");
  std::set<std::string> names;
  for (const char* plane : {"controlplane", "dataplane"}) {
    for (auto entry = std::filesystem::recursive_directory_iterator(plane);
         entry != std::filesystem::recursive_directory_iterator(); ++entry) {
      if (entry->path().filename() == "ui") {
        entry.disable_recursion_pending();
      } else if (entry->path().extension() == ".cc") {
        const auto text = read(entry->path());
        for (std::sregex_iterator match(text.begin(), text.end(), name), end; match != end;
             ++match) {
          names.insert((*match)[1]);
        }
      }
    }
  }
  return names;
}

TEST(EnvExampleTest, ListsWhatTheProgramsRead) {
  std::set<std::string> listed;
  std::ifstream file(".env.example");
  bool is_run_part = false;
  bool is_explained = false;
  for (std::string line; std::getline(file, line);) {
    is_run_part = is_run_part || line.find("--- make run") != std::string::npos;
    const auto equals = line.find('=');
    if (line.starts_with('#')) {
      is_explained = true;
    } else if (line.empty()) {
      is_explained = false;
    } else if (equals != std::string::npos && !is_run_part) {
      EXPECT_TRUE(is_explained) << line;
      EXPECT_TRUE(listed.insert(line.substr(0, equals)).second) << "twice: " << line;
    }
  }
  EXPECT_EQ(listed, names_in_sources());
}

}  // namespace
