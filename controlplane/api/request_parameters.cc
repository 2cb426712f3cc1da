// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/api/internal/request_parameters.h"

#include "controlplane/api/internal/errors.h"
#include "controlplane/web/url.h"

#include <charconv>

namespace cp::api {
namespace {

/// Moves past `count` digits; false when there are fewer.
bool skip_digits(std::string_view& text, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (text.empty() || text.front() < '0' || text.front() > '9') {
      return false;
    }
    text.remove_prefix(1);
  }
  return true;
}

bool skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

bool skip_zone(std::string_view& text) {
  if (text.empty() || skip(text, "Zz")) {
    return true;
  }
  if (!skip(text, "+- ") || !skip_digits(text, 2)) {
    return false;
  }
  static_cast<void>(skip(text, ":"));
  return skip_digits(text, 2);
}

/// `2026-01-31`, optionally `T23:59`, `:59`, `.123`, and `Z` or `+01:00`.
bool is_iso_time(std::string_view text) {
  if (!(skip_digits(text, 4) && skip(text, "-") && skip_digits(text, 2) && skip(text, "-") &&
        skip_digits(text, 2))) {
    return false;
  }
  if (skip(text, "T ")) {
    if (!(skip_digits(text, 2) && skip(text, ":") && skip_digits(text, 2))) {
      return false;
    }
    if (skip(text, ":") && !skip_digits(text, 2)) {
      return false;
    }
    if (skip(text, ".")) {
      while (skip_digits(text, 1)) {
      }
    }
  }
  return skip_zone(text) && text.empty();
}

}  // namespace

std::int64_t number_parameter(const web::Request& request, const std::string& name,
                              std::int64_t fallback, std::int64_t minimum, std::int64_t maximum) {
  const auto text = request.query_value(name).value_or("");
  if (text.empty()) {
    return fallback;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < minimum ||
      value > maximum) {
    throw invalid_field(name, "Expected a whole number from " + std::to_string(minimum) + " to " +
                                  std::to_string(maximum) + ".");
  }
  return value;
}

std::string text_parameter(const web::Request& request, const std::string& name) {
  return std::string(request.query_value(name).value_or(""));
}

std::vector<std::string> list_parameter(const web::Request& request, const std::string& name) {
  std::vector<std::string> parts;
  for (auto rest = request.query_value(name).value_or(""); !rest.empty();) {
    const auto comma = rest.find(',');
    if (comma != 0) {
      parts.emplace_back(rest.substr(0, comma));
    }
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return parts;
}

std::string time_parameter(const web::Request& request, const std::string& name) {
  auto text = text_parameter(request, name);
  if (!text.empty() && !is_iso_time(text)) {
    throw invalid_field(name,
                        "Expected a date or time in ISO 8601, for example 2026-01-31T12:00Z.");
  }
  return text;
}

std::string address_with(const web::Request& request, const std::string& site_url,
                         const web::QueryParameters& replaced) {
  web::QueryParameters parameters;
  for (const auto& parameter : request.query) {
    bool is_kept = true;
    for (const auto& [name, value] : replaced) {
      is_kept = is_kept && parameter.first != name;
    }
    if (is_kept) {
      parameters.push_back(parameter);
    }
  }
  parameters.insert(parameters.end(), replaced.begin(), replaced.end());
  return site_url + request.path + "?" + web::format_query(parameters);
}

}  // namespace cp::api
