// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/web/message.h"

#include <algorithm>

namespace cp::web {
namespace {

char to_lower(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return to_lower(a) == to_lower(b); });
}

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
  erase(name);
  add(std::move(name), std::move(value));
}

void Headers::erase(std::string_view name) {
  std::erase_if(fields_,
                [name](const Field& field) { return equal_ignoring_case(field.first, name); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : fields_) {
    if (equal_ignoring_case(key, name)) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::query_value(std::string_view name) const noexcept {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : query) {
    if (key == name) {
      found = value;
    }
  }
  return found;
}

std::optional<std::string_view> Request::cookie(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers.fields()) {
    if (!equal_ignoring_case(key, "cookie")) {
      continue;
    }
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(';'), rest.size());
      const auto pair = trim(rest.substr(0, end));
      const auto equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
        return pair.substr(equals + 1);
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return std::nullopt;
}

Response Response::with(int status, std::string_view content_type, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string(content_type));
  response.body = std::move(body);
  return response;
}

}  // namespace cp::web
