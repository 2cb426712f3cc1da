// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/schema/statements.h"

namespace cp::schema {
namespace {

/// One past the end of the comment or quoted text that starts at `start`; `start` when none does.
std::size_t skip_opaque(std::string_view sql, std::size_t start) {
  const auto after = [&](std::string_view end, std::size_t from) {
    const auto found = sql.find(end, from);
    return found == std::string_view::npos ? sql.size() : found + end.size();
  };
  const auto rest = sql.substr(start);
  if (rest.starts_with("--")) {
    return after("\n", start);
  }
  if (rest.starts_with("/*")) {
    return after("*/", start + 2);
  }
  const char quote = rest.front();
  if (quote != '\'' && quote != '"' && quote != '`') {
    return start;
  }
  for (std::size_t i = start + 1; i < sql.size(); ++i) {
    if (sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      return i + 1;
    }
  }
  return sql.size();
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

std::vector<std::string> split_statements(std::string_view sql) {
  std::vector<std::string> statements;
  std::string current;
  bool has_words = false;
  const auto finish = [&] {
    if (has_words) {
      statements.push_back(current);
    }
    current.clear();
    has_words = false;
  };
  for (std::size_t i = 0; i < sql.size();) {
    const auto end = skip_opaque(sql, i);
    if (end > i) {
      has_words = has_words || (sql[i] != '-' && sql[i] != '/');
      current += sql.substr(i, end - i);
      i = end;
      continue;
    }
    if (sql[i] == ';') {
      finish();
    } else {
      has_words = has_words || std::string_view(" \t\r\n").find(sql[i]) == std::string_view::npos;
      current += sql[i];
    }
    ++i;
  }
  finish();
  return statements;
}

std::string fill_in(std::string_view sql, const ClickhouseVariables& variables) {
  std::string text(sql);
  replace_all(text, "{{replicated}}", variables.is_replicated ? "Replicated" : "");
  replace_all(text, "{{on_cluster}}",
              variables.cluster.empty() ? "" : "ON CLUSTER '" + variables.cluster + "'");
  return text;
}

}  // namespace cp::schema
