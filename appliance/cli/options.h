// SPDX-License-Identifier: LicenseRef-Project
// The command line of `bristle`: words and options, and what is wrong with them.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace ap::cli {

/// `bristle [--json] <command> [words] [options]`.
struct Options {
  std::string command;
  std::vector<std::string> words;
  std::string filter;
  std::string lines = "100";
  bool is_json = false;
  bool follows = false;
  bool is_ascii = false;
  bool is_monochrome = false;
};

/// Reads the arguments after the program's name; `-h` and `--help` are the command help. Throws
/// exec::Failure `invalid` for an option nobody knows or one without its value.
Options parse_options(const std::vector<std::string>& arguments);

/// What `bristle help` prints.
const char* help_text();

}  // namespace ap::cli
