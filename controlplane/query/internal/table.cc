// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/query/internal/table.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace cp::query {
namespace {

// Failures that are not the statement's fault: no answer, time, memory, load, and a store that is
// not what we think it is.
constexpr auto kServerFailures =
    std::to_array<int>({0, 60, 81, 159, 164, 173, 202, 241, 242, 243, 252, 394, 439, 999});

// "Code: 43. DB::Exception: Illegal type … (ILLEGAL_TYPE_OF_ARGUMENT) (version 26.5.1.1)" -> the
// parts a user can read.
struct Refusal {
  std::string code = "invalid_input";
  std::string detail;
};

Refusal read_refusal(std::string_view message) {
  Refusal refusal;
  if (const std::size_t at = message.find("DB::Exception: "); at != std::string_view::npos) {
    message.remove_prefix(at + 15);
  }
  message = message.substr(0, message.find(" (version "));
  if (const std::size_t open = message.rfind(" (");
      open != std::string_view::npos && message.ends_with(')')) {
    std::string name(message.substr(open + 2, message.size() - open - 3));
    const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char byte) {
      return (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
    });
    if (is_name) {
      for (char& byte : name) {
        byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
      }
      refusal.code = std::move(name);
      message = message.substr(0, open);
    }
  }
  // What follows quotes our own SQL.
  for (const std::string_view context : {": While ", ": while ", ": In scope "}) {
    message = message.substr(0, message.find(context));
  }
  refusal.detail = message;
  return refusal;
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

}  // namespace

Table read_table(const std::string& sql, std::uint64_t limit, const std::string& attr,
                 const Environment& environment) {
  std::string body;
  try {
    body = environment.run(sql + " FORMAT JSONCompactEachRowWithNamesAndTypes");
  } catch (const olap::QueryError& error) {
    if (std::find(kServerFailures.begin(), kServerFailures.end(), error.code()) !=
        kServerFailures.end()) {
      throw;
    }
    const Refusal refusal = read_refusal(error.what());
    throw InvalidQuery(attr, refusal.detail, refusal.code);
  }
  Table table;
  std::string_view rest = body;
  take_line(rest);  // the names ClickHouse made up
  table.types = boost::json::parse(take_line(rest)).as_array();
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.empty()) {
      continue;
    }
    if (table.rows.size() == limit) {
      table.has_more = true;
      break;
    }
    table.rows.emplace_back(line);
  }
  return table;
}

std::string rows_json(const std::vector<std::string>& rows) {
  std::string text = "[";
  for (const std::string& row : rows) {
    if (text.size() > 1) {
      text += ",";
    }
    text += row;
  }
  return text + "]";
}

}  // namespace cp::query
