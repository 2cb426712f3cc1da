// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/quota.h"

#include <cstddef>
#include <string_view>

namespace format::codec {
namespace {

constexpr std::string_view kProductTour = "$product_tour_id";

/// Past the string whose opening quote stands at `position`.
std::size_t string_end(std::string_view json, std::size_t position) noexcept {
  for (++position; position < json.size() && json[position] != '"'; ++position) {
    position += json[position] == '\\' ? 1U : 0U;
  }
  return position + 1;
}

/// Whether a compact JSON object has a member of that name at its top, written without escapes.
bool has_member(std::string_view json, std::string_view name) noexcept {
  std::size_t depth = 0;
  std::size_t position = 0;
  while (position < json.size()) {
    const char character = json[position];
    if (character == '"') {
      const auto end = string_end(json, position);
      if (depth == 1 && end < json.size() && json[end] == ':' &&
          json.substr(position + 1, end - position - 2) == name) {
        return true;
      }
      position = end;
      continue;
    }
    depth += character == '{' || character == '[' ? 1U : 0U;
    depth -= character == '}' || character == ']' ? 1U : 0U;
    ++position;
  }
  return false;
}

}  // namespace

bool is_over_quota(ResourceSet used_up, const Event& event) noexcept {
  if (used_up.is_empty()) {
    return false;
  }
  const bool is_of_product_tour =
      is_survey_event(event.name) && has_member(event.properties_json, kProductTour);
  return used_up.has(resource_of(event.name, is_of_product_tour));
}

}  // namespace format::codec
