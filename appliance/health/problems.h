// SPDX-License-Identifier: LicenseRef-Project
// Everything that can be wrong with an appliance: a code for programs, words for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ap::health {

/// One thing that is wrong now. Severity and advice come from the table of codes.
struct Problem {
  std::string noun;
  bool is_critical = false;
  std::string code;
  std::string text;
  std::string advice;
};

/// The table's row for a code.
struct ProblemKind {
  std::string_view code;
  std::string_view noun;
  bool is_critical = false;
  std::string_view advice;
};

/// Every code, in the order in which problems are shown (reference 7.3).
const std::vector<ProblemKind>& problem_kinds();

/// A problem of the table's kind `code`, with its own text.
Problem problem(std::string_view code, std::string text);

/// Sorts by the order of the table; codes it does not know (of the boot) come last.
void sort_problems(std::vector<Problem>& problems);

}  // namespace ap::health
