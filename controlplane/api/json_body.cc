// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/api/internal/json_body.h"

#include "controlplane/api/internal/errors.h"

namespace cp::api {

JsonBody::JsonBody(const web::Request& request) {
  boost::system::error_code error;
  auto value = boost::json::parse(request.body, error);
  if (error) {
    throw web::HttpError(400, "invalid_request", "parse_error",
                         "JSON parse error - " + error.message());
  }
  if (!value.is_object()) {
    throw web::HttpError(400, "validation_error", "invalid",
                         "Invalid data. Expected a JSON object.");
  }
  object_ = std::move(value.get_object());
}

const boost::json::value* JsonBody::find(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> JsonBody::optional_text(const std::string& name,
                                                   std::size_t bytes_max) const {
  const auto* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_string()) {
    throw invalid_field(name, "Not a valid string.", "invalid");
  }
  std::string text(value->get_string());
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw invalid_field(name, "This field may not be blank.", "blank");
  }
  if (text.find('\0') != std::string::npos) {
    throw invalid_field(name, "Null characters are not allowed.", "null_characters_not_allowed");
  }
  if (text.size() > bytes_max) {
    throw invalid_field(
        name, "Ensure this field has no more than " + std::to_string(bytes_max) + " characters.",
        "max_length");
  }
  return text;
}

std::string JsonBody::required_text(const std::string& name, std::size_t bytes_max) const {
  auto text = optional_text(name, bytes_max);
  if (!text) {
    throw invalid_field(name, "This field is required.", "required");
  }
  return *text;
}

std::optional<bool> JsonBody::optional_flag(const std::string& name) const {
  const auto* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_bool()) {
    throw invalid_field(name, "Must be a valid boolean.", "invalid");
  }
  return value->get_bool();
}

std::optional<std::int64_t> JsonBody::optional_number(const std::string& name, std::int64_t minimum,
                                                      std::int64_t maximum) const {
  const auto* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_int64() || value->get_int64() < minimum || value->get_int64() > maximum) {
    throw invalid_field(name,
                        "Expected a whole number from " + std::to_string(minimum) + " to " +
                            std::to_string(maximum) + ".",
                        "invalid");
  }
  return value->get_int64();
}

std::optional<std::vector<std::string>> JsonBody::optional_texts(const std::string& name) const {
  const auto* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_array()) {
    throw invalid_field(name, "Expected a list of strings.", "not_a_list");
  }
  std::vector<std::string> texts;
  for (const auto& entry : value->get_array()) {
    if (!entry.is_string()) {
      throw invalid_field(name, "Expected a list of strings.", "invalid");
    }
    texts.emplace_back(entry.get_string());
  }
  return texts;
}

web::Response json_response(const boost::json::value& value, int status) {
  return web::Response::with(status, "application/json", boost::json::serialize(value));
}

}  // namespace cp::api
